package integration

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/probe"
)

// occupy leaves one message of so many bytes in a mailbox.
func occupy(t *testing.T, user User, bytes int) {
	t.Helper()
	fill(t, user, 0)
	folder := filepath.Join(mailFolder(user), "cur")
	must(t, os.RemoveAll(folder))
	must(t, os.Mkdir(folder, 0o700))
	text := "From: carol@example.com\r\nSubject: private\r\n\r\n"
	text += strings.Repeat("x", bytes-len(text)-2) + "\r\n"
	must(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("1700000000.M%dP1.lab:2,S", bytes)), []byte(text), 0o600))
	giveAll(t, filepath.Dir(mailFolder(user)))
}

// Dovecot's quota is shown by the check imap, and is the reason given for a
// message that does not come.
func TestQuota(t *testing.T) {
	needPostfix(t)
	user := lab.TightUser()
	imap := "imaps://" + lab.Addr(IMAPS, Good)
	for _, test := range []struct {
		bytes  int
		status probe.Status
		used   string
	}{
		{10 << 10, probe.OK, "50%"},
		{19 << 10, probe.Warning, "95%"},
		{30 << 10, probe.Critical, "150%"},
	} {
		occupy(t, user, test.bytes)
		o := check(t, user.Password, "imap", imap, password(user)...).is(test.status)
		o.fact("quota_percent", test.used)
		o.fact("quota_limit", fmt.Sprint(TightLimit, " B"))
	}

	before := maildir(t, user)
	o := follow(t, user, t.TempDir(), "--fetch", imap, "--timeout", "6s").is(probe.Critical)
	o.step("wait", probe.Critical, "the message was not in the mailbox", "whose quota leaves room for 0 bytes")
	if hint := o.Step("wait").Hint; !strings.Contains(hint, "make room in the mailbox, or raise its quota") {
		t.Errorf("the hint is %q", hint)
	}
	// The server that delivers says it itself.
	lmtp := []string{"--via", "lmtp://" + lab.Addr(LMTP, Good), "--via-user=", "--via-password-env=", "--fetch", imap}
	follow(t, user, t.TempDir(), lmtp...).is(probe.Critical).step("submit", probe.Critical, "552 5.2.2 <"+user.Name+">")
	if after := maildir(t, user); len(after) != len(before) {
		t.Errorf("in the mailbox there are %d messages, before it were %d", len(after), len(before))
	}
	occupy(t, user, 10<<10)
	follow(t, user, t.TempDir(), "--fetch", imap).is(probe.OK)
}
