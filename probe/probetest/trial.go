package probetest

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"mailprobe/probe"
)

// promptly is how long a check may go on when it has been cancelled or its time
// is over. Nothing in a simulated network needs more.
const promptly = 100 * time.Millisecond

// trial is one run of a check under bad circumstances.
type trial struct {
	name     string
	of       *testCase
	sessions []session
	dns      string // what every look-up comes to, empty for addresses
	cancel   bool   // whether the context ends cancelAfter the start

	cancelAfter time.Duration

	mu      sync.Mutex
	stop    context.CancelFunc
	stopped time.Time
}

// run runs the trial as a subtest in simulated time.
func (tr *trial) run(t *testing.T, kind probe.Kind) {
	t.Helper()
	t.Run(tr.name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { tr.check(t, kind) })
	})
}

func (tr *trial) check(t *testing.T, kind probe.Kind) {
	before := goleak.IgnoreCurrent()
	network, err := tr.of.network()
	if err != nil {
		t.Fatal(err)
	}
	network.sessions, network.zone.every = tr.sessions, tr.dns
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr.stop = cancel
	if tr.cancel {
		tr.stopLater()
	}
	out, err := check(ctx, kind, network, tr.of.args)
	if err != nil {
		t.Fatalf("the arguments %q are refused: %v", tr.of.args, err)
	}
	tr.judge(t, kind, out)
	if _, unclosed := network.finish(); len(unclosed) > 0 {
		t.Errorf("left open: %v", unclosed)
	}
	synctest.Wait()
	cleanups := goleak.IgnoreTopFunction("runtime.runCleanups") // which the runtime starts when it wants to
	if err := goleak.Find(before, cleanups); err != nil {
		t.Errorf("goroutines are left: %v", err)
	}
}

// stopLater ends the context after a while.
func (tr *trial) stopLater() {
	stop := func() {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		tr.stopped = time.Now()
		tr.stop()
	}
	if tr.cancelAfter == 0 {
		stop()
		return
	}
	time.AfterFunc(tr.cancelAfter, stop)
}

// judge checks what came of it.
func (tr *trial) judge(t *testing.T, kind probe.Kind, out outcome) {
	t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if over := time.Since(tr.stopped); !tr.stopped.IsZero() && over > promptly {
		t.Errorf("it went on for %s after it was cancelled", over)
	}
	for _, r := range out.results {
		if err := blames(r); err != nil && !tr.stopped.IsZero() {
			t.Error(err)
		}
	}
	if out.late > promptly {
		t.Errorf("it went on for %s when its time was over", out.late)
	}
	verify(t, kind, out.results, tr.of.secrets)
}

// blames reports a result that makes the user's interruption the server's fault.
func blames(r *probe.Result) error {
	for _, s := range r.Steps {
		if (s.Status == probe.Critical || s.Status == probe.OK) && interruption.MatchString(s.Detail) {
			return fmt.Errorf("it was cancelled, and step %s is %s: %s", s.Name, s.Status, s.Detail)
		}
	}
	return nil
}

var interruption = regexp.MustCompile(`interrupted|cancell?ed`)
