package wire

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"mailprobe/internal/cut"
)

// The limits of what is read from a server, in bytes. RFC 5321 §4.5.3.1.5 and RFC 1939 §3
// both allow 512 for a line.
const (
	LegalLine  = 512
	MaxLine    = 4096
	MaxSession = 1 << 20
)

// Errors of a connection, for errors.Is.
var (
	// ErrClosed means that the server closed the connection.
	ErrClosed = errors.New("connection closed by the server")
	// ErrTimeout means that the deadline passed before the server had answered.
	ErrTimeout = errors.New("no answer")
	// ErrLimit means that the server sent more than a limit allows.
	ErrLimit = errors.New("too much")
	// ErrInjected means that plain-text bytes came where a TLS handshake had to begin
	// (CVE-2011-0411 and its client-side twins). None of them may be used.
	ErrInjected = errors.New("plain-text bytes came before the TLS handshake")
	// ErrProtocol means that the server's answer does not follow its protocol. Protocol
	// errors of the packages above wrap it.
	ErrProtocol = errors.New("protocol error")
	// ErrUnanswered means that the TLS handshake ended before the server had sent a byte.
	ErrUnanswered = errors.New("no answer to the ClientHello")
	// ErrInput means that a command would have contained a line break or a NUL.
	ErrInput = errors.New("a line break or NUL is not allowed in a command")
)

// Conn is a line-based connection. It is not safe for concurrent use; but the end of the
// context given to NewConn interrupts pending reads and writes at once.
type Conn struct {
	// Transcript records what passes over the connection.
	Transcript *Transcript
	// Discreet keeps the contents of bodies and literals, which may be other people's
	// mail, out of the transcript and of errors. Only their size is recorded.
	Discreet bool

	ctx      context.Context
	socket   net.Conn // the network connection, below TLS
	conn     net.Conn // what is read and written: the socket, or TLS on it
	reader   *bufio.Reader
	pending  []byte    // commands queued and not yet sent
	received int       // bytes of lines read so far
	extra    int       // bytes of lines permitted besides MaxSession
	withheld *withheld // set while nothing is recorded
	fresh    bool      // nothing was sent since the TLS handshake
	odd      []string
	stop     func() bool

	mu       sync.Mutex // guards the socket's deadline against the context's end
	deadline time.Time
	began    time.Time // when the deadline was set
}

// readers holds the read buffers of closed connections.
var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, MaxLine) }}

// NewConn returns a line-based connection over socket. Lines are recorded in t, whose
// clock starts now if this is its first connection.
func NewConn(ctx context.Context, socket net.Conn, t *Transcript) *Conn {
	c := &Conn{Transcript: t, ctx: ctx, socket: socket, conn: socket, reader: readers.Get().(*bufio.Reader)}
	c.reader.Reset(socket)
	t.begin(time.Now())
	c.SetTimeout(0)
	c.stop = context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = c.socket.SetDeadline(time.Unix(1, 0))
	})
	return c
}

// SetTimeout sets the deadline of all that follows to d from now, but not beyond that of
// the connection's context. With d of 0 only the latter applies.
func (c *Conn) SetTimeout(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.began = time.Now()
	limit, ok := c.ctx.Deadline()
	if step := c.began.Add(d); d > 0 && (!ok || step.Before(limit)) {
		limit = step
	}
	c.deadline = limit
	if c.ctx.Err() == nil {
		_ = c.socket.SetDeadline(limit)
	}
}

// Queue adds a command to what the next Flush sends, so that several commands go out
// together (RFC 2920). Secrets among the arguments are sent in clear and recorded masked.
func (c *Conn) Queue(format string, args ...any) error {
	shown := fmt.Sprintf(format, args...)
	line := shown
	plain, secrets := reveal(args)
	if len(secrets) > 0 {
		line = fmt.Sprintf(format, plain...)
	}
	if strings.ContainsAny(line, "\r\n\x00") {
		return fmt.Errorf("%w: %q", ErrInput, c.Transcript.Redact(shown))
	}
	if len(secrets) > 0 {
		c.Transcript.Hide(secrets...)
	}
	c.record(Client, shown+"\r\n")
	c.pending = append(append(c.pending, line...), "\r\n"...)
	return nil
}

// Flush sends the queued commands in one write.
func (c *Conn) Flush() error {
	out := c.pending
	if len(out) == 0 {
		return nil
	}
	c.pending = c.pending[:0]
	_, err := c.conn.Write(out)
	if c.fresh {
		c.fresh = false
		acknowledge(c.socket)
	}
	return c.explain(err, "")
}

// Cmd sends one command.
func (c *Conn) Cmd(format string, args ...any) error {
	if err := c.Queue(format, args...); err != nil {
		return err
	}
	return c.Flush()
}

// Write sends bytes that are not a command, such as a PROXY header, and records them.
func (c *Conn) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		c.Transcript.Record(Client, Quote(string(line)))
	}
	n, err := c.conn.Write(p)
	return n, c.explain(err, "")
}

// WriteBody sends a message after DATA by calling send, which must end it with the lone
// dot. The transcript has one line for it.
func (c *Conn) WriteBody(send func(io.Writer) error) error {
	c.Transcript.Record(Directive, Body)
	return c.explain(send(c.conn), "")
}

// WriteChunk sends a part of a message after BDAT. The transcript has one line for it.
func (c *Conn) WriteChunk(p []byte) error {
	c.Transcript.Record(Directive, Chunk)
	_, err := c.conn.Write(p)
	return c.explain(err, "")
}

// RemoteAddr returns the server's address.
func (c *Conn) RemoteAddr() net.Addr { return c.socket.RemoteAddr() }

// LocalAddr returns this side's address.
func (c *Conn) LocalAddr() net.Addr { return c.socket.LocalAddr() }

// Close closes the connection. TLS sends its close alert first, for which Close may wait
// until the context ends.
func (c *Conn) Close() error {
	defer c.stop()
	if c.conn != c.socket {
		defer context.AfterFunc(c.ctx, func() { _ = c.socket.Close() })()
	}
	if c.reader.Size() == MaxLine {
		c.reader.Reset(nil)
		readers.Put(c.reader)
		c.reader = bufio.NewReaderSize(c.socket, 1) // for who reads on
	}
	return c.conn.Close()
}

// explain turns a network error into one of this package. seen is the part of a line that
// had been read.
func (c *Conn) explain(err error, seen string) error {
	var after string
	if seen != "" {
		after = ", in the middle of " + c.excerpt(seen)
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op != "remote error" {
		err = op.Err
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(c.ctx.Err(), context.Canceled):
		return &interruption{context.Cause(c.ctx)}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w within %s%s", ErrTimeout, c.allowed(), after)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		c.Transcript.Record(Directive, Close)
		return fmt.Errorf("%w%s", ErrClosed, after)
	}
	return fmt.Errorf("%w%s", err, after)
}

// interruption is the error of a connection whose context was cancelled. It wraps
// context.Canceled and the cause of the cancellation, which it names if there is one.
type interruption struct{ cause error }

func (i *interruption) Error() string {
	if i.cause == context.Canceled {
		return "interrupted"
	}
	return "interrupted: " + i.cause.Error()
}

func (i *interruption) Unwrap() []error { return []error{i.cause, context.Canceled} }

// allowed returns the time limit of the step, rounded for display.
func (c *Conn) allowed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, precision := c.deadline.Sub(c.began), time.Millisecond
	for d > 1000*precision && precision < time.Second {
		precision *= 10
	}
	return d.Round(precision)
}

// excerptOf returns what an error may quote of a piece of a body.
func (c *Conn) excerptOf(piece []byte) string {
	if c.isDiscreet() {
		return ""
	}
	return string(piece)
}

// excerptBytes is how many bytes of a server's line an error quotes.
const excerptBytes = 80

// excerpt quotes the beginning of what a server sent. It masks secrets before it cuts, as
// half a secret would not be recognised.
func (c *Conn) excerpt(s string) string {
	s = strings.TrimRight(c.Transcript.Redact(s), "\r\n")
	return `"` + escape(cut.Bytes(s, excerptBytes)) + `"`
}
