package probe

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd counts who is there at once.
type crowd struct {
	mu        sync.Mutex
	now, most map[string]int
}

func (c *crowd) enter(names ...string) (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil {
		c.now, c.most = map[string]int{}, map[string]int{}
	}
	for _, n := range names {
		c.now[n]++
		c.most[n] = max(c.most[n], c.now[n])
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, n := range names {
			c.now[n]--
		}
	}
}

// TestLimit: the addresses of a target are sessions like others, and the time that
// one waits for its turn is not its own.
func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var there crowd
		s := &stub{check: func(_ context.Context, t Target, r *Result) error {
			defer there.enter("all", t.Host)()
			return r.Run("one", func(*Step) error { time.Sleep(time.Second); return nil })
		}}
		c := s.prepared(t, "--all-addresses", "--timeout", "1500ms", "--crit", "total=1200ms")
		c.Options.DNS = fakeDNS{addrs: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"}}
		c.Options.Limit = NewLimit(3, 2)
		begin := time.Now()
		var both sync.WaitGroup
		for _, host := range []string{"a", "b"} {
			both.Go(func() {
				for _, r := range c.Do(t.Context(), Target{Text: host, Host: host, Port: 25}) {
					if r.Status != OK || r.Elapsed != time.Second {
						t.Errorf("%s: %s after %s: %s", r.Target, r.Status, r.Elapsed, r.Summary)
					}
				}
			})
		}
		both.Wait()
		if there.most["all"] != 3 || there.most["a"] != 2 || there.most["b"] != 2 || time.Since(begin) > 6*time.Second {
			t.Errorf("at once there were %v, and it took %s", there.most, time.Since(begin))
		}
	})
}

// TestLimitAlone: what only one session may use is not used by two, whatever the limits, nor
// at two addresses.
func TestLimitAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var there crowd
		s := &stub{
			check: func(_ context.Context, t Target, r *Result) error {
				defer there.enter("all", t.User)()
				return r.Run("one", func(*Step) error { time.Sleep(time.Second); return nil })
			},
			alone: func(t Target) string { return t.User },
		}
		c := s.prepared(t, "--all-addresses", "--timeout", "1500ms")
		c.Options.DNS = fakeDNS{addrs: []string{"192.0.2.1", "192.0.2.2"}}
		c.Options.Limit = NewLimit(9, 0)
		var all sync.WaitGroup
		for _, user := range []string{"alice", "alice", "bob", ""} {
			all.Go(func() {
				for _, r := range c.Do(t.Context(), Target{Text: user, User: user, Host: "a", Port: 25}) {
					if r.Status != OK {
						t.Errorf("%s: %s: %s", r.Target, r.Status, r.Summary)
					}
				}
			})
		}
		all.Wait()
		if there.most["alice"] != 1 || there.most["bob"] != 1 || there.most[""] != 2 || there.most["all"] != 4 {
			t.Errorf("at once there were %v", there.most)
		}
	})
}

// TestLimitInterrupted: who waits for a turn that never comes is reported as such, and
// a target that had none at all has no results.
func TestLimitInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{check: func(ctx context.Context, _ Target, r *Result) error {
			return r.Run("one", func(*Step) error { <-ctx.Done(); return ctx.Err() })
		}}
		c := s.prepared(t, "--all-addresses")
		c.Options.DNS = fakeDNS{addrs: []string{"192.0.2.1", "192.0.2.2"}}
		c.Options.Limit = NewLimit(1, 1)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		results := c.Do(ctx, Target{Text: "a", Host: "a", Port: 25})
		if len(results) != 2 || results[0].Status != Unknown || results[1].Status != Unknown || results[1].Step("interrupted") == nil {
			t.Errorf("results %s", texts(results))
		}
		if results := c.Do(ctx, Target{Text: "a", Host: "a", Port: 25}); results != nil {
			t.Errorf("results %s", texts(results))
		}
	})
}

// TestPrepareEnds: what is read before the check has no more time than the check.
func TestPrepareEnds(t *testing.T) {
	s := &stub{}
	s.preparing = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	if _, err := s.parsed("--timeout", "20ms"); err == nil {
		t.Error("it did not end")
	}
}
