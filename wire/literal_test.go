package wire_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// readLiteral reads a line, a literal of n bytes, and the rest of the line.
func readLiteral(c *wire.Conn, n int64) (text, rest string, err error) {
	if _, err := c.ReadLongLine(1 << 20); err != nil {
		return "", "", err
	}
	var all strings.Builder
	err = c.ReadLiteral(n, func(piece []byte) error {
		all.Write(piece)
		return nil
	})
	if err == nil {
		rest, err = c.ReadLongLine(1 << 20)
	}
	return all.String(), rest, err
}

func TestReadLiteral(t *testing.T) {
	long := strings.Repeat("x", 3*wire.MaxLine)
	for name, text := range map[string]string{
		"empty":            "",
		"words":            "hello",
		"line ends":        "a\r\nb\nc\r\n\r\n",
		"half a line end":  "a\r",
		"binary":           "\x00\xff)\r\n",
		"a long line":      long + "\r\n" + long,
		"a line at buffer": long[:wire.MaxLine-1] + "\n" + long[:wire.MaxLine],
	} {
		for way, pieces := range map[string][]string{
			"at once":     {"{}\r\n" + text + " rest\r\n"},
			"by the half": {"{}\r\n" + text[:len(text)/2], text[len(text)/2:] + " re", "st\r\n"},
		} {
			bubble(t, name+" "+way, func(t *testing.T) {
				conn := serve(t, pieces...)
				got, rest, err := readLiteral(conn, int64(len(text)))
				if got != text || rest != " rest" || err != nil {
					t.Errorf("read %.80q, then %.80q, %v", got, rest, err)
				}
				if conn.Buffered() != 0 {
					t.Error("something is left")
				}
			})
		}
	}
}

// A literal that breaks off tells how, and what came of it is recorded.
func TestReadLiteralBroken(t *testing.T) {
	bubble(t, "closed", func(t *testing.T) {
		s := dial(t, t.Context(), "S: * {20}\nS: hello\nS: wor\\\n* close")
		text, _, err := readLiteral(s.Conn, 20)
		wantError(t, err, wire.ErrClosed, `connection closed by the server, in the middle of "wor"`)
		if text != "hello\r\n" {
			t.Errorf("kept %q", text)
		}
		s.wantTranscript("S: * {20}", "S: hello", `S: wor\`, "* close")
	})
	bubble(t, "not wanted", func(t *testing.T) {
		full := errors.New("no space left")
		if err := serve(t, "hello").ReadLiteral(5, func([]byte) error { return full }); !errors.Is(err, full) {
			t.Error(err)
		}
	})
}

// What is recorded of a literal plays back, and a long one as a shorter one.
func TestLiteralPlaysBack(t *testing.T) {
	for name, c := range map[string]struct{ text, end string }{
		"short": {"a\r\nb", "S: a\nS: b\\\nS:  rest"},
		"long":  {strings.Repeat("hello\r\n", 100), "# 252 bytes more\nS:  rest"},
		"wide":  {strings.Repeat("x", 5*wire.MaxLine), "# 4096 bytes more\nS:  rest"},
	} {
		bubble(t, name, func(t *testing.T) {
			n := int64(len(c.text))
			first := serve(t, "* {"+itoa(n)+"}\r\n"+c.text+" rest\r\n")
			if _, _, err := readLiteral(first, n); err != nil {
				t.Fatal(err)
			}
			script := strings.Join(first.Transcript.Lines(), "\n")
			if !strings.HasSuffix(script, c.end) {
				t.Errorf("recorded\n%.300s", script)
			}
			shown := min(n, 64*int64(len("hello\r\n")))
			if name == "wide" {
				shown = 4 * wire.MaxLine
			}
			again := dialServer(t, t.Context(), &wiretest.Server{Script: parse(t, script)})
			text, rest, err := readLiteral(again.Conn, shown)
			if text != c.text[:shown] || rest != " rest" || err != nil {
				t.Errorf("played back %.80q, then %q, %v", text, rest, err)
			}
			if line := again.Transcript.ServerSaid(0)[0]; line != "* {"+itoa(shown)+"}" {
				t.Errorf("announced by %q", line)
			}
		})
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestReadLongLine(t *testing.T) {
	const max = 3*wire.MaxLine + 100
	for name, c := range map[string]struct {
		length int
		fits   bool
	}{
		"short":            {80, true},
		"of several reads": {2*wire.MaxLine + 7, true},
		"of buffers":       {3 * wire.MaxLine, true},
		"at the limit":     {max, true},
		"one more":         {max + 1, false},
		"far more":         {10 * wire.MaxLine, false},
	} {
		bubble(t, name, func(t *testing.T) {
			text := strings.Repeat("x", c.length-2)
			conn := serve(t, text+"\r\n")
			got, err := conn.ReadLongLine(max)
			if c.fits != (err == nil) || c.fits && got != text || !c.fits && !errors.Is(err, wire.ErrLimit) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if odd := conn.Odd(); odd != nil {
				t.Errorf("odd: %q", odd)
			}
			if said := conn.Transcript.ServerSaid(0); len(said) != 1 {
				t.Errorf("recorded in %d pieces", len(said))
			}
		})
	}
}
