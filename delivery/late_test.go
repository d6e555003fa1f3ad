package delivery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// A message that does not come in time is reported with all that is known, and found
// by the next run.
func TestLate(t *testing.T) {
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		t.Run(string(fetch), func(t *testing.T) {
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
			l.put(1)
			way := []string{"--fetch", l.two.URL(fetch, "alice")}
			o := l.deliver(append(way, "--timeout", "1s")...).is(probe.Critical, "wait: the message was not in the mailbox", "2.0.0 Ok: queued as ")
			if id, _ := o.Fact("queue_id"); !strings.Contains(o.Step("wait").Hint, id.Text) {
				t.Errorf("the hint does not name the queue id: %s", o.Step("wait").Hint)
			}
			l.records(1)
			l.deliver(append(way, "--timeout", "1s")...).says("late", "1 message of earlier runs still missing").fact("missing", "1")
			l.records(2)
			l.faults(mailtest.Faults{})
			must(t, l.two.Flush(context.Background()))
			before := l.two.Messages("alice")[:1]
			l.put(2)
			o = l.deliver(way...).is(probe.Warning, "late: a message of ").fact("late", "2").fact("missing", "0").fact("body", "unchanged")
			if got := l.two.Messages("alice"); len(got) != 2 || got[0].UID != before[0].UID {
				t.Errorf("there are %d messages", len(got))
			}
			keepsPrivate(t, o)
			l.records(0)
		})
	}
}

// A message that is lost is looked for again, without a verdict of its own.
func TestLost(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Lose: true}})
	l.deliver("--timeout", "1s").is(probe.Critical)
	l.faults(mailtest.Faults{})
	l.deliver().is(probe.OK).fact("missing", "1")
	l.records(1)
}

// How long the oldest message has been missing has thresholds, which hold when none is.
func TestOldestMissing(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Lose: true}})
	threshold := []string{"--warn", "oldest_missing=30m", "--crit", "oldest_missing=2h"}
	l.deliver(append(threshold, "--timeout", "1s")...).is(probe.Critical).fact("missing", "0").fact("oldest_missing", "0 s")
	l.change(func(r map[string]any) { r["sent"] = time.Now().Add(-time.Hour) })
	l.faults(mailtest.Faults{})
	l.deliver(threshold...).is(probe.Warning, "late: oldest_missing ").fact("missing", "1")
	l.change(func(r map[string]any) { r["sent"] = time.Now().Add(-time.Minute) })
	l.deliver(threshold...).is(probe.OK)
}

// The record of a run that crashed is left alone for as long as the run may still
// be at work.
func TestCrash(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	l.deliver("--timeout", "1s").is(probe.Critical)
	l.faults(mailtest.Faults{})
	must(t, l.two.Flush(context.Background()))
	l.change(func(r map[string]any) { r["until"] = time.Now().Add(time.Minute) })
	if o := l.deliver().is(probe.OK); o.Step("late") != nil {
		t.Error("the message of a run at work was looked for")
	}
	l.holds(1)
	l.change(func(r map[string]any) { r["until"] = time.Now().Add(-time.Second) })
	l.deliver().is(probe.Warning, "late: ")
	l.holds(0)
	l.records(0)
}

// change changes the only record.
func (l *lab) change(do func(map[string]any)) {
	l.t.Helper()
	names, err := filepath.Glob(filepath.Join(l.state, "deliver", "*.json"))
	must(l.t, err)
	if len(names) != 1 {
		l.t.Fatalf("there are the records %q", names)
	}
	text, err := os.ReadFile(names[0])
	must(l.t, err)
	var r map[string]any
	must(l.t, json.Unmarshal(text, &r))
	do(r)
	text, err = json.Marshal(r)
	must(l.t, err)
	must(l.t, os.WriteFile(names[0], text, 0o600))
}

func TestInterrupted(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(500*time.Millisecond, cancel)
	o := outcome{t, doIn(ctx, t, l.args("--timeout", "20s"))}
	o.is(probe.Unknown).says("wait", "interrupted before the message arrived; the next run for this mailbox looks for it first")
	l.records(1)
	l.faults(mailtest.Faults{})
	must(t, l.two.Flush(context.Background()))
	l.deliver().is(probe.Warning).fact("late", "1")
	l.holds(0)
}

// Without TOP a header costs a session, without UIDL a message has another name in
// each: what is late is found all the same.
func TestLateWithoutTOP(t *testing.T) {
	for _, without := range [][]string{{"TOP"}, {"TOP", "UIDL"}, {"TOP", "CAPA"}} {
		t.Run(strings.Join(without, " "), func(t *testing.T) {
			l := newLab(t, mailtest.Config{Without: without, Faults: mailtest.Faults{Hold: true}})
			l.put(1)
			l.deliver("--timeout", "1s").is(probe.Critical)
			l.deliver("--timeout", "1s").is(probe.Critical)
			l.faults(mailtest.Faults{})
			must(t, l.two.Flush(context.Background()))
			l.deliver().is(probe.Warning, "late: ").fact("late", "2").fact("body", "unchanged")
			l.holds(1)
			l.records(0)
		})
	}
}

// recorder keeps the last message that came, as it came.
type recorder struct {
	mu   sync.Mutex
	last []byte
}

func (r *recorder) see(message []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = message
	return message
}

// A second copy that comes when the first is gone is found by the next run, with
// the same proof.
func TestSecondCopy(t *testing.T) {
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		t.Run(string(fetch), func(t *testing.T) {
			var seen recorder
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Alter: seen.see}})
			way := []string{"--fetch", l.two.URL(fetch, "alice")}
			l.put(1)
			l.deliver(way...).is(probe.OK)
			must(t, l.two.Deliver("alice", seen.last))
			must(t, l.two.Deliver("alice", bytes.Replace(seen.last, []byte("hmac="), []byte("hmac=0"), 1)))
			l.put(2)
			o := l.deliver(way...).is(probe.Warning, "late: a second copy of the message of ").fact("late_copies", "1").fact("body", "unchanged")
			if o.Step("late").Hint == "" {
				t.Error("there is no hint")
			}
			keepsPrivate(t, o)
			l.holds(3)
			if o := l.deliver(way...).is(probe.OK); o.Step("late") != nil {
				t.Errorf("nothing came, and yet %q", o.Step("late").Detail)
			}
			l.put(3)
			o = l.deliver(way...).is(probe.OK).says("late", "1 message came since the last run, none of mailprobe's")
			keepsPrivate(t, o)
			l.holds(4)
		})
	}
}

// What has the proof and is of no run that is known to be over may be of one that
// is at work, and is left alone.
func TestCopyOfAnUnknownRun(t *testing.T) {
	var seen recorder
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Alter: seen.see}})
	l.deliver().is(probe.OK)
	first := seen.last
	names, err := filepath.Glob(filepath.Join(l.state, "deliver", "*.past"))
	must(t, err)
	if len(names) != 1 {
		t.Fatalf("there are %q", names)
	}
	must(t, os.Remove(names[0]))
	l.deliver().is(probe.OK)
	must(t, l.two.Deliver("alice", first))
	l.deliver().is(probe.OK)
	l.holds(1)
}

// Both copies of a message that came late go.
func TestLateTwice(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	l.put(1)
	l.deliver("--timeout", "1s").is(probe.Critical)
	l.faults(mailtest.Faults{Duplicate: true})
	must(t, l.two.Flush(context.Background()))
	l.faults(mailtest.Faults{})
	l.deliver().is(probe.Warning, "late: ").says("late", "it came 2 times").fact("late", "1")
	l.holds(1)
	l.records(0)
}

// A message that comes back when its run is over is reported with the words of the
// server that refused it.
func TestLateBounce(t *testing.T) {
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		t.Run(string(fetch), func(t *testing.T) {
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
			way := append(l.direct(), "--from", "alice@example.net", "--fetch", l.two.URL(fetch, "alice"))
			l.put(1)
			l.deliver(append(way, "--timeout", "1s")...).is(probe.Critical)
			l.faults(mailtest.Faults{Bounce: true})
			must(t, l.two.Flush(context.Background()))
			l.faults(mailtest.Faults{})
			o := l.deliver(way...).is(probe.Warning, "late: a message of ", `came back: mx2.example.net could not deliver it to alice@example.net: "Mailbox disabled`)
			o.fact("late", "1").fact("missing", "0")
			keepsPrivate(t, o)
			l.holds(1)
			l.records(0)
		})
	}
}

// What has the token of a message that is looked for, and not its proof, is neither
// taken for it nor removed.
func TestLateForged(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Lose: true}})
	o := l.deliver("--timeout", "1s").is(probe.Critical)
	token, _ := o.Fact("token")
	l.faults(mailtest.Faults{})
	forged := "Message-ID: <mailprobe." + token.Text + "@example.org>\r\nX-Mailprobe-Run: run=" + token.Text +
		"; time=" + time.Now().UTC().Format("2006-01-02T15:04:05.000Z") + "; hmac=" + strings.Repeat("0", 64) + "\r\n\r\n"
	must(t, l.two.Deliver("alice", []byte(forged)))
	l.deliver().is(probe.OK).fact("late", "0").fact("missing", "1")
	l.holds(1)
	l.records(1)
}
