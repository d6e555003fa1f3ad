package delivery_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// A message that does not come in time is told of with all that is known, and found
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
	o.is(probe.Unknown).says("wait", "interrupted: the next run for this mailbox looks for the message first")
	l.records(1)
	l.faults(mailtest.Faults{})
	must(t, l.two.Flush(context.Background()))
	l.deliver().is(probe.Warning).fact("late", "1")
	l.holds(0)
}
