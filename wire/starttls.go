package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
)

// StartTLS makes the TLS handshake; all that follows is encrypted. Bytes that came before
// the handshake are an injection: StartTLS returns ErrInjected, and the connection must
// not be used any more.
func (c *Conn) StartTLS(config *tls.Config) error {
	if n := c.reader.Buffered(); n > 0 {
		early, _ := c.reader.Peek(n)
		c.Transcript.Record(Comment, "before the handshake came "+Quote(string(early)))
		return fmt.Errorf("%w: %s", ErrInjected, c.excerpt(string(early)))
	}
	c.Transcript.Record(Directive, StartTLS)
	heard := &listener{Conn: c.socket}
	t := tls.Client(heard, config)
	if err := apart(func() error { return t.HandshakeContext(c.ctx) }); err != nil {
		err = c.explainHandshake(err)
		if !heard.something {
			err = &unanswered{err}
		}
		return err
	}
	c.conn = t
	c.reader.Reset(t)
	// Many servers send session tickets now and hold back what comes next until
	// those are acknowledged, which the kernel may put off for 40 ms.
	c.fresh = true
	acknowledge(c.socket)
	return nil
}

// apart calls do in a goroutine of its own and returns its error. A handshake needs far
// more stack than the rest of a session, which would otherwise keep it to its end.
func apart(do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	return <-done
}

// listener is a connection that records whether any byte came over it.
type listener struct {
	net.Conn
	something bool
}

func (l *listener) Read(p []byte) (int, error) {
	n, err := l.Conn.Read(p)
	l.something = l.something || n > 0
	return n, err
}

// unanswered is the error of a handshake in which the server sent nothing.
type unanswered struct{ error }

func (u *unanswered) Unwrap() []error { return []error{u.error, ErrUnanswered} }

// explainHandshake distinguishes plain text in place of TLS from other failures.
func (c *Conn) explainHandshake(err error) error {
	var header tls.RecordHeaderError
	if !errors.As(err, &header) || isRecord(header.RecordHeader) {
		return c.explain(err, "")
	}
	early := string(header.RecordHeader[:])
	c.Transcript.Record(Comment, "in place of the handshake came "+Quote(early))
	return fmt.Errorf("%w: the server began with %s", ErrInjected, c.excerpt(early))
}

// isRecord reports whether header begins a record of TLS 1.0 to 1.3: its type and version
// (RFC 8446 §5.1).
func isRecord(header [5]byte) bool {
	return header[0] >= 20 && header[0] <= 24 && header[1] == 3
}

// TLS returns the state of the TLS connection, or nil if there is none.
func (c *Conn) TLS() *tls.ConnectionState {
	t, ok := c.conn.(*tls.Conn)
	if !ok {
		return nil
	}
	state := t.ConnectionState()
	return &state
}
