package suite

import (
	"context"
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
}

// schedule starts a scheduler. It is stopped by stop, or at the end of the test.
func schedule(t *testing.T, s *Suite, o ScheduleOptions) *scheduling {
	t.Helper()
	dir := t.TempDir()
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
	one := &scheduling{Scheduler: NewScheduler(o), store: o.Store}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := one.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	one.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		_ = o.Store.Close()
	})
	return one
}

// statuses are those that the history has of a check's results, the oldest first.
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

// TestScheduleDay: a thousand checks every minute for a day leave nothing behind in
// memory, are spread over the minute, and are all recorded.
func TestScheduleDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
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
		lags = slices.Clip(slices.Clone(lags))
		if now := heap(); now > memory+memory/4+1<<20 {
			t.Errorf("%d bytes after an hour, %d after a day", memory, now)
		}
		slices.Sort(lags)
		t.Logf("%d runs, lag %s at the 99th percentile, at most %s", len(lags), lags[len(lags)*99/100], lags[len(lags)-1])
	})
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
