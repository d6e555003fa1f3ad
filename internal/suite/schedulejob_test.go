package suite

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// most counts how many go on at once.
type most struct{ now, max atomic.Int32 }

func (m *most) during(d time.Duration) {
	n := m.now.Add(1)
	m.max.Store(max(m.max.Load(), n))
	time.Sleep(d)
	m.now.Add(-1)
}

// TestOverlong: a run that lasts longer than its interval skips turns, and two never
// overlap, also where one is asked for.
func TestOverlong(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var m most
		f := reporting(func(string) probe.Status { m.during(150 * time.Second); return probe.OK })
		s := schedule(t, f.parse(t, "checks: [{name: a, kind: fake, target: a, every: 1m, timeout: 10m}]"), ScheduleOptions{})
		defer s.stop()
		for range 60 {
			time.Sleep(time.Minute)
			if err := s.RunNow("a"); err != nil {
				t.Fatal(err)
			}
		}
		if n := s.runs(t, "a"); m.max.Load() != 1 || n < 18 || n > 24 {
			t.Errorf("%d at once, %d runs in an hour", m.max.Load(), n)
		}
		if err := s.RunNow("b"); !errors.Is(err, ErrNoItem) {
			t.Error(err)
		}
	})
}

// TestScheduleLimits: the limits hold over all runs, and who waits is counted.
func TestScheduleLimits(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var m most
		f := reporting(func(string) probe.Status { m.during(10 * time.Second); return probe.OK })
		s := schedule(t, f.parse(t, "defaults: {every: 1m}\nchecks: [{name: a, kind: fake, targets: [\"h:1\", \"h:2\", \"h:3\", \"h:4\", \"h:5\"]}]"),
			ScheduleOptions{Runner: Runner{Jobs: 20, PerHost: 2}})
		defer s.stop()
		time.Sleep(5 * time.Second)
		if n := s.Stats(); n.Checks != 5 || n.Running != 5 || n.Queued != 3 {
			t.Errorf("%+v", n)
		}
		time.Sleep(10 * time.Minute)
		if m.max.Load() != 2 {
			t.Errorf("%d at once with one host", m.max.Load())
		}
	})
}

// TestScheduleDependency: a failure is news only once what it depends on has been looked
// at: of a server that goes down, one check is told.
func TestScheduleDependency(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var down, alone atomic.Bool
		f := reporting(func(host string) probe.Status {
			if down.Load() || alone.Load() && host == "top" {
				return probe.Critical
			}
			return probe.OK
		})
		s := schedule(t, f.parse(t, `
defaults: {alert_after: 1, every: 5m}
checks:
  - {name: top, kind: fake, target: top, depends_on: middle, every: 5m}
  - {name: middle, kind: fake, target: middle, depends_on: base}
  - {name: base, kind: fake, target: base}
notify: {command: x}
`), ScheduleOptions{})
		defer s.stop()
		time.Sleep(20 * time.Minute)
		down.Store(true)
		time.Sleep(20 * time.Minute)
		if got, want := s.told(), "failure base"; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		top := s.item(t, "top").Results[0]
		if top.Status != probe.Skipped || top.Summary != `middle is SKIPPED: base is CRITICAL: look: the server answered "452 full"` {
			t.Errorf("%s %s", top.Status, top.Summary)
		}
		down.Store(false)
		alone.Store(true)
		time.Sleep(20 * time.Minute)
		if got, want := s.told(), "failure base, recovery base, failure top"; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

// TestScheduleSilence: nobody hears of what is silenced while a server runs, until that ends
// by itself; what is wrong then is told, and its recovery. A recovery within is told, too.
func TestScheduleSilence(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var down atomic.Bool
		f := reporting(func(string) probe.Status {
			if down.Load() {
				return probe.Critical
			}
			return probe.OK
		})
		s := schedule(t, f.parse(t, `
defaults: {alert_after: 1, every: 5m}
checks:
  - {name: a, kind: fake, target: a, tags: [disk]}
  - {name: b, kind: fake, target: b}
notify: {command: x}
`), ScheduleOptions{})
		defer s.stop()
		tells := func(want string) {
			t.Helper()
			time.Sleep(20 * time.Minute)
			if got := s.told(); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		silence := func(word string, length time.Duration) {
			t.Helper()
			if _, err := s.Suite().Silence(t.Context(), s.store, NewSilence{word, length, "alice", "new disk"}, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		tells("")
		silence("disk", 30*time.Minute)
		down.Store(true)
		tells("failure b")
		if s.item(t, "a").State.Silenced == nil || s.item(t, "a").Results[0].Silenced == nil || s.item(t, "b").State.Silenced != nil {
			t.Error("the states do not say what is silenced")
		}
		tells("failure b, failure a")
		silence("a", time.Hour)
		down.Store(false)
		time.Sleep(20 * time.Minute)
		if got := s.told(); !strings.Contains(got, "recovery a") || !strings.Contains(got, "recovery b") {
			t.Errorf("told %q", got)
		}
	})
}

// TestReload: items of the same name keep their turn and their state, a run that goes on
// ends as it is, and what is no longer in the file ends.
func TestReload(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := reporting(func(string) probe.Status { time.Sleep(10 * time.Second); return probe.OK })
		s := schedule(t, f.parse(t, "defaults: {every: 1h}\nchecks: [{name: a, kind: fake, target: a}, {name: b, kind: fake, target: b}]"), ScheduleOptions{})
		defer s.stop()
		time.Sleep(5 * time.Second) // both run
		a := s.item(t, "a")
		if a.Started.IsZero() || a.Next.IsZero() {
			t.Fatalf("%+v", a)
		}
		changes, cancel := s.Subscribe()
		defer cancel()
		s.Replace(f.parse(t, "defaults: {every: 1h}\nchecks: [{name: c, kind: fake, target: c}, {name: a, kind: fake, target: a2}]"))
		if change := <-changes; !change.Reloaded {
			t.Errorf("%+v", change)
		}
		time.Sleep(time.Minute)
		items := s.Items()
		if len(items) != 2 || items[0].ID != "c" || items[0].State.LastRun.IsZero() || items[1].State.LastRun.IsZero() || !items[1].Next.Equal(a.Next) {
			t.Errorf("%+v", items)
		}
		if got := items[1].Results[0].Target; got != "a" {
			t.Errorf("the run that went on is of %s", got)
		}
		time.Sleep(3 * time.Hour)
		if n := s.runs(t, "b"); n > 0 || len(s.jobs) != 2 {
			t.Errorf("%d runs of what was removed, %d jobs", n, len(s.jobs))
		}
		if got := s.item(t, "a").Results[0].Target; got != "a2" {
			t.Errorf("%s is checked", got)
		}
	})
}

// TestStopInTheMiddle: what has ended is kept, what is interrupted is not recorded.
func TestStopInTheMiddle(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := &fake{check: func(ctx context.Context, host string, r *probe.Result) error {
			return r.Run("look", func(*probe.Step) error {
				if host == "slow" {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			})
		}}
		suite := f.parse(t, "checks: [{name: quick, kind: fake, target: quick}, {name: slow, kind: fake, target: slow}]")
		store := openHistory(t, nil)
		s := schedule(t, suite, ScheduleOptions{Store: store})
		time.Sleep(500 * time.Millisecond)
		begin := time.Now()
		s.cancel()
		<-s.done
		states, err := store.States(t.Context())
		if err != nil || len(states) != 1 || states["quick"].LastStatus != probe.OK || time.Since(begin) > time.Second {
			t.Errorf("%v, %v, after %s", states, err, time.Since(begin))
		}
		_ = store.Close()
	})
}

// TestScheduleContains: a check that panics, that cannot be prepared, or hangs is an outcome,
// and the others go on. What failed to be prepared is prepared anew.
func TestScheduleContains(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var broken atomic.Int32
		hold := make(chan struct{})
		defer close(hold)
		f := &fake{
			check: func(_ context.Context, host string, r *probe.Result) error {
				if host == "panic" {
					panic("out of cheese")
				}
				if host == "hang" {
					<-hold
				}
				return r.Run("look", func(*probe.Step) error { return nil })
			},
			prepare: func() error {
				switch broken.Add(1) {
				case 1:
					panic("out of order")
				case 2:
					return errors.New("no password today")
				}
				return nil
			},
		}
		s := schedule(t, f.parse(t, "defaults: {every: 1m, timeout: 2s}\nchecks: [{name: a, kind: fake, targets: [panic, hang, good]}]"), ScheduleOptions{})
		defer s.stop()
		time.Sleep(10 * time.Minute)
		want := map[string]probe.Status{"a panic": probe.Unknown, "a hang": probe.Unknown, "a good": probe.OK}
		for _, i := range s.Items() {
			if r := i.Results[0]; r.Status != want[i.ID] || r.Cause != nil && r.Cause.Name != probe.CauseInternal.Name {
				t.Errorf("%s: %s %s", i.ID, r.Status, r.Summary)
			}
		}
	})
}

// TestPreparedAnew: what is prepared serves those that run at the same time, and no longer.
func TestPreparedAnew(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var prepared atomic.Int32
		f := reporting(func(string) probe.Status { time.Sleep(time.Second); return probe.OK })
		f.prepare = func() error { prepared.Add(1); return nil }
		s := schedule(t, f.parse(t, "checks: [{name: a, kind: fake, target: a, every: 1h}]"), ScheduleOptions{})
		defer s.stop()
		time.Sleep(10 * time.Hour)
		if n := prepared.Load(); n < 9 || n > 12 {
			t.Errorf("prepared %d times in ten hours", n)
		}
	})
}

// TestClockJumps: checks go on after the clock was set forward and back.
func TestClockJumps(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var ahead atomic.Int64
		var mu sync.Mutex
		var warnings []error
		f := reporting(func(string) probe.Status { return probe.OK })
		s := schedule(t, f.parse(t, "checks: [{name: a, kind: fake, target: a, every: 1h}]"), ScheduleOptions{
			Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
			Warn: func(err error) {
				mu.Lock()
				defer mu.Unlock()
				warnings = append(warnings, err)
			},
		})
		defer s.stop()
		for _, jump := range []time.Duration{0, 24 * time.Hour, -48 * time.Hour, 24 * time.Hour} {
			ahead.Add(int64(jump))
			before := s.item(t, "a").State.LastRun
			time.Sleep(2 * time.Minute)
			now := s.item(t, "a")
			if now.State.LastRun.Equal(before) || now.Next.Sub(s.now()) > 90*time.Minute {
				t.Errorf("after a jump of %s: last run %s, next %s, now %s", jump, now.State.LastRun, now.Next, s.now())
			}
		}
		if len(warnings) != 1 {
			t.Errorf("%v", warnings)
		}
	})
}

// TestSubscribe: a change is told when it can be read, and who does not keep up is let go.
func TestSubscribe(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := reporting(func(string) probe.Status { return probe.OK })
		s := schedule(t, f.parse(t, "checks: [{name: a, kind: fake, target: a, every: 1m}]"), ScheduleOptions{})
		defer s.stop()
		quick, cancel := s.Subscribe()
		slow, _ := s.Subscribe()
		if change := <-quick; change.ID != "a" || !change.Running || change.Outcome != nil {
			t.Errorf("%+v", change)
		}
		if change := <-quick; change.Outcome == nil || s.item(t, "a").Results[0] != change.Outcome.Results[0] || s.item(t, "a").State.LastStatus != probe.OK {
			t.Errorf("%+v", change)
		}
		cancel()
		time.Sleep(2 * time.Minute * maxBehind) // each run is two changes
		n := 0
		for range slow {
			n++
		}
		if _, open := <-quick; open || n != maxBehind {
			t.Errorf("open %t, %d changes", open, n)
		}
	})
}

// TestRestart: what is known is there again, and a failure is told once.
func TestRestart(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := flip(map[string]bool{"a": true})
		text := "checks: [{name: a, kind: fake, target: a, every: 1m}]\nnotify: {command: x}"
		store := openHistory(t, nil)
		var told string
		for range 3 {
			s := schedule(t, f.parse(t, text), ScheduleOptions{Store: store})
			time.Sleep(time.Millisecond)
			if i := s.item(t, "a"); told != "" && (len(i.Results) != 1 || i.State.Status != probe.Critical) {
				t.Errorf("%+v", i)
			}
			time.Sleep(5 * time.Minute)
			s.cancel()
			<-s.done
			told += s.told() + ";"
		}
		incidents, err := store.Incidents(t.Context(), history.Filter{})
		if told != "failure a;;;" || err != nil || len(incidents) != 1 {
			t.Errorf("told %q, %d incidents, %v", told, len(incidents), err)
		}
		_ = store.Close()
	})
}
