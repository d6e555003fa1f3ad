package agent

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestClock: the offset is that of the answer with the shortest way, and follows a clock that
// is set.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skew := 90 * time.Second // what the clock of the machine lacks
		var set time.Duration    // by how much it was set meanwhile
		c := clock{now: func() time.Time { return shifted(time.Now(), set-skew) }}
		if _, ok := c.offset(); ok {
			t.Error("there is an offset before the first answer")
		}
		ask := func(there, back time.Duration) {
			asked := c.now()
			time.Sleep(there)
			centre := time.Now().Round(0)
			time.Sleep(back)
			c.learn(asked, c.now(), centre)
		}
		near := func(want, by time.Duration) {
			t.Helper()
			if got, ok := c.offset(); !ok || (got-want).Abs() > by {
				t.Errorf("the offset is %s, %t; want %s to %s", got, ok, want, by)
			}
		}
		ask(10*time.Millisecond, 10*time.Millisecond)
		near(skew, 0)
		ask(time.Millisecond, 900*time.Millisecond) // a queue on the way back
		near(skew, time.Millisecond)
		for range 20 {
			ask(20*time.Millisecond, 30*time.Millisecond)
			time.Sleep(15 * time.Second)
		}
		near(skew, 5*time.Millisecond)
		if c.forget() {
			t.Error("it is forgotten though nothing has happened")
		}
	})
}

// shifted returns a time whose clock shows another time, and whose monotonic part stays.
func shifted(t time.Time, by time.Duration) time.Time { return t.Add(by) }

// TestClockAsleep: what was learned is dropped once the clock has moved on without the monotonic
// one.
func TestClockAsleep(t *testing.T) {
	now := time.Now()
	c := clock{now: func() time.Time { return now }}
	c.learn(now, now.Add(time.Millisecond), now)
	now = now.Add(time.Hour)
	if c.forget() {
		t.Error("it is forgotten after an hour awake")
	}
	now = now.Round(0).Add(time.Hour) // without the monotonic clock: an hour on the one alone
	if _, ok := c.offset(); !ok {
		t.Error("there is no offset")
	}
}

func TestClockAbility(t *testing.T) {
	for offset, want := range map[time.Duration]struct {
		able bool
		says string
	}{
		20 * time.Millisecond: {true, "the clock is right to 20.0 ms"},
		-90 * time.Second:     {false, "the clock is 90.0 s ahead of that of the centre"},
		2 * time.Hour:         {false, "the clock is 7200 s behind that of the centre"},
	} {
		if got := clockAbility(offset); *got.Able != want.able || got.Detail != want.says {
			t.Errorf("%s: %t, %q", offset, *got.Able, got.Detail)
		}
	}
}
