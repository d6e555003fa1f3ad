package probe

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: sessions begin one after another, over all and with one host, and who gives up waits
// no more.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		all, host float64
		hosts     int
		want      time.Duration // until the last of 12 begins
	}{
		{0, 0, 1, 0}, {4, 0, 1, 2750 * time.Millisecond}, {4, 2, 1, 5500 * time.Millisecond}, {4, 2, 12, 2750 * time.Millisecond}, {0, 2, 3, 1500 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := NewLimit(100, 0)
			l.Pace(tt.all, tt.host)
			begin := time.Now()
			var all sync.WaitGroup
			for i := range 12 {
				all.Go(func() {
					leave, ok := l.Enter(t.Context(), fmt.Sprint("mx", i%tt.hosts), "")
					if !ok {
						t.Error("there was no room")
						return
					}
					leave()
				})
			}
			all.Wait()
			if got := time.Since(begin); got != tt.want {
				t.Errorf("%v sessions a second, %v a host, of %d hosts: the last begins after %s, want %s", tt.all, tt.host, tt.hosts, got, tt.want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		l := NewLimit(1, 0)
		l.Pace(0.001, 0)
		if leave, ok := l.Enter(t.Context(), "mx", ""); ok {
			leave()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, ok := l.Enter(ctx, "mx", ""); ok || l.Waiting() != 0 {
			t.Errorf("it began after its time; %d wait", l.Waiting())
		}
	})
}

// TestPaceForgets: hosts whose turn is over take no room for ever.
func TestPaceForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimit(1, 0)
		l.Pace(0, 1000)
		for i := range 12_000 {
			l.inPace(t.Context(), fmt.Sprint(i))
			time.Sleep(2 * time.Millisecond)
		}
		if n := len(l.pace.ofHost.next); n > 4096 {
			t.Errorf("%d hosts are remembered", n)
		}
	})
}

// TestPaceOfNames: sessions with one destination keep their distance, those with others do not wait,
// and a worker that does not know when the last was waits for one distance.
func TestPaceOfNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pace
		begin := time.Now()
		at := func(destination string, earliest time.Duration) time.Duration {
			if !p.Wait(t.Context(), destination, time.Second, begin.Add(earliest)) {
				t.Fatal("it did not wait")
			}
			return time.Since(begin)
		}
		for i, c := range []struct {
			destination    string
			earliest, want time.Duration
		}{
			{"a", 0, 0}, {"b", 0, 0}, {"a", 0, time.Second}, {"c", 0, time.Second}, {"a", 0, 2 * time.Second},
			{"d", 5 * time.Second, 5 * time.Second}, {"a", 0, 5 * time.Second},
		} {
			if got := at(c.destination, c.earliest); got != c.want {
				t.Errorf("session %d with %s began after %s, want %s", i, c.destination, got, c.want)
			}
		}
		for i := range 10_000 {
			p.Wait(t.Context(), fmt.Sprint(i), time.Second, time.Time{})
			time.Sleep(time.Millisecond)
		}
		if len(p.next) > 4000 {
			t.Errorf("it remembers %d destinations", len(p.next))
		}
	})
}
