package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// backupMail are the messages of a mailbox to search in: the backup's of two nights, one
// of them failed, among private ones; and one that was taken for spam.
func backupMail() []Stored {
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	mail := func(subject, body string, age time.Duration) Stored {
		hop := ago(age).Format(time.RFC1123Z)
		return Stored{Received: ago(age), Text: fmt.Sprintf("Received: from a by mx; %s\nFrom: =?utf-8?Q?B=C3=A4cker?= <backup@example.org>\nSubject: %s\nDate: %s\n\n%s\n", hop, subject, hop, body)}
	}
	spam := mail("Report", "OK", time.Hour)
	spam.Folder = "Junk"
	return []Stored{
		mail("Backup", "10 jobs: FAILED", 30*time.Hour),
		mail("=?utf-8?B?QmFja3VwIGbDvHIgZGllIE5hY2h0?=", "10 jobs: OK", 6*time.Hour),
		mail("a private matter", "nobody's business", 2*time.Hour),
		spam,
	}
}

// The backup's mail came last night, and says OK: by either protocol, with nothing of other
// messages in the transcript, and nothing marked.
func TestSearch(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	must(t, lab.Store(user, backupMail()))
	targets := map[string]string{"imap": lab.Addr(IMAP, Good), "pop3": lab.Addr(POP3, Good)}
	for kind, target := range targets {
		search := func(args ...string) outcome {
			t.Helper()
			o := check(t, user.Password, kind, target, append(password(user), args...)...)
			for _, private := range []string{"private", "nobody", "carol"} {
				if o.said(private) {
					t.Errorf("%s: the transcript shows %q", kind, private)
				}
			}
			return o
		}
		o := search("--subject", "^Backup für", "--since", "26h", "--body-expect", "jobs: OK$", "--body-reject", "FAILED").is(probe.OK)
		o.fact("matches", "1")
		search("--from", "Bäcker", "--since", "26h").is(probe.OK).fact("matches", "2")
		search("--header", "Received=by mx", "--crit", "newest_match_age=1h").is(probe.Critical).because("search", probe.Critical, thresholdExceeded, probe.BlameUnclear)
		search("--subject", "^Restore").is(probe.Critical).because("search", probe.Critical, "no-match", probe.BlameUnclear)
		search("--subject", "^Backup", "--since", "48h", "--body-reject", "FAILED").is(probe.Critical).because("body", probe.Critical, "body-unexpected", probe.BlameUnclear)
		search("--search", "--crit", "matches=0").is(probe.Critical).because("search", probe.Critical, thresholdExceeded, probe.BlameUnclear)
	}
	o := check(t, user.Password, "imap", targets["imap"], password(user)...).is(probe.OK)
	o.fact("unseen", "3")
}

// Several mailboxes are searched, and of one that does not exist those that do are named.
func TestSearchMailboxes(t *testing.T) {
	needDovecot(t)
	user := lab.NewUser()
	must(t, lab.Store(user, backupMail()))
	imap := lab.Addr(IMAP, Good)
	o := check(t, user.Password, "imap", imap, append(password(user), "--mailbox", "INBOX", "--mailbox", "Junk", "--subject", "^Report$")...).is(probe.OK)
	if detail := o.Step("search").Detail; !strings.Contains(detail, `in "Junk"`) {
		t.Errorf("it does not say where: %s", detail)
	}
	check(t, user.Password, "imap", imap, append(password(user), "--mailbox", "Jnuk")...).is(probe.Critical).
		because("status", probe.Critical, "mailbox-missing", probe.BlameAccount, `the account has "Junk"`)
}
