package imapcheck

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
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

// headersOf runs Headers for three messages against a server that says this.
func headersOf(said io.Reader) (found []uint32, kept int, err error) {
	greeting := strings.NewReader("* PREAUTH ready\r\n")
	s := NewSession(wire.NewConn(context.Background(), &canned{said: io.MultiReader(greeting, said)}, &wire.Transcript{}))
	if _, err := s.Greeting(); err != nil {
		return nil, 0, err
	}
	err = s.Headers("FETCH", "1:3", []string{"Subject"}, func(m Message, header []byte) {
		found, kept = append(found, m.UID), max(kept, len(header))
	})
	return found, kept, err
}

// xs is text without an end.
type xs struct{}

func (xs) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestHugeHeader: a header of 100 MB is read, and its beginning kept.
func TestHugeHeader(t *testing.T) {
	const size = 100 << 20
	said := io.MultiReader(strings.NewReader(fmt.Sprintf("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {%d}\r\n", size)), io.LimitReader(xs{}, size),
		strings.NewReader(")\r\n* 2 FETCH (UID 2 BODY[HEADER.FIELDS (SUBJECT)] {4}\r\n\r\n\r\n)\r\nA1 OK\r\n"))
	found, kept, err := headersOf(said)
	if err != nil || len(found) != 2 || kept != search.MaxHeader {
		t.Errorf("%v, %d kept, %v", found, kept, err)
	}
}

// TestHeadersAreNotQuoted: whatever is wrong with an answer, an error shows nothing of a header.
func TestHeadersAreNotQuoted(t *testing.T) {
	for _, said := range []string{
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {5}\r\nSubject: secret\r\n)\r\n",
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] \"Subject: secret\" \"\r\n\r\nA1 OK\r\n",
		"* 1 FETCH (BODY[HEADER.FIELDS (SUBJECT)] \"Subject: secret\")\r\nA1 OK\r\n",
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {99}\r\nSubject: secret\r\n)\r\n",
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {99999999999}\r\nSubject: secret\r\n)\r\n",
		"* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] secret {5+}\r\nSubject: secret\r\n)\r\n",
		"Subject: secret\r\n",
		"+ secret\r\n",
		"A9 OK secret\r\n",
		strings.Repeat("secret", 20_000),
	} {
		if _, _, err := headersOf(strings.NewReader(said)); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.80q: %v", said, err)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("* 1 FETCH (UID 7 INTERNALDATE \" 1-Nov-2026 10:00:00 +0000\" BODY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: a\r\n\r\n)\r\nA1 OK\r\n")
	f.Add("* 2 FETCH (BODY[HEADER.FIELDS (SUBJECT)] NIL UID 8)\r\n* 1 FETCH (FLAGS (\\Seen))\r\nA1 NO [EXPUNGEISSUED] x\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		found, kept, _ := headersOf(strings.NewReader(said))
		if slices.Contains(found, 0) || kept > search.MaxHeader {
			t.Errorf("%v, %d", found, kept)
		}
	})
}

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
