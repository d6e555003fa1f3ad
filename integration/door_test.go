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
		step               string
		status             probe.Status
		cause              string
		blame              probe.Blame
		hint               string
	}{
		{"smtp to pop3", "smtp", lab.Addr(POP3, Good), "greeting", probe.Unknown, "wrong-protocol", probe.BlameSender, "mailprobe pop3"},
		{"smtp to imap", "smtp", lab.Addr(IMAP, Good), "greeting", probe.Unknown, "wrong-protocol", probe.BlameSender, "mailprobe imap"},
		{"pop3 to smtp", "pop3", lab.Addr(SMTP, Good), "greeting", probe.Unknown, "wrong-protocol", probe.BlameSender, "mailprobe smtp"},
		{"pop3 to imap", "pop3", lab.Addr(IMAP, Good), "greeting", probe.Unknown, "wrong-protocol", probe.BlameSender, "mailprobe imap"},
		{"imap to smtp", "imap", lab.Addr(SMTP, Good), "greeting", probe.Unknown, "wrong-protocol", probe.BlameSender, "mailprobe smtp"},
		{"imap to pop3", "imap", lab.Addr(POP3, Good), "greeting", probe.Unknown, "wrong-protocol", probe.BlameSender, "mailprobe pop3"},
		{"smtp to smtps", "smtp", lab.Addr(SMTPS, Good), "greeting", probe.Critical, "timeout", probe.BlameNetwork, "--tls=implicit"},
		{"smtp to lmtp", "smtp", lab.Addr(LMTP, Good), "ehlo", probe.Unknown, "speaks-lmtp", probe.BlameSender, "lmtp://"},
		{"lmtp to smtp", "smtp", "lmtp://" + lab.Addr(SMTP, Good), "ehlo", probe.Unknown, "speaks-smtp", probe.BlameSender, "smtp://"},
		{"pop3 to pop3s", "pop3", lab.Addr(POP3S, Good), "greeting", probe.Critical, "timeout", probe.BlameNetwork, "--tls=implicit"},
		{"imap to imaps", "imap", lab.Addr(IMAPS, Good), "greeting", probe.Critical, "timeout", probe.BlameNetwork, "--tls=implicit"},
		{"smtps to smtp", "smtp", "smtps://" + lab.Addr(SMTP, Good), "tls", probe.Unknown, "tls-not-on-this-port", probe.BlameSender, "--tls=auto"},
		{"pop3s to pop3", "pop3", "pop3s://" + lab.Addr(POP3, Good), "tls", probe.Unknown, "tls-not-on-this-port", probe.BlameSender, "--tls=auto"},
		{"imaps to imap", "imap", "imaps://" + lab.Addr(IMAP, Good), "tls", probe.Unknown, "tls-not-on-this-port", probe.BlameSender, "--tls=auto"},
		{"closed port", "smtp", lab.Host(Good) + ":1", "connect", probe.Critical, "refused", probe.BlameServer, "listens"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := check(t, "", c.kind, c.target, "--timeout", "3s").is(c.status)
			if s := o.because(c.step, c.status, c.cause, c.blame); !strings.Contains(s.Hint, c.hint) {
				t.Errorf("the hint is %q, without %q", s.Hint, c.hint)
			}
		})
	}
}
