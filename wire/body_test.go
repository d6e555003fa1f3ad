package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"mailprobe/wire"
)

// readBody reads a body into lines.
func readBody(c *wire.Conn, max int64) ([]string, error) {
	var lines []string
	var line strings.Builder
	err := c.ReadBody(max, func(piece []byte, end bool) error {
		line.Write(piece)
		if end {
			lines = append(lines, line.String())
			line.Reset()
		}
		return nil
	})
	return lines, err
}

// serve makes a connection to a server that writes the pieces, each in a packet
// of its own.
func serve(t *testing.T, pieces ...string) *wire.Conn {
	t.Helper()
	return raw(t, t.Context(), func(server net.Conn) {
		for _, p := range pieces {
			_, _ = io.WriteString(server, p)
			time.Sleep(time.Millisecond)
		}
		_, _ = io.Copy(io.Discard, server)
	})
}

func TestReadBody(t *testing.T) {
	full := strings.Repeat("x", wire.MaxLine)
	for name, c := range map[string]struct {
		pieces []string
		want   []string
	}{
		"empty":                         {[]string{".\r\n"}, nil},
		"dots":                          {[]string{"..\r\n...\r\n.a\r\na.\r\n \r\n\r\n.\r\n"}, []string{".", "..", "a", "a.", " ", ""}},
		"bare line feeds":               {[]string{"a\n\n.\n"}, []string{"a", ""}},
		"carriage returns within":       {[]string{"a\rb\r\r\n.\r\r\n.\r\n"}, []string{"a\rb\r", "\r"}},
		"cut anywhere":                  {[]string{"a", "b\r", "\n", ".", "\r", "\n"}, []string{"ab"}},
		"a line of the buffer's length": {[]string{full + "\r\n.\r\n"}, []string{full}},
		"end split over the buffer":     {[]string{full[1:] + "\r\n.\r\n"}, []string{full[1:]}},
		"CR at the buffer's end":        {[]string{full[1:] + "\rx\r\n.\r\n"}, []string{full[1:] + "\rx"}},
		"many CRs over the buffer":      {[]string{full[2:] + "\r\r\r\r\n.\r\n"}, []string{full[2:] + "\r\r\r"}},
		"a dot after the buffer":        {[]string{full + ".\r\n.\r\n"}, []string{full + "."}},
		"long line with a dot":          {[]string{"." + full + full + ".\r\nb\r\n.\r\n"}, []string{full + full + ".", "b"}},
		"nul and eight bits":            {[]string{"\x00\xff\r\n.\r\n"}, []string{"\x00\xff"}},
	} {
		bubble(t, name, func(t *testing.T) {
			conn := serve(t, append(c.pieces, "next\r\n")...)
			got, err := readBody(conn, 1<<20)
			if err != nil || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
				t.Errorf("read %.200q, %v; want %.200q", got, err, c.want)
			}
			if line, err := conn.ReadLine(); line != "next" {
				t.Errorf("after the body came %q, %v", line, err)
			}
		})
	}
}

func TestReadBodyEnds(t *testing.T) {
	bubble(t, "limit", func(t *testing.T) {
		const text = "0123456789\r\n.\r\n" // 15 bytes
		if lines, err := readBody(serve(t, text), 15); err != nil || len(lines) != 1 {
			t.Errorf("%q, %v", lines, err)
		}
		_, err := readBody(serve(t, text), 14)
		wantError(t, err, wire.ErrLimit, "a body of more than 14 bytes")
		_, err = readBody(serve(t, strings.Repeat("x", 1<<20)), 1<<19)
		wantError(t, err, wire.ErrLimit, "a body of more than 524288 bytes")
	})
	bubble(t, "without end", func(t *testing.T) {
		c := serve(t, "a\r\nb")
		c.SetTimeout(3 * time.Second)
		_, err := readBody(c, 1<<20)
		wantError(t, err, wire.ErrTimeout, `no answer within 3s, in the middle of "b"`)
		if got := c.Transcript.Lines(); got[len(got)-1] != `S: b\` {
			t.Errorf("the transcript is %q", got)
		}
	})
	bubble(t, "closed", func(t *testing.T) {
		s := dial(t, t.Context(), "S: a\nS: .\\\n* close")
		_, err := readBody(s.Conn, 1<<20)
		wantError(t, err, wire.ErrClosed, "connection closed")
	})
	bubble(t, "cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := dial(t, ctx, strings.Repeat("S: a\n+ 1s\n", 100))
		time.AfterFunc(1500*time.Millisecond, cancel)
		if d := elapsed(func() { _, err := readBody(s.Conn, 1<<20); wantError(t, err, context.Canceled, "interrupted") }); d != 1500*time.Millisecond {
			t.Errorf("it took %s", d)
		}
	})
	bubble(t, "keep refuses", func(t *testing.T) {
		stop := errors.New("enough")
		err := serve(t, "a\r\nb\r\n.\r\n").ReadBody(100, func([]byte, bool) error { return stop })
		wantError(t, err, stop, "enough")
	})
}

// TestBodyTranscript: a body is recorded in part, and that part plays back as a body.
func TestBodyTranscript(t *testing.T) {
	for name, body := range map[string]string{
		"lines":     strings.Repeat("line\r\n", 1000) + ".\r\n",
		"long line": strings.Repeat("x", 100_000) + "\r\nshort\r\n.\r\n",
	} {
		bubble(t, name, func(t *testing.T) {
			c := serve(t, body)
			if _, err := readBody(c, 1<<20); err != nil {
				t.Fatal(err)
			}
			script := strings.Join(c.Transcript.Lines(), "\n")
			if len(script) > 40_000 || !strings.Contains(script, "bytes more") {
				t.Errorf("the transcript has %d bytes", len(script))
			}
			again := dial(t, t.Context(), script)
			again.SetTimeout(time.Minute)
			if lines, err := readBody(again.Conn, 1<<20); err != nil {
				t.Errorf("played back: %d lines, %v", len(lines), err)
			}
		})
	}
}

func FuzzReadBody(f *testing.F) {
	for _, s := range []string{"", ".\r\n", "a\r\n.\r\n", "..\n.\n", "\r\r\n.\r\n", "x.\r\n.\r"} {
		f.Add(s, uint16(10))
	}
	f.Fuzz(func(t *testing.T, text string, repeat uint16) {
		text = strings.Repeat("y", int(repeat)%(2*wire.MaxLine)) + text
		near, far := net.Pipe()
		go func() {
			_, _ = io.WriteString(far, text)
			_ = far.Close()
		}()
		c := wire.NewConn(context.Background(), near, &wire.Transcript{})
		defer func() { _ = c.Close() }()
		got, err := readBody(c, 1<<20)
		want, whole := splitBody(text)
		if whole != (err == nil) || fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("of %q was read %q, %v; want %q", text, got, err, want)
		}
	})
}

// splitBody is what ReadBody has to make of a text, done the simple way.
func splitBody(text string) (lines []string, whole bool) {
	for {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return lines, false
		}
		line = strings.TrimSuffix(line, "\r")
		if line == "." {
			return lines, true
		}
		lines = append(lines, strings.TrimPrefix(line, "."))
		text = rest
	}
}
