package delivery_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/delivery"
	"mailprobe/mailtest"
	"mailprobe/probe"
)

// direct are the flags to hand the message to the recipient's own server.
func (l *lab) direct() []string {
	return []string{"--via", l.two.SMTPURL(), "--via-user=", "--via-password-env="}
}

// faults sets the faults of the recipient's server.
func (l *lab) faults(f mailtest.Faults) {
	l.t.Helper()
	must(l.t, l.two.SetFaults(f))
}

func TestWrongPassword(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		o := l.deliver("--fetch", l.two.URL(fetch, "alice"), "--fetch-password-env", "WRONG").is(probe.Critical, "mailbox: auth: ")
		if o.Step("submit") != nil || l.one.Queued() != 0 {
			t.Error("a message was sent")
		}
		if hint := o.Step("mailbox").Hint; hint == "" {
			t.Error("there is no hint")
		}
		l.records(0)
	}
}

func TestGreylisting(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.faults(mailtest.Faults{Greylist: 1500 * time.Millisecond})
	o := l.deliver(append(l.direct(), "--timeout", "20s")...).is(probe.OK)
	o.fact("attempts", "3").says("submit", "refused for now 2 times", "450 4.7.1")
}

// A server that greylists for longer than there is time is a Warning, as it is of
// the check smtp, and nothing is on its way.
func TestGreylistingForLong(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.faults(mailtest.Faults{Greylist: time.Hour})
	o := l.deliver(append(l.direct(), "--timeout", "4s")...).is(probe.Warning, "submit: rcpt: ", "450 4.7.1")
	if text := o.says("submit", "refused for now 2 times; rcpt: ").Step("submit").Detail; strings.Count(text, "450 4.7.1") != 1 {
		t.Errorf("the refusal is told more than once: %s", text)
	}
	l.records(0)
}

func TestDelay(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Latency: 700 * time.Millisecond}})
	o := l.deliver("--warn", "delivered=300ms").is(probe.Warning, "wait: delivered ", "outside warning range 300ms")
	f, _ := o.Fact("delivered")
	if f.Value == nil || *f.Value < 0.7 || *f.Value > 2 {
		t.Errorf("delivered in %s", f.Text)
	}
	if polls, _ := o.Fact("polls"); polls.Value == nil || *polls.Value < 3 || *polls.Value > 12 {
		t.Errorf("%s polls", polls.Text)
	}
}

func TestBounce(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Bounce: true}})
	l.put(1)
	before := l.two.Messages("alice")
	o := l.deliver(append(l.direct(), "--from", "alice@example.net")...).
		is(probe.Critical, "wait: the message came back: ", "alice@example.net")
	o.fact("bounce_status").fact("bounce_diagnostic").fact("bounce_by", "mx2.example.net")
	unchanged(t, before, l.two.Messages("alice"))
	keepsPrivate(t, o)
	l.records(0)
}

func TestDuplicate(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Duplicate: true}})
	l.put(1)
	l.deliver().is(probe.Warning, "it came 2 times").fact("copies", "2")
	l.holds(1)
}

func TestAlteredBody(t *testing.T) {
	for _, test := range []struct {
		alter  func([]byte) []byte
		status probe.Status
		words  string
		body   string
	}{
		{func(m []byte) []byte { return bytes.Replace(m, []byte("\r\n.one dot"), []byte("\r\none dot"), 1) },
			probe.Critical, `line 6 was ".one dot at the start of a line" and is "one dot at the start of a line"`, "altered"},
		{func(m []byte) []byte { return append(bytes.Clone(m), "-- \r\nscanned\r\n"...) },
			probe.Warning, `14 bytes after the end of the body that was sent: "-- \r\nscanned\r\n"`, "extended"},
		{func(m []byte) []byte { return m[:bytes.Index(m, []byte("..two dots"))] },
			probe.Critical, "it ends after line ", "altered"},
		{func(m []byte) []byte {
			return bytes.Replace(m, []byte("\r\n\r\n"), []byte("\r\nX-Other: x\r\n\r\n"), 1)
		},
			probe.OK, "delivered", "unchanged"},
	} {
		t.Run(test.words, func(t *testing.T) {
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Alter: test.alter}})
			l.deliver().is(test.status, test.words).fact("body", test.body)
			l.holds(0)
		})
	}
}

func TestFullMailbox(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.two.SetQuota("alice", 0)
	o := l.deliver(l.direct()...).is(probe.Critical, "submit: rcpt: ", "452 4.2.2", "Mailbox is full")
	if hint := o.Step("submit").Hint; !strings.Contains(hint, "mailbox is full") {
		t.Errorf("the hint is %q", hint)
	}
	l.records(0)
}

func TestLockedMailbox(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	release, err := l.two.Lock("alice")
	must(t, err)
	time.AfterFunc(1500*time.Millisecond, release)
	l.deliver("--timeout", "20s").is(probe.OK)
}

// A mailbox that stays locked is a Warning, as it is of the check pop3, and nothing
// is sent.
func TestLockedForLong(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	release, err := l.two.Lock("alice")
	must(t, err)
	defer release()
	o := l.deliver("--timeout", "2s").is(probe.Warning, "mailbox: auth: ", "IN-USE")
	if o.Step("submit") != nil {
		t.Error("a message was sent")
	}
}

func TestLoginDelay(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{LoginDelay: time.Second}})
	l.deliver("--timeout", "20s").is(probe.OK).fact("fetch_login_delay")
	l.holds(0)
}

// Messages that look like one of ours and have no proof are left alone, those of
// another key, too.
func TestForged(t *testing.T) {
	stranger := newLab(t, mailtest.Config{})
	stranger.deliver("--keep").is(probe.OK)
	foreign := stranger.two.Messages("alice")[0].Text

	l := &lab{}
	*l = *stranger
	l.state = t.TempDir()
	before := l.two.Messages("alice")
	for _, text := range []string{
		string(foreign),
		strings.Replace(string(foreign), "hmac=", "hmac=0", 1),
		strings.Replace(string(foreign), "\r\n hmac=", "", 1),
	} {
		must(t, l.two.Deliver("alice", []byte(text)))
	}
	l.deliver().is(probe.OK)
	if after := l.two.Messages("alice"); len(after) != len(before)+3 {
		t.Errorf("of %d messages %d are left", len(before)+3, len(after))
	}
}

// A message whose proof a server has taken away cannot be distinguished from a forged one.
func TestUnproven(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Alter: func(m []byte) []byte {
		return bytes.Replace(m, []byte("X-Mailprobe-Run"), []byte("X-Something"), 1)
	}}})
	l.deliver("--timeout", "1s").is(probe.Critical, "without the field X-Mailprobe-Run that proves it")
	l.holds(1)
}

// Many runs side by side take no message of each other's.
func TestSideBySide(t *testing.T) {
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		t.Run(string(fetch), func(t *testing.T) {
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Latency: 200 * time.Millisecond}})
			l.put(1)
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					l.deliver("--timeout", "30s", "--fetch", l.two.URL(fetch, "alice")).is(probe.OK, "body unchanged")
				})
			}
			all.Wait()
			l.holds(1)
			l.records(0)
		})
	}
}

func TestKeep(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.deliver("--keep").is(probe.OK).says("delete", "kept in the mailbox")
	for range 2 {
		l.holds(1)
		l.deliver().is(probe.OK)
	}
	l.holds(1)
	l.records(0)
}

// A server that does not delete what it was asked to is a Warning, and told again.
func TestNotDeleted(t *testing.T) {
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		t.Run(string(fetch), func(t *testing.T) {
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{KeepDeleted: true}})
			way := []string{"--fetch", l.two.URL(fetch, "alice")}
			l.deliver(way...).is(probe.Warning, "delete: the message may still be in the mailbox")
			l.holds(1)
			l.records(1)
			l.faults(mailtest.Faults{})
			l.deliver(way...).is(probe.OK).says("late", "could not be deleted then, is gone now")
			l.holds(0)
			l.records(0)
		})
	}
}

// A connection that breaks after the body leaves it open whether the message was
// taken: it is looked for next time.
func TestDroppedAfterBody(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	must(t, l.one.SetFaults(mailtest.Faults{Drop: "BODY"}))
	l.deliver().is(probe.Critical, "submit: message: ")
	l.records(1)
}

func TestHeadersOfTheWay(t *testing.T) {
	l := newLab(t, mailtest.Config{Headers: []string{
		"X-Spam-Flag: YES", "X-Spam-Status: Yes, score=7.3 required=5.0 tests=NONE",
		"Authentication-Results: mx2.example.net; spf=pass smtp.mailfrom=bob@example.org; dkim=none; dmarc=fail header.from=example.org",
	}})
	o := l.deliver().is(probe.Warning)
	o.fact("spam", "yes").fact("spam_score", "7.3").fact("spf_received", "pass").fact("dkim_received", "none").fact("dmarc_received", "fail")
	o.says("verify", `verdict on DMARC is "fail"`, "takes the message for spam")
}

// The flags of either side have that side's name, in errors and hints as well.
func TestFlags(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	for _, test := range []struct{ args, want string }{
		{"--to=", "--to is missing"},
		{"--to=alice", "is not an address such as alice@example.org"},
		{"--via=", "--via is missing"},
		{"--via=pop3://mx", `--via: smtp does not take "pop3://"`},
		{"--fetch=smtp://mx", `--fetch: deliver does not take "smtp://"; it takes pop3:// pop3s:// imap:// imaps://`},
		{"--via-tls-min=9", `--via-tls-min: "9" is none of`},
		{"--fetch-tls-min=9", `--fetch-tls-min: "9" is none of`},
		{"--fetch-auth=ntlm", `--fetch-auth: "ntlm" is none of`},
		{"--size=65MiB", "--size: 68157440 bytes are more than the 64 MiB"},
		{"--fetch-ca-file=/nowhere", "--fetch-ca-file: "},
		{"--fetch-mailbox=Archive", "--fetch-mailbox is for the other protocol"},
		{"--all-addresses", "--all-addresses would send a message to each"},
		{"--via-password-env=NOT_SET_ANYWHERE", "--via-password-env: the environment variable NOT_SET_ANYWHERE is not set or empty"},
		{"--state=/dev/null/state", "the state directory: "},
	} {
		if err := prepare(t, l.args(test.args)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.args, err, test.want)
		}
	}
	o := l.deliver("--fetch-ca-file=").is(probe.Critical, "certificate")
	if hint := o.Step("mailbox").Hint; strings.Contains(hint, " --ca-file") {
		t.Errorf("the hint names flags that are not there: %s", hint)
	}
	if delivery.Kind().Name != "deliver" {
		t.Error("the kind has another name")
	}
}
