package imapcheck

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"mailprobe/search"
	"mailprobe/wire"
)

// canned is a connection whose server has said everything beforehand.
type canned struct {
	net.Conn
	said io.Reader
}

func (c *canned) Read(p []byte) (int, error)      { return c.said.Read(p) }
func (c *canned) Write(p []byte) (int, error)     { return len(p), nil }
func (c *canned) Close() error                    { return nil }
func (c *canned) SetDeadline(time.Time) error     { return nil }
func (c *canned) SetReadDeadline(time.Time) error { return nil }
func (c *canned) Arrived() bool                   { return false }

// BenchmarkHeaders searches 1,000 messages by IMAP.
func BenchmarkHeaders(b *testing.B) {
	var said bytes.Buffer
	said.WriteString("* PREAUTH ready\r\n")
	for i := range 1000 {
		header := fmt.Sprintf("Date: Sun, 1 Nov 2026 10:00:00 +0000\r\nFrom: Somebody <somebody@example.org>\r\nSubject: message %d of many\r\n\r\n", i)
		fmt.Fprintf(&said, "* %d FETCH (UID %d INTERNALDATE \" 1-Nov-2026 10:00:00 +0000\" BODY[HEADER.FIELDS (DATE FROM SUBJECT)] {%d}\r\n%s)\r\n", i+1, i+1, len(header), header)
	}
	said.WriteString("A1 OK done\r\n")
	var o search.Options
	_ = o.Subject.Set("^Backup")
	b.ReportAllocs()
	for b.Loop() {
		s := NewSession(wire.NewConn(context.Background(), &canned{said: bytes.NewReader(said.Bytes())}, &wire.Transcript{}))
		if _, err := s.Greeting(); err != nil {
			b.Fatal(err)
		}
		hunt := o.Begin(time.Now())
		err := s.Headers("FETCH", "1:1000", o.FieldNames(), func(m Message, header []byte) {
			hunt.Take(0, int(m.UID), m.Received, search.ParseHeader(header))
		})
		if err != nil || hunt.Looked() != 1000 {
			b.Fatal(err, hunt.Looked())
		}
	}
}
