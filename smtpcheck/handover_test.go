package smtpcheck_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/smtpcheck"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// script is a session up to the accepted recipient, of a server that offers CHUNKING.
const script = "S: 220 mx\nC: EHLO ***\nS: 250-mx\nS: 250 CHUNKING\nC: MAIL FROM:<bob@example.net>\nS: 250 ok\nC: RCPT TO:<alice@example.org>\nS: 250 ok\n"

// handOver sends the message in a file to a server that plays a script. before is called
// when the message is about to be sent.
func handOver(t *testing.T, file, rest string, chunking bool, before func() error) *probe.Result {
	t.Helper()
	check := smtpcheck.NewCheck(&probe.Options{Timeout: probe.DefaultTimeout, Dial: probetest.Dial(t, script+rest)})
	check.TLS.TLS, check.From, check.To, check.Send = "off", "bob@example.net", []string{"alice@example.org"}, true
	check.Draft.File, check.Chunking, check.BeforeMessage = file, chunking, before
	if err := check.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer check.Close()
	target, err := smtpcheck.Kind().ParseTarget("192.0.2.25")
	if err != nil {
		t.Fatal(err)
	}
	r := &probe.Result{Transcript: &wire.Transcript{}}
	_ = check.Check(t.Context(), target, r)
	return r
}

// ofMegabytes writes a message of more than n chunks.
func ofMegabytes(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "m.eml")
	line := strings.Repeat("x", 62) + "\r\n"
	if err := os.WriteFile(name, []byte("Subject: x\r\n\r\n"+strings.Repeat(line, n<<20/len(line))), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestChunks: a long message goes in several chunks, and ends with the one that is refused.
func TestChunks(t *testing.T) {
	file := ofMegabytes(t, 2)
	for rest, want := range map[string]string{
		"C: BDAT 1048576\n* chunk\nS: 250 ok\nC: BDAT 1048576\n* chunk\nS: 250 ok\nC: BDAT 14 LAST\n* chunk\nS: 250 queued\nC: QUIT\nS: 221 bye\n": "",
		"C: BDAT 1048576\n* chunk\nS: 250 ok\nC: BDAT 1048576\n* chunk\nS: 552 5.3.4 Too big\nC: QUIT\nS: 221 bye\n":                               "UNKNOWN message-too-big",
		"C: BDAT 1048576\n* chunk\nS: 250 ok\nC: BDAT 1048576\n* chunk\n* close\n":                                                                 "CRITICAL connection-closed",
	} {
		synctest.Test(t, func(t *testing.T) {
			r := handOver(t, file, rest, true, nil)
			got := ""
			if s := r.Step("message"); s.Status != probe.OK {
				got = fmt.Sprintf("%s %s", s.Status, s.Cause.Name)
			}
			if !strings.HasPrefix(got, want) || (want == "") != (got == "") {
				t.Errorf("%s: %s\n%q", got, steps(r), r.Transcript.Lines())
			}
		})
	}
}

// TestNeverTruncated: of a message whose file changes while it is sent the server never gets
// the end, neither by the dot, nor by the last chunk, nor by QUIT.
func TestNeverTruncated(t *testing.T) {
	for name, chunking := range map[string]bool{"DATA": false, "BDAT": true} {
		for how, change := range map[string]func(string) error{
			"cut off": func(file string) error { return os.Truncate(file, 1<<20+1<<19) },
			"other":   func(file string) error { return os.WriteFile(file, make([]byte, 2<<20+14), 0o600) },
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				file := ofMegabytes(t, 2)
				host := takeAll(t)
				check := smtpcheck.NewCheck(&probe.Options{Timeout: probe.DefaultTimeout})
				check.TLS.TLS, check.To, check.Send = "off", []string{"alice@example.org"}, true
				check.Draft.File, check.Chunking, check.BeforeMessage = file, chunking, func() error { return change(file) }
				if err := check.Prepare(t.Context()); err != nil {
					t.Fatal(err)
				}
				defer check.Close()
				target, err := smtpcheck.Kind().ParseTarget(host.addr)
				if err != nil {
					t.Fatal(err)
				}
				r := &probe.Result{Transcript: &wire.Transcript{}}
				if err := check.Check(t.Context(), target, r); err == nil {
					t.Error("there is no error")
				}
				if s := r.Step("message"); s.Status != probe.Unknown || !s.Cause.Is(smtpcheck.CauseMessageChanged) {
					t.Errorf("%s", steps(r))
				}
				if end := <-host.end; strings.HasSuffix(end, "\r\n.\r\n") || strings.Contains(end, " LAST\r\n") || strings.HasSuffix(end, "QUIT\r\n") {
					t.Errorf("it ends in %.100q", end[max(0, len(end)-100):])
				}
			})
		}
	}
}

// taker is a server that says yes to everything and returns what it was sent.
type taker struct {
	addr string
	end  chan string
}

func takeAll(t *testing.T) *taker {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &taker{listener.Addr().String(), make(chan string, 1)}
	go wiretest.Accept(listener, s.serve)
	t.Cleanup(func() { listener.Close() })
	return s
}

// serve answers what looks like a command, wherever it stands.
func (s *taker) serve(c net.Conn) error {
	defer c.Close()
	var all strings.Builder
	fmt.Fprint(c, "220 mx\r\n")
	buffer := make([]byte, 64<<10)
	for {
		n, err := c.Read(buffer)
		text := string(buffer[:n])
		all.WriteString(text)
		switch {
		case err != nil:
			s.end <- all.String()
			return nil
		case strings.HasPrefix(text, "EHLO"):
			fmt.Fprint(c, "250-mx\r\n250 CHUNKING\r\n")
		case strings.HasPrefix(text, "DATA"):
			fmt.Fprint(c, "354 go on\r\n")
		case strings.HasPrefix(text, "MAIL"), strings.HasPrefix(text, "RCPT"), strings.HasPrefix(text, "BDAT"), strings.HasPrefix(text, "QUIT"):
			fmt.Fprint(c, "250 ok\r\n")
		}
	}
}

// TestLastWords: a server says why before it hangs up in the middle of a long message.
func TestLastWords(t *testing.T) {
	file := ofMegabytes(t, 8)
	synctest.Test(t, func(t *testing.T) {
		r := handOver(t, file, "C: DATA\nS: 354 go on\nS: 552 5.3.4 Message too big\n* close\n", false, nil)
		if s := r.Step("message"); s.Cause == nil || !s.Cause.Is(smtpcheck.CauseMessageTooBig) {
			t.Errorf("%s", steps(r))
		}
	})
}
