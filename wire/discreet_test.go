package wire_test

import (
	"strings"
	"testing"

	"mailprobe/wire"
)

// What somebody else wrote is neither recorded nor quoted, and plays back as
// nothing.
func TestDiscreet(t *testing.T) {
	bubble(t, "body", func(t *testing.T) {
		conn := serve(t, "Subject: private\r\n.\r\n", "Subject: half of priv")
		conn.Discreet = true
		if lines, err := readBody(conn, 1<<20); err != nil || len(lines) != 1 || lines[0] != "Subject: private" {
			t.Errorf("read %q, %v", lines, err)
		}
		_ = conn.Close()
		_, err := readBody(conn, 1<<20)
		keepsQuiet(t, conn, err)
		if got := strings.Join(conn.Transcript.Lines(), "\n"); !strings.HasPrefix(got, "# 18 bytes more\nS: .") {
			t.Errorf("recorded %q", got)
		}
	})
	bubble(t, "literal", func(t *testing.T) {
		conn := serve(t, "* 1 FETCH {9}\r\nprivate\r\n)\r\n")
		conn.Discreet = true
		if text, _, err := readLiteral(conn, 9); err != nil || text != "private\r\n" {
			t.Errorf("read %q, %v", text, err)
		}
		_ = conn.Close()
		_, _, err := readLiteral(conn, 9)
		keepsQuiet(t, conn, err)
		if got := conn.Transcript.Lines()[0]; got != "S: * 1 FETCH {0}" {
			t.Errorf("recorded %q", got)
		}
	})
}

func keepsQuiet(t *testing.T, conn *wire.Conn, err error) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "priv") {
		t.Errorf("the error is %v", err)
	}
	if got := strings.Join(conn.Transcript.Lines(), "\n"); strings.Contains(got, "priv") {
		t.Errorf("recorded %q", got)
	}
}
