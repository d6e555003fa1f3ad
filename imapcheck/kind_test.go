package imapcheck

import (
	"testing"

	"mailprobe/probe"
)

// TestMailboxNames: what cannot be the name of a mailbox is no name of another.
func TestMailboxNames(t *testing.T) {
	for name, good := range map[string]bool{
		"INBOX": true, "Gel\u00f6scht": true, `a "b" \c`: true,
		"": false, "a\r\nb": false, "a\x00": false, "Gel\xf6scht": false,
	} {
		c := NewCheck(&probe.Options{})
		c.Mailbox = name
		if err := c.Prepare(t.Context()); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}
