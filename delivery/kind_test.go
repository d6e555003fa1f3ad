package delivery

import (
	"testing"

	"mailprobe/probe"
)

// Records tell mailboxes apart, however the same one is named.
func TestMailboxName(t *testing.T) {
	t.Setenv("ALICE", "secret")
	for want, args := range map[string][]string{
		"pop3://alice@pop.example.org":         {"--fetch", "pop3s://alice@pop.example.org"},
		"pop3://bob@pop.example.org":           {"--fetch", "pop3://pop.example.org", "--fetch-user", "bob"},
		"imap://alice@imap.example.org":        {"--fetch", "imaps://alice@imap.example.org:1993"},
		"imap://bob@imap.example.org":          {"--fetch", "imap://imap.example.org", "--fetch-user", "bob", "--fetch-mailbox", "inbox"},
		"imap://bob@imap.example.org/Tests/in": {"--fetch", "imap://imap.example.org", "--fetch-user", "bob", "--fetch-mailbox", "Tests/in"},
	} {
		checker, options := newCheck(&probe.Options{})
		c := checker.(*Check)
		_, err := probe.ParseArgs(options, append(args, "--to", "alice@example.net", "--via", "smtp://mx.example.net", "--fetch-password-env", "ALICE", "--state", t.TempDir()))
		if err == nil {
			err = c.Prepare(t.Context())
		}
		if got := c.mailboxName(); got != want || err != nil {
			t.Errorf("%q is %s, %v, want %s", args, got, err, want)
		}
	}
}

// Both sides have the flags of a log-in, each its own.
func TestAuthFallback(t *testing.T) {
	for arg, want := range map[string][3]bool{ // of SMTP, POP3 and IMAP
		"--to=a@example.org":          {true, true, true},
		"--via-auth-fallback=false":   {false, true, true},
		"--fetch-auth-fallback=false": {true, false, false},
	} {
		checker, options := newCheck(&probe.Options{})
		c := checker.(*Check)
		_, err := probe.ParseArgs(options, []string{arg})
		if got := [3]bool{c.submission.Fallback, c.pop3.Fallback, c.imap.Fallback}; got != want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", arg, got, err, want)
		}
	}
}
