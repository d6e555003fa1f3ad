package delivery_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// One run sends, and a later one judges what came of it, once.
func TestHalves(t *testing.T) {
	for _, fetch := range []mailtest.Service{mailtest.POP3S, mailtest.IMAPS} {
		t.Run(string(fetch), func(t *testing.T) {
			l := newLab(t, mailtest.Config{})
			l.put(1)
			way := []string{"--fetch", l.two.URL(fetch, "alice"), "--timeout", "30s"}
			o := l.deliver(append(way, "--send-only")...).is(probe.OK, "sent to ").fact("queue_id").fact("token")
			if o.Step("wait") != nil || o.Step("judge") != nil {
				t.Error("it waits")
			}
			l.records(1)
			l.awaits(2)
			o = l.deliver(append(way, "--judge")...).is(probe.OK, "delivered in ", "body unchanged").fact("judged", "1").fact("under_way", "0").fact("delivered").fact("hops", "2").fact("body", "unchanged")
			if o.Step("submit") != nil {
				t.Error("it sends")
			}
			keepsPrivate(t, o)
			l.holds(1)
			l.records(0)
			l.deliver(append(way, "--judge")...).is(probe.Unknown, "judge: there is no message of an earlier run to judge").because("judge", "none-sent")
		})
	}
}

// Both halves have the options of the whole: a threshold on what the other half learns is
// not missed, and one on what this half can learn is.
func TestHalvesHaveTheSameThresholds(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	same := []string{"--warn", "delivered=1h", "--crit", "hops=9", "--warn", "via_cert_days_left=1:", "--warn", "missing=0", "--timeout", "30s"}
	l.deliver(append(same, "--send-only")...).is(probe.OK, "sent to ")
	l.awaits(1)
	l.deliver(append(same, "--judge")...).is(probe.OK, "delivered in ")
	l.deliver("--send-only", "--warn", "fetch_login_delay=1:").is(probe.Unknown, `no fact "fetch_login_delay" was learned`)
}

// awaits waits until alice has so many messages.
func (l *lab) awaits(want int) {
	l.t.Helper()
	for range 1000 {
		if len(l.two.Messages("alice")) == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	l.holds(want)
}

// shift makes the only record one of a run some time ago.
func (l *lab) shift(ago time.Duration) {
	l.t.Helper()
	l.change(func(r map[string]any) {
		r["sent"] = time.Now().Add(-ago)
		if r["accepted"] != nil {
			r["accepted"] = time.Now().Add(-ago)
		}
		delete(r, "looked")
	})
}

// A message has the time of --timeout; after that its run is Critical, once, and what comes
// then is late.
func TestOverdue(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Hold: true}})
	judge := []string{"--judge", "--timeout", "30s"}
	l.deliver("--send-only").is(probe.OK)
	l.deliver(judge...).is(probe.Unknown, "judge: 1 message under way, for which there is time yet").because("judge", "still-under-way").fact("under_way", "1")
	l.records(1)
	l.shift(time.Minute)
	o := l.deliver(judge...).is(probe.Critical, "was not in the mailbox ", "queued as ", "more than the 30").because("judge", "not-arrived").fact("missing", "1")
	o.hints("judge", "look there in its log and queue for ")
	l.deliver(judge...).is(probe.Unknown).because("judge", "none-sent").fact("missing", "1").says("judge", "1 message of earlier runs still missing")
	l.faults(mailtest.Faults{})
	must(t, l.two.Flush(context.Background()))
	l.deliver(judge...).names("judge", "arrived-late").fact("late", "1")
	l.holds(0)
	l.records(0)
}

// A message that took too long is late, whenever it is looked at.
func TestJudgedLate(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.deliver("--send-only").is(probe.OK)
	l.awaits(1)
	l.shift(time.Minute)
	l.deliver("--judge", "--timeout", "30s", "--crit", "delivered=2h").is(probe.Warning, "judge: the message of ", "more than the 30").because("judge", "arrived-late").fact("judged", "1")
	l.holds(0)
}

// A run that was killed after it had found and deleted a message leaves its verdict.
func TestKilledWhileJudging(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Lose: true}})
	l.deliver("--send-only").is(probe.OK)
	l.shift(time.Hour)
	l.change(func(r map[string]any) {
		r["seen"], r["found"], r["copies"] = true, time.Now().Add(-30*time.Minute), 1
		r["stamp"] = time.Now().Add(-time.Hour + 7*time.Second)
	})
	l.deliver("--judge", "--timeout", "30s").is(probe.OK, "delivered in 7").fact("missing", "0")
	l.records(0)
}

// Of a run that was killed before the server's answer it is not known whether it sent.
func TestKilledWhileSending(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Lose: true}})
	l.deliver("--send-only").is(probe.OK)
	l.change(func(r map[string]any) { delete(r, "accepted"); r["sent"] = time.Now().Add(-time.Hour) })
	l.deliver("--judge", "--timeout", "30s").is(probe.Unknown, "judge: the run of ").because("judge", "interrupted")
}

// A message that comes back instead is Critical with the words of the server.
func TestJudgedBounce(t *testing.T) {
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Bounce: true}})
	way := append(l.direct(), "--from", "alice@example.net")
	l.deliver(append(way, "--send-only")...).is(probe.OK)
	l.awaits(1)
	l.deliver(append(way, "--judge")...).is(probe.Critical, "came back: mx2.example.net could not deliver it").because("judge", "bounced")
	l.holds(0)
	l.records(0)
}

// What cannot be deleted is judged once all the same, and deleted by the next run.
func TestJudgedAndNotDeleted(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.deliver("--send-only").is(probe.OK)
	l.awaits(1)
	l.faults(mailtest.Faults{KeepDeleted: true})
	l.deliver("--judge").is(probe.Warning, "judge: what arrived may still be in the mailbox").fact("judged", "1").fact("body", "unchanged")
	l.faults(mailtest.Faults{})
	l.deliver("--judge").is(probe.Unknown).because("judge", "none-sent").says("judge", "could not be deleted then, is gone now")
	l.holds(0)
	l.records(0)
}

// A run that does all by itself leaves what another is to judge alone.
func TestWholeRunBetweenHalves(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	l.deliver("--send-only").is(probe.OK)
	l.awaits(1)
	l.deliver().is(probe.OK, "delivered in ")
	l.holds(1)
	l.deliver("--judge", "--timeout", "1m").is(probe.OK).fact("judged", "1")
	l.holds(0)
}

// A run that is due again before its message has had its time judges those before it, and
// sends.
func TestInTurns(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	inTurn := func() outcome {
		t.Helper()
		check := parsed(t, l.args("--timeout", "1m"))
		check.Options.Interval = 30 * time.Second
		must(t, check.Prepare(t.Context()))
		target, _ := check.Target()
		return outcome{t, check.Do(t.Context(), target)[0]}
	}
	inTurn().is(probe.OK, "sent to ").fact("judged", "0").fact("queue_id")
	l.awaits(1)
	inTurn().is(probe.OK, "delivered in ", "sent to ").fact("judged", "1").fact("body", "unchanged")
	l.awaits(1)
	l.faults(mailtest.Faults{Hold: true})
	inTurn().is(probe.OK).fact("judged", "1")
	inTurn().is(probe.OK, "1 message under way").fact("judged", "0").fact("under_way", "1")
	l.records(2)
}

// Both halves at once are an error.
func TestHalvesTogether(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	if err := prepare(t, l.args("--send-only", "--judge")); err == nil || !strings.Contains(err.Error(), "--send-only and --judge exclude each other") {
		t.Error(err)
	}
}
