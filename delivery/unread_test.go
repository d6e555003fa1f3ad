package delivery_test

import (
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// A message that came while the mailbox was locked is not said to be missing, and
// not late in the next run, as nobody had looked for it.
func TestLockedAtEveryLaterLook(t *testing.T) {
	var l *lab
	var release func()
	locking := func(m []byte) []byte { // when the message is handed over
		for release == nil {
			if free, err := l.two.Lock("alice"); err == nil {
				release = free
			}
			time.Sleep(time.Millisecond)
		}
		return m
	}
	l = newSigningLab(t, locking, mailtest.Config{})
	o := l.deliver("--timeout", "3s").is(probe.Unknown, "wait: not known whether it arrived: since ", "IN-USE")
	o.hints("wait", "the next run looks for the message first")
	l.records(1)
	release()
	o = l.deliver().is(probe.OK).says("late", "for which no look into the mailbox succeeded before")
	o.fact("late", "0").fact("missing", "0")
	if _, ok := o.Fact("late_by"); ok {
		t.Error("it is told how late it was")
	}
	l.holds(0)
	l.records(0)
}

// A message that an earlier run could not look for, and that a later one looked for
// in vain, is late after that.
func TestLateAfterALaterLook(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	l.deliver("--timeout", "1s").is(probe.Critical)
	l.change(func(r map[string]any) { delete(r, "looked") })
	l.deliver("--timeout", "1s").says("late", "1 message of earlier runs still missing")
	l.faults(mailtest.Faults{})
	must(t, l.two.Flush(t.Context()))
	l.deliver().is(probe.Warning, "late: a message of ", "came late").fact("late", "2").because("late", "arrived-late")
}

// Where the server wants more time between two log-ins than there is, nothing is sent.
func TestLoginDelayTooLong(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{LoginDelay: 5 * time.Minute}})
	o := l.deliver().is(probe.Unknown, "submit: nothing is sent: the server with the mailbox wants 5m0s between two log-ins")
	o.because("submit", "timeout-too-short").hints("submit", "raise --timeout to 5m")
	l.holds(0)
	l.records(0)
}

// What came is compared whatever becomes of its deletion.
func TestVerifyAfterAFailedDeletion(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{KeepDeleted: true}})
	o := l.deliver(l.direct()...).is(probe.Warning, "delete: the message may still be in the mailbox").names("delete", "not-deleted").fact("body", "unchanged").fact("hops", "1")
	if o.Step("verify").Status != probe.OK {
		t.Errorf("verify is %s", o.Step("verify").Status)
	}
	l.faults(mailtest.Faults{})
	if o = l.deliver(l.direct()...).is(probe.OK, "over 1 hop, "); strings.Contains(o.Summary, "1 hops") {
		t.Error(o.Summary)
	}
}

// A session that breaks when the message was found: the next run does not call it late.
func TestSeenAndNotFetched(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Drop: "RETR", Services: []mailtest.Service{mailtest.POP3S}}})
	l.deliver().is(probe.Critical, "fetch: ")
	l.records(1)
	l.faults(mailtest.Faults{})
	o := l.deliver().is(probe.OK).says("late", "which could not be deleted then, is gone now")
	if o.Step("late").Status != probe.OK {
		t.Error("it is called late")
	}
	l.holds(0)
}

// A submission that the server refuses is a refusal of what the check is for.
func TestRefusedSubmission(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.faults(mailtest.Faults{Answer: map[string]string{"*": "550 5.1.1 User unknown"}})
	if o := l.deliver(l.direct()...).is(probe.Critical, "submit: rcpt: "); !o.Refused {
		t.Error("it is not said to be refused")
	}
	l.faults(mailtest.Faults{Hold: true})
	if o := l.deliver(append(l.direct(), "--timeout", "1s")...).is(probe.Critical, "wait: "); o.Refused {
		t.Error("a message that did not come is said to be refused")
	}
}

// Each verdict on a message that came, or not, has its cause.
func TestCausesOfVerdicts(t *testing.T) {
	for name, test := range map[string]struct {
		config mailtest.Config
		step   string
		cause  string
	}{
		"lost":     {mailtest.Config{Faults: mailtest.Faults{Lose: true}}, "wait", "not-arrived"},
		"twice":    {mailtest.Config{Faults: mailtest.Faults{Duplicate: true}}, "wait", "duplicated"},
		"a footer": {mailtest.Config{Faults: mailtest.Faults{Alter: func(m []byte) []byte { return append(m[:len(m):len(m)], "x\r\n"...) }}}, "verify", "body-extended"},
		"cut":      {mailtest.Config{Faults: mailtest.Faults{Alter: func(m []byte) []byte { return m[:len(m)-30] }}}, "verify", "body-altered"},
		"unproven": {mailtest.Config{Faults: mailtest.Faults{Alter: func(m []byte) []byte { return []byte(strings.Replace(string(m), "X-Mailprobe-Run", "X-Y", 1)) }}}, "wait", "proof-missing"},
		"spam":     {mailtest.Config{Headers: []string{"X-Spam-Flag: YES"}}, "verify", "taken-for-spam"},
		"spf":      {mailtest.Config{Headers: []string{"Received-SPF: fail (x)"}}, "verify", "spf-fail-received"},
		"dkim":     {mailtest.Config{Headers: []string{"Authentication-Results: mx; dkim=fail header.d=example.org"}}, "verify", "dkim-fail-received"},
		"dmarc":    {mailtest.Config{Headers: []string{"Authentication-Results: mx; dmarc=fail header.from=example.org"}}, "verify", "dmarc-fail-received"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, test.config)
			l.deliver("--timeout", "2s").because(test.step, test.cause)
		})
	}
	t.Run("bounced", func(t *testing.T) {
		l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Bounce: true}})
		l.deliver(append(l.direct(), "--from", "alice@example.net")...).because("wait", "bounced")
	})
}
