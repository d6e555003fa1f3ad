package wiretest

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"time"

	"mailprobe/wire"
)

// Server plays one script to each connection it is given.
type Server struct {
	// Script is the session to play.
	Script *wire.Transcript
	// Authority issues the certificates for TLS; needed only where the script
	// has a handshake.
	Authority *Authority
	// Path is the network path to the server.
	Path Path
	// After continues on the connection where the script ends, above TLS if there was a
	// handshake; heard is what the client has sent, a line each. If it is nil the server
	// waits for the client to hang up.
	After func(conn net.Conn, heard []string)
}

// Dial connects to the server over its path, which takes one round trip. The server
// starts the script half a round trip later, when it has heard of the connection. Errors
// of the play are sent to played, which is closed when the server is done; it may be nil.
func (s *Server) Dial(ctx context.Context, played chan<- error) (net.Conn, error) {
	client, server := s.Path.Connect()
	go func() {
		defer func() { _ = server.Close() }()
		// The server has the connection when the client's ACK of its SYN-ACK is there.
		time.Sleep(3 * s.Path.RoundTrip / 2)
		err := s.Serve(server)
		if played != nil {
			played <- err
			close(played)
		}
	}()
	select {
	case <-time.After(s.Path.RoundTrip):
		return client, nil
	case <-ctx.Done():
		_ = client.Close()
		return nil, ctx.Err()
	}
}

// Serve plays the script on a connection and then waits for the client to hang up. An
// error says where the client did not follow the script.
func (s *Server) Serve(conn net.Conn) error {
	p := &player{server: s, conn: conn, reader: bufio.NewReader(conn)}
	var last time.Duration
	for i, e := range s.Script.Since(0) {
		if e.At > last {
			p.flush()
			time.Sleep(e.At - last)
			last = e.At
		}
		if err := p.play(e); err != nil {
			if errors.Is(err, errHungUp) {
				return nil
			}
			return fmt.Errorf("event %d, %s %s: %w", i+1, e.Kind, e.Text, err)
		}
	}
	return p.end()
}

// errHungUp ends a play where the script says so.
var errHungUp = errors.New("the script closed the connection")

// player is the state of one play.
type player struct {
	server *Server
	conn   net.Conn
	reader *bufio.Reader
	out    []byte   // server lines not sent yet: those in a row go out in one write
	heard  []string // the client's lines
}

func (p *player) play(e wire.Event) error {
	if e.Kind == wire.Server {
		line, err := wire.Unquote(e.Text)
		p.out = append(p.out, line...)
		return err
	}
	if e.Kind == wire.Comment {
		return nil
	}
	p.flush()
	if e.Kind == wire.Client {
		return p.expect(e.Text)
	}
	name, argument, _ := strings.Cut(e.Text, " ")
	switch name {
	case wire.StartTLS:
		return p.startTLS(argument)
	case wire.Body:
		return p.readBody()
	case wire.Chunk:
		return p.readChunk()
	}
	return errHungUp
}

// flush sends what is due. That nobody is there any more shows where the script
// next expects something of the client.
func (p *player) flush() {
	if len(p.out) > 0 {
		_, _ = p.conn.Write(p.out)
	}
	p.out = nil
}

// expect reads what the script says the client sends.
func (p *player) expect(text string) error {
	got, err := p.read(text)
	if err != nil {
		return err
	}
	if quoted := wire.Quote(got); !matches(text, quoted) {
		return fmt.Errorf("the client sent %s", quoted)
	}
	return nil
}

// matches reports whether a quoted line is the script's, in which the mask stands for
// anything, also for an empty secret after a blank.
func matches(text, quoted string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(text), regexp.QuoteMeta(wire.Mask), ".*")
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	bare, blank := strings.CutSuffix(quoted, `\x20`)
	return re.MatchString(quoted) || blank && re.MatchString(bare+" ")
}

// read reads a line, or as many bytes as a text without line end has.
func (p *player) read(text string) (string, error) {
	want, err := wire.Unquote(text)
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(want, "\n") {
		got := make([]byte, len(want))
		n, err := io.ReadFull(p.reader, got)
		return string(got[:n]), err
	}
	line, err := p.reader.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the client sent %q and then: %w", line, err)
	}
	p.heard = append(p.heard, strings.TrimRight(line, "\r\n"))
	return line, nil
}

func (p *player) readBody() error {
	for {
		line, err := p.reader.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the client sent a body without end: %w", err)
		}
		if line == ".\r\n" {
			return nil
		}
	}
}

// readChunk reads as much as the client's last line announced: BDAT SIZE or BDAT SIZE LAST.
func (p *player) readChunk() error {
	var size int64
	if n := len(p.heard); n == 0 || !strings.HasPrefix(p.heard[n-1], "BDAT ") {
		return errors.New("no BDAT comes before the chunk")
	} else if _, err := fmt.Sscanf(p.heard[n-1], "BDAT %d", &size); err != nil {
		return fmt.Errorf("the client sent %q, which has no size", p.heard[n-1])
	}
	_, err := io.CopyN(io.Discard, p.reader, size)
	return err
}

func (p *player) startTLS(sort string) error {
	if p.server.Authority == nil {
		return errors.New("the script has a TLS handshake, but the server has no authority")
	}
	cert, err := p.server.Authority.Issue(sort)
	if err != nil {
		return err
	}
	t := tls.Server(p.conn, &tls.Config{Certificates: []tls.Certificate{cert}})
	p.conn, p.reader = t, bufio.NewReader(t)
	// A client that will not have the certificate or the server ends the
	// handshake: that is the client's to judge, not a fault of the play.
	if err := t.Handshake(); err != nil {
		return errHungUp
	}
	return nil
}

// end sends what is left and waits until the client hangs up.
func (p *player) end() error {
	p.flush()
	if p.server.After != nil {
		p.server.After(p.conn, p.heard)
		return nil
	}
	rest, _ := io.ReadAll(io.LimitReader(p.reader, wire.MaxSession))
	if len(rest) > 0 {
		return fmt.Errorf("after the script's end the client sent %q", rest)
	}
	return nil
}
