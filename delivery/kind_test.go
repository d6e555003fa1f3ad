package delivery

import (
	"testing"

	"github.com/spf13/pflag"

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
		flags := pflag.NewFlagSet("deliver", pflag.ContinueOnError)
		options := &probe.Options{}
		c := newCheck(flags, options).(*Check)
		err := flags.Parse(append(args, "--to", "alice@example.net", "--via", "smtp://mx.example.net", "--fetch-password-env", "ALICE", "--state", t.TempDir()))
		if err == nil {
			err = c.Prepare(t.Context())
		}
		if got := c.mailboxName(); got != want || err != nil {
			t.Errorf("%q is %s, %v, want %s", args, got, err, want)
		}
	}
}
