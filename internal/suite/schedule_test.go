package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// scheduling is a scheduler that runs in the simulated time of a test.
type scheduling struct {
	*Scheduler
	store *history.Store
	stop  func()

	cancel context.CancelFunc
	done   chan struct{}

	mu   sync.Mutex
	sent []string // kinds of event and names of checks
}

// post sends what waits in the place of a process.
func (s *scheduling) post(ctx context.Context, _ time.Duration) (problems []string, err error) {
	pending, err := s.store.Pending(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range pending {
		claim, mine, err := s.store.Claim(ctx, n.ID, time.Minute)
		if err != nil || !mine {
			return nil, err
		}
		if err := errors.Join(s.store.HandOver(ctx, claim), s.store.Sent(ctx, claim)); err != nil {
			return nil, err
		}
		s.mu.Lock()
		s.sent = append(s.sent, n.Kind+" "+n.Name)
		s.mu.Unlock()
	}
	return nil, nil
}

// told is what was sent.
func (s *scheduling) told() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.sent, ", ")
}

// state is that of an item.
func (s *scheduling) item(t *testing.T, id string) Scheduled {
	t.Helper()
	for _, i := range s.Items() {
		if i.ID == id {
			return i
		}
	}
	t.Fatalf("there is no item %s", id)
	return Scheduled{}
}

// schedule starts a scheduler with a state directory of its own, and messages that arrive.
// It is stopped by stop.
func schedule(t *testing.T, s *Suite, o ScheduleOptions) *scheduling {
	t.Helper()
	return scheduleIn(t, t.TempDir(), s, o, true)
}

// scheduleIn is schedule with a state directory, where messages are sent if they are not to
// arrive by themselves.
func scheduleIn(t *testing.T, dir string, s *Suite, o ScheduleOptions, arrive bool) *scheduling {
	t.Helper()
	if o.Store == nil {
		with := s.History()
		with.Now = o.Now
		store, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), with)
		if err != nil {
			t.Fatal(err)
		}
		o.Store = store
	}
	if o.Runner.Jobs == 0 {
		o.Runner.Jobs, o.Runner.PerHost = 20, 4
	}
	o.Suite, o.Dir = s, dir
	one := &scheduling{store: o.Store}
	if arrive {
		o.Courier = one.post
	}
	one.Scheduler = NewScheduler(o)
	ctx, cancel := context.WithCancel(t.Context())
	one.cancel, one.done = cancel, make(chan struct{})
	go func() {
		defer close(one.done)
		if err := one.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	one.stop = sync.OnceFunc(func() {
		cancel()
		<-one.done
		_ = o.Store.Close()
	})
	return one
}

// runs is how many results the history has of a check.
func (s *scheduling) runs(t *testing.T, name string) (n int64) {
	t.Helper()
	days, err := s.store.Days(t.Context(), history.Filter{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for _, series := range days {
		for _, d := range series.Days {
			n += d.Total()
		}
	}
	return n
}

// simulated runs a test in simulated time, and waits for the checks that go on at its end.
func simulated(t *testing.T, test func(t *testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		test(t)
		time.Sleep(10 * time.Minute)
	})
}

// TestScheduleDay: a thousand checks every minute for a day leave nothing behind in
// memory, are spread over the minute, and are all recorded.
func TestScheduleDay(t *testing.T) {
	simulated(t, func(t *testing.T) {
		var file strings.Builder
		checks, every, hours := 50, "10m", 6
		if os.Getenv("MAILPROBE_NIGHTLY") != "" {
			checks, every, hours = 1000, "1m", 24
		}
		fmt.Fprintf(&file, "defaults: {every: %s}\nchecks:\n", every)
		for i := range checks {
			fmt.Fprintf(&file, "  - {name: c%d, kind: fake, target: \"h%d\"}\n", i, i%250)
		}
		f := reporting(func(string) probe.Status { time.Sleep(100 * time.Millisecond); return probe.OK })
		var mu sync.Mutex
		var lags []time.Duration
		s := schedule(t, f.parse(t, file.String()), ScheduleOptions{OnStart: func(lag time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			lags = append(lags, lag)
		}})
		defer s.stop()
		time.Sleep(time.Hour)
		goroutines, memory := runtime.NumGoroutine(), heap()
		time.Sleep(time.Duration(hours-1) * time.Hour)
		if n := runtime.NumGoroutine(); n > goroutines+20 {
			t.Errorf("%d goroutines after an hour, %d after a day", goroutines, n)
		}
		mu.Lock()
		lags = slices.Clip(slices.Clone(lags))
		seen := slices.Sorted(slices.Values(lags))
		mu.Unlock()
		if now := heap(); now > memory+memory/4+1<<20 {
			t.Errorf("%d bytes after an hour, %d after a day", memory, now)
		}
		t.Logf("%d runs, lag %s at the 99th percentile, at most %s", len(seen), seen[len(seen)*99/100], seen[len(seen)-1])
	})
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
