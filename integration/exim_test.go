package integration

import (
	"os"
	"path/filepath"
	"testing"

	"mailprobe/probe"
)

// needExim starts Exim for a test, or skips it where there is none.
func needExim(t *testing.T) {
	t.Helper()
	needDovecot(t)
	if err := eximMissing(); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	d, err := lab.startExim()
	must(t, err)
	t.Cleanup(func() {
		d.stop()
		if t.Failed() {
			t.Log(d.logTail())
		}
	})
}

// Exim has words of its own, and mostly no enhanced status codes.
func TestExim(t *testing.T) {
	needExim(t)
	user := lab.NewUser().Name
	for _, c := range []struct {
		name   string
		flags  []string
		step   string
		status probe.Status
		words  string
		cause  string
		blame  probe.Blame
	}{
		{"unknown recipient", []string{"-t", "nobody@" + Domain}, "rcpt", probe.Critical, "550 Unrouteable address", "recipient-unknown", probe.BlameAccount},
		{"unknown by its router", []string{"-t", "nowhere@" + Domain}, "rcpt", probe.Critical, "550 Unknown user", "recipient-unknown", probe.BlameAccount},
		{"greylisting", []string{"-t", Greylisted}, "rcpt", probe.Warning, "451 Greylisted", "greylisted", probe.BlameNobody},
		{"no relaying", []string{"-t", "b@elsewhere.test"}, "rcpt", probe.Critical, "550 relay not permitted", "relay-denied", probe.BlameSender},
		{"dead table", []string{"-t", "broken@" + Domain}, "rcpt", probe.Critical, "451 Temporary local problem", "server-fault", probe.BlameServer},
		{"sender is verified", []string{"-t", user, "-f", "denied@elsewhere.test"}, "rcpt", probe.Unknown, "Sender verify failed", "sender-unverified", probe.BlameSender},
		{"spam", []string{"-t", user, "-f", "bob@elsewhere.test", "--send", "--subject", "cheap"}, "message", probe.Unknown, "550 This message was classified as SPAM", "content-refused", probe.BlameSender},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := check(t, "", "smtp", lab.Addr(Exim, Good), c.flags...).is(c.status)
			o.because(c.step, c.status, c.cause, c.blame, c.words)
		})
	}
	t.Run("PROXY header", func(t *testing.T) {
		t.Parallel()
		for _, version := range []string{"v1", "v2"} {
			o := check(t, "", "smtp", lab.Addr(Exim, Good), "--proxy-protocol", version).is(probe.Unknown)
			o.because(o.Worst().Name, probe.Unknown, "proxy-header-not-expected", probe.BlameSender) // at the greeting if it came before Exim's own
		}
	})
	t.Run("a verdict for each recipient", givesVerdicts)
	t.Run("notifications", func(t *testing.T) { takesNotifications(t, Exim) })
	t.Run("chunks", func(t *testing.T) {
		t.Parallel()
		data := filepath.Join(t.TempDir(), "data.bin")
		must(t, os.WriteFile(data, make([]byte, 1_000_000), 0o600))
		o := check(t, "", "smtp", lab.Addr(Exim, Good), "-t", user, "-f", "bob@elsewhere.test", "--send", "--chunking", "--attach", data).is(probe.OK)
		o.step("message", probe.OK, " byte chunk, total ", " OK id=")
		o = check(t, "", "smtp", lab.Addr(Exim, Good), "-t", user, "-f", "bob@elsewhere.test", "--send", "--chunking", "--subject", "cheap").is(probe.Unknown)
		o.because("message", probe.Unknown, "content-refused", probe.BlameSender, "BDAT", "550 This message was classified as SPAM")
	})
	t.Run("all is well", func(t *testing.T) {
		t.Parallel()
		o := check(t, "", "smtp", lab.Addr(Exim, Good), "-t", user, "-f", "bob@elsewhere.test", "--send").is(probe.OK)
		o.step("message", probe.OK, "250 OK id=")
		o.fact("tls_version", "TLS 1.3")
	})
}
