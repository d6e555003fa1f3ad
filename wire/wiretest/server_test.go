package wiretest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t *testing.T, script string) *wire.Transcript {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	return transcript
}

// client says the commands of a script's client in turn, does what it does
// besides, and reads what is there to be read in between.
func client(t *testing.T, c *wire.Conn, script *wire.Transcript, config *tls.Config) {
	t.Helper()
	for _, e := range script.Since(0) {
		var err error
		switch {
		case e.Kind == wire.Client && strings.HasSuffix(e.Text, `\`):
			text, _ := wire.Unquote(e.Text)
			_, err = c.Write([]byte(text))
		case e.Kind == wire.Client:
			err = c.Cmd("%s", strings.ReplaceAll(e.Text, wire.Mask, "something"))
		case e.Kind == wire.Server && !strings.HasSuffix(e.Text, `\`):
			_, err = c.ReadLine()
		case e.Text == wire.Body:
			err = c.WriteBody(func(w io.Writer) error { _, err := io.WriteString(w, "a\r\n.\r\n"); return err })
		case strings.HasPrefix(e.Text, wire.StartTLS):
			err = c.StartTLS(config)
		case e.Text == wire.Close:
			if _, err = c.ReadLine(); err != nil {
				err = nil
			}
		}
		if err != nil {
			t.Fatalf("%s %s: %v", e.Kind, e.Text, err)
		}
	}
}

// play lets a client follow a script over a path and returns its transcript.
func play(t *testing.T, script *wire.Transcript, path wiretest.Path) *wire.Transcript {
	t.Helper()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	played := make(chan error, 1)
	socket, err := (&wiretest.Server{Script: script, Authority: authority, Path: path}).Dial(t.Context(), played)
	if err != nil {
		t.Fatal(err)
	}
	recorded := &wire.Transcript{}
	c := wire.NewConn(t.Context(), socket, recorded)
	client(t, c, script, &tls.Config{RootCAs: roots, ServerName: wiretest.HostName})
	_ = c.Close()
	if err := <-played; err != nil {
		t.Errorf("the play: %v", err)
	}
	return recorded
}

const everything = `# a session with all there is
+ 1.5s
S: 220-hello
+ 6s
S: 220 hel\xfflo
C: STARTTLS
S: 220 go
* starttls
C: AUTH PLAIN x
S: 235 in\n
C: DATA
S: 354 go
* body
+ 30ms
S: 250 2.0.0 \\ \x00 grüße
S:
C: \x00\x01\x02\
S: 500-
S: 500 cut \
+ 2s
S: off
* close`

// TestPlayBack: a printed transcript plays back as a test, and what is recorded
// then is the same once more.
func TestPlayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		script := parse(t, everything)
		first := play(t, script, wiretest.Path{RoundTrip: 40 * time.Millisecond})
		printed := strings.Join(first.Lines(), "\n")
		second := play(t, parse(t, printed), wiretest.Path{})
		if again := strings.Join(second.Lines(), "\n"); again != printed {
			t.Errorf("the first time:\n%s\n\nplayed back:\n%s", printed, again)
		}
		if !strings.Contains(printed, "+ 1.54s\nS: 220-hello\n+ 6s\nS: 220 hel") {
			t.Errorf("the times are not those of the script and the path:\n%s", printed)
		}
	})
}

func TestDeviations(t *testing.T) {
	for name, c := range map[string]struct{ script, says, fault string }{
		"another command":  {"S: 220 hi\nC: EHLO a", "HELO a\r\n", "event 2, C: EHLO a: the client sent HELO a"},
		"nothing":          {"C: QUIT", "", `event 1, C: QUIT: the client sent "" and then: EOF`},
		"half a command":   {"C: QUIT", "QU", `event 1, C: QUIT: the client sent "QU" and then: EOF`},
		"too much":         {"C: QUIT", "QUIT\r\nRSET\r\n", `after the script's end the client sent "RSET\r\n"`},
		"bare line feed":   {"C: QUIT", "QUIT\n", `the client sent QUIT\n`},
		"not at the start": {"C: AIT ***", "QUAIT x\r\n", "the client sent QUAIT x"},
		"body without end": {"* body", "text\r\n.", "event 1, * body: the client sent a body without end"},
		"handshake":        {"* starttls", "", "but the server has no authority"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				played := make(chan error, 1)
				conn, err := (&wiretest.Server{Script: parse(t, c.script)}).Dial(t.Context(), played)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = io.WriteString(conn, c.says)
				_ = conn.Close()
				if err := <-played; err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Errorf("the play: %v; want %q", err, c.fault)
				}
			})
		})
	}
}

func TestMaskMatchesAnything(t *testing.T) {
	for _, says := range []string{"PASS x", "PASS ", "PASS a.*b \x00\xff", "PASS ***"} {
		synctest.Test(t, func(t *testing.T) {
			played := make(chan error, 1)
			conn, err := (&wiretest.Server{Script: parse(t, "C: PASS ***")}).Dial(t.Context(), played)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, says+"\r\n")
			_ = conn.Close()
			if err := <-played; err != nil {
				t.Errorf("%q: %v", says, err)
			}
		})
	}
}

func TestAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []string
		server := &wiretest.Server{Script: parse(t, "C: ONE\nS: 1\nC: TWO\nS: 2"), After: func(conn net.Conn, h []string) {
			heard = h
			_, _ = io.WriteString(conn, "after\r\n")
		}}
		played := make(chan error, 1)
		conn, err := server.Dial(t.Context(), played)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "ONE\r\nTWO\r\n")
		text, _ := io.ReadAll(conn)
		_ = conn.Close()
		if err := <-played; err != nil || string(text) != "1\r\n2\r\nafter\r\n" || strings.Join(heard, "|") != "ONE|TWO" {
			t.Errorf("read %q, heard %q, %v", text, heard, err)
		}
	})
}

func TestDialCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		played := make(chan error, 1)
		server := &wiretest.Server{Script: parse(t, "S: hi"), Path: wiretest.Path{RoundTrip: time.Minute}}
		begin := time.Now()
		conn, err := server.Dial(ctx, played)
		if conn != nil || err == nil || time.Since(begin) != time.Second {
			t.Errorf("after %s there is %v, %v", time.Since(begin), conn, err)
		}
		if err := <-played; err != nil {
			t.Error(err)
		}
	})
}
