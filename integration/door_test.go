package integration

import (
	"strings"
	"testing"

	"mailprobe/probe"
)

// At the wrong port, mailprobe says what stands there or what to try.
func TestWrongDoor(t *testing.T) {
	needPostfix(t)
	for _, c := range []struct {
		name, kind, target string
		step, hint         string
	}{
		{"smtp to pop3", "smtp", lab.Addr(POP3, Good), "greeting", "no SMTP server"},
		{"pop3 to smtp", "pop3", lab.Addr(SMTP, Good), "greeting", "mailprobe smtp"},
		{"pop3 to imap", "pop3", lab.Addr(IMAP, Good), "greeting", "IMAP"},
		{"smtp to smtps", "smtp", lab.Addr(SMTPS, Good), "greeting", "--tls=implicit"},
		{"pop3 to pop3s", "pop3", lab.Addr(POP3S, Good), "greeting", "--tls=implicit"},
		{"smtps to smtp", "smtp", "smtps://" + lab.Addr(SMTP, Good), "tls", "--tls=auto"},
		{"pop3s to pop3", "pop3", "pop3s://" + lab.Addr(POP3, Good), "tls", "--tls=auto"},
		{"closed port", "smtp", lab.Host(Good) + ":1", "connect", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := check(t, "", c.kind, c.target, "--timeout", "3s").is(probe.Critical)
			if s := o.step(c.step, probe.Critical); !strings.Contains(s.Hint, c.hint) {
				t.Errorf("the hint is %q, without %q", s.Hint, c.hint)
			}
		})
	}
}
