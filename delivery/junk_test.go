package delivery_test

import (
	"context"
	"strings"
	"testing"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// spammy are the fields that filters write.
func spammy() []string {
	return []string{
		"X-Spam-Status: Yes, score=7.9 required=5.0 tests=GTUBE,RED", "X-MS-Exchange-Organization-SCL: 6",
		"X-Forefront-Antispam-Report: CIP:192.0.2.1;SCL:6;SFV:SPM", "Authentication-Results: mx2.example.net; spf=pass smtp.mailfrom=example.org",
	}
}

// A message that arrives as spam is a Warning with what the filter wrote, and is deleted
// there.
func TestJunk(t *testing.T) {
	l := newLab(t, mailtest.Config{Headers: spammy(), Faults: mailtest.Faults{Junk: true}})
	l.put(1)
	way := []string{"--fetch", l.two.IMAPSURL("alice"), "--junk", "Junk"}
	o := l.deliver(way...).is(probe.Warning, `wait: the message arrived in "Junk"`).because("wait", "delivered-as-spam")
	o.fact("junk", "Junk").fact("scl", "6").fact("forefront", "CIP:192.0.2.1;SCL:6;SFV:SPM").fact("spam_score", "7.9").fact("body", "unchanged").fact("authentication_results")
	o.says("verify", "X-Spam-Status: Yes, score=7.9 required=5.0 tests=GTUBE")
	l.holds(1)
	l.junk(0)
	l.records(0)
	l.deliver(append(way, "--keep")...).is(probe.Warning)
	l.junk(1)
	l.faults(mailtest.Faults{Junk: true, Duplicate: true})
	l.deliver(way...).is(probe.Warning).names("wait", "duplicated").names("wait", "delivered-as-spam")
	l.holds(1)
	l.junk(1)
}

// junk demands how many messages are in alice's mailbox for junk.
func (l *lab) junk(want int) {
	l.t.Helper()
	if got := len(l.two.Junk("alice")); got != want {
		l.t.Errorf("alice has %d messages in Junk, want %d", got, want)
	}
}

// What comes late and as spam is found and removed where it is.
func TestLateJunk(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	way := []string{"--fetch", l.two.IMAPSURL("alice"), "--junk", "Junk"}
	l.deliver(append(way, "--timeout", "1s")...).is(probe.Critical)
	l.faults(mailtest.Faults{Junk: true})
	must(t, l.two.Flush(context.Background()))
	l.faults(mailtest.Faults{})
	o := l.deliver(way...).is(probe.Warning, "late: a message of ").names("late", "delivered-as-spam").names("late", "arrived-late").fact("missing", "0")
	o.says("late", `a message of an earlier run arrived in "Junk"`)
	l.junk(0)
	l.records(0)
}

// Without --junk nobody looks there.
func TestJunkUnseen(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Junk: true}})
	way := []string{"--fetch", l.two.IMAPSURL("alice")}
	l.deliver(append(way, "--timeout", "1s")...).is(probe.Critical, "wait: the message was not in the mailbox")
	l.junk(1)
	l.faults(mailtest.Faults{})
	l.deliver(append(way, "--junk", "Junk")...).is(probe.Warning).names("late", "delivered-as-spam")
	l.junk(0)
}

// A name that is wrong is an error before anything is sent.
func TestJunkNames(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	for want, args := range map[string][]string{
		"junk needs IMAP":             {"--junk", "Junk"},
		`junk "" is not the name`:     {"--junk", "", "--fetch", l.two.IMAPSURL("alice")},
		`junk "Junk" is given twice`:  {"--junk", "Junk", "--junk", "Junk", "--fetch", l.two.IMAPSURL("alice")},
		`junk "inbox" is the mailbox`: {"--junk", "inbox", "--fetch", l.two.IMAPSURL("alice")},
	} {
		if err := prepare(t, l.args(args...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
	l.deliver("--fetch", l.two.IMAPSURL("alice"), "--junk", "Spam").is(probe.Critical, "mailbox: select: Spam: ", `; the account has "INBOX", "Junk"`).because("mailbox", "mailbox-missing")
	l.deliver("--fetch", l.two.IMAPSURL("alice"), "--fetch-mailbox", "Inboks").is(probe.Critical, "mailbox: select: Inboks: ", `; the account has "INBOX", "Junk"`).because("mailbox", "mailbox-missing")
	if l.one.Queued() != 0 {
		t.Error("a message was sent")
	}
}
