package pop3check

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"mailprobe/probe/probetest"
	"mailprobe/transport"
	"mailprobe/wire"
)

// answered is a session in which the answer to RETR is the next that is read.
// The status line comes alone, as if after the command.
func answered(body string) *Session {
	s := NewSession(probetest.Said("+OK\r\n", body))
	s.owed = false
	return s
}

func TestRetr(t *testing.T) {
	long := strings.Repeat("x", 3*wire.MaxLine)
	for _, test := range []struct{ name, body, want string }{
		{"nothing", ".\r\n", ""},
		{"a line", "hello\r\n.\r\n", "hello\r\n"},
		{"empty lines", "\r\n\r\n.\r\n", "\r\n\r\n"},
		{"dots", "..\r\n...\r\n..a\r\na.\r\n.\r\n", ".\r\n..\r\n.a\r\na.\r\n"},
		{"a dot that was not doubled", ".a\r\n.\r\n", "a\r\n"},
		{"bare line feeds", "a\nb\n.\n", "a\r\nb\r\n"},
		{"a carriage return within", "a\rb\r\r\n.\r\n", "a\rb\r\r\n"},
		{"a long line", long + "\r\n.\r\n", long + "\r\n"},
		{"a long line of dots", strings.Repeat(".", 5000) + "\r\n.\r\n", strings.Repeat(".", 4999) + "\r\n"},
		{"a line of the buffer's size", long[:wire.MaxLine-2] + "\r\n.\r\n", long[:wire.MaxLine-2] + "\r\n"},
		{"a line end across the buffer", long[:wire.MaxLine-1] + "\r\n.\r\n", long[:wire.MaxLine-1] + "\r\n"},
		{"a dot after a full buffer", long[:wire.MaxLine] + ".\r\n.\r\n", long[:wire.MaxLine] + ".\r\n"},
		{"binary", "\x00\xff\x1b\r\n.\r\n", "\x00\xff\x1b\r\n"},
	} {
		var got bytes.Buffer
		octets, err := answered(test.body).Retr(&got, 1, 1<<20)
		if err != nil || got.String() != test.want || octets != int64(len(test.want)) {
			t.Errorf("%s: got %d octets %.80q (%v), want %.80q", test.name, octets, got.String(), err, test.want)
		}
	}
}

// A body without end is bounded, and what came of it until then is there.
func TestRetrLimit(t *testing.T) {
	var got bytes.Buffer
	s := answered(strings.Repeat("hello\r\n", 1000))
	octets, err := s.Retr(&got, 1, 700)
	if !errors.Is(err, wire.ErrLimit) || octets != 700 || got.Len() != 700 {
		t.Errorf("%d octets, %v", octets, err)
	}
	if _, err := s.Noop(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("then: %v", err)
	}
}

func TestRetrBroken(t *testing.T) {
	if _, err := answered("hello\r\nhel").Retr(io.Discard, 1, 1<<20); !errors.Is(err, wire.ErrClosed) {
		t.Errorf("a connection that closed: %v", err)
	}
	full := errors.New("no space left")
	if _, err := answered("hello\r\n.\r\n").Retr(failing{full}, 1, 1<<20); !errors.Is(err, full) {
		t.Errorf("a writer that failed: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestTop(t *testing.T) {
	s := greeted(t, "C: TOP 3 10\nS: +OK\nS: Subject: x\nS:\nS: ..\nS: .\nC: TOP 4 0\nS: -ERR no such message\nC: QUIT\nS: +OK\n")
	var got strings.Builder
	if octets, err := s.Top(&got, 3, 10, 1000); err != nil || got.String() != "Subject: x\r\n\r\n.\r\n" || octets != 17 {
		t.Errorf("%d octets %q, %v", octets, &got, err)
	}
	if _, err := s.Top(&got, 4, 0, 1000); !transport.IsRefusal(err) {
		t.Error(err)
	}
	if _, err := s.Quit(); err != nil {
		t.Error(err)
	}
}

// FuzzRetr sends any message as a server must and compares what comes out.
func FuzzRetr(f *testing.F) {
	for _, m := range []string{"", ".", "..\n.", "a\n\nb", "a\r\n.\r\n", strings.Repeat(".", 5000)} {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, message string) {
		var sent, want strings.Builder
		for line := range strings.SplitSeq(message, "\n") {
			line = strings.TrimRight(line, "\r")
			want.WriteString(line + "\r\n")
			if strings.HasPrefix(line, ".") {
				line = "." + line
			}
			sent.WriteString(line + "\r\n")
		}
		var got strings.Builder
		octets, err := answered(sent.String()+".\r\n").Retr(&got, 1, 1<<20)
		if err != nil || got.String() != want.String() || octets != int64(want.Len()) {
			t.Errorf("%q came as %q (%d octets, %v)", want.String(), got.String(), octets, err)
		}
	})
}

// FuzzBody reads whatever a server may send after +OK: no panic, no more than
// the limit.
func FuzzBody(f *testing.F) {
	for _, b := range []string{".\r\n", "a\r\n", "\r\n.\n", "..\r\n.", "\x00"} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body string) {
		octets, err := answered(body).Retr(io.Discard, 1, 1000)
		if err == nil && octets > 2*1000 {
			t.Errorf("%d octets of %q", octets, body)
		}
		_, _ = answered(body).List()
		_, _ = answered(body).UIDL()
		_, _ = answered(body).Capa()
	})
}
