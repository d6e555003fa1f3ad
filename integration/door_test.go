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
		status             probe.Status
		cause              string
	}{
		{"smtp to pop3", "smtp", lab.Addr(POP3, Good), "greeting", "mailprobe pop3", probe.Unknown, "wrong-protocol"},
		{"pop3 to smtp", "pop3", lab.Addr(SMTP, Good), "greeting", "mailprobe smtp", probe.Unknown, "wrong-protocol"},
		{"pop3 to imap", "pop3", lab.Addr(IMAP, Good), "greeting", "IMAP", probe.Unknown, "wrong-protocol"},
		{"smtp to smtps", "smtp", lab.Addr(SMTPS, Good), "greeting", "--tls=implicit", probe.Critical, "timeout"},
		{"pop3 to pop3s", "pop3", lab.Addr(POP3S, Good), "greeting", "--tls=implicit", probe.Critical, "timeout"},
		{"smtps to smtp", "smtp", "smtps://" + lab.Addr(SMTP, Good), "tls", "--tls=auto", probe.Unknown, "tls-not-on-this-port"},
		{"pop3s to pop3", "pop3", "pop3s://" + lab.Addr(POP3, Good), "tls", "--tls=auto", probe.Unknown, "tls-not-on-this-port"},
		{"closed port", "smtp", lab.Host(Good) + ":1", "connect", "", probe.Critical, "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := check(t, "", c.kind, c.target, "--timeout", "3s").is(c.status)
			s := o.step(c.step, c.status)
			if !strings.Contains(s.Hint, c.hint) {
				t.Errorf("the hint is %q, without %q", s.Hint, c.hint)
			}
			if s.Cause == nil || s.Cause.Name != c.cause {
				t.Errorf("the cause is %+v, want %s", s.Cause, c.cause)
			}
		})
	}
}
