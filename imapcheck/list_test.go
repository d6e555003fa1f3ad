package imapcheck

import (
	"context"
	"io"
	"strings"
	"testing"

	"mailprobe/wire"
)

// TestManyMailboxes: an account with many mailboxes is listed to the end, and the first are kept.
func TestManyMailboxes(t *testing.T) {
	const many = 2 * maxResponses
	said := "* PREAUTH ready\r\n" + strings.Repeat("* LIST () \"/\" Folder\r\n", many) + "A1 OK\r\n"
	s := NewSession(wire.NewConn(context.Background(), &canned{said: io.MultiReader(strings.NewReader(said), xs{})}, &wire.Transcript{}))
	if _, err := s.Greeting(); err != nil {
		t.Fatal(err)
	}
	if all, err := s.List(); err != nil || len(all) != maxListed || s.owed {
		t.Errorf("%d mailboxes, %v", len(all), err)
	}
}
