package centre

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/natstest"
)

// TestCluster: with three servers every stream is on all of them, and each may be killed.
func TestCluster(t *testing.T) {
	t.Parallel()
	s := &stage{t: t, state: t.TempDir(), checks: newChecks()}
	config, err := Config(s.state)
	if err != nil {
		t.Fatal(err)
	}
	all := natstest.Cluster(t, natstest.Options{Config: config}, natstest.Options{Config: config}, natstest.Options{Config: config})
	s.nats, s.url = all[0], natstest.URLs(all)
	s.open()
	for _, name := range []string{fleet.ResultStream, fleet.JobStream, fleet.BulkStream} {
		stream, err := s.centre.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if n := stream.CachedInfo().Config.Replicas; n != 3 {
			t.Errorf("%s is on %d servers", name, n)
		}
	}
	a := s.join("fra")
	sent := make(chan int)
	go func() { sent <- a.sendAll(t.Context(), 60) }()
	for i, n := range all {
		until(t, "some are delivered", func() bool { return s.checks.total() > 15*i })
		n.Kill()
		n.Restart()
	}
	if n := <-sent; n != 60 {
		t.Errorf("%d are sent", n)
	}
	until(t, "all are delivered", func() bool { return s.checks.total() == 60 })
}

// TestLife: a connection to a server of its own ends with its permissions, and is made again;
// nothing is lost by that, and a place that was revoked does not come back.
func TestLife(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.life = 2 * time.Second
	s.open()
	a := s.join("fra")
	sent, n := 0, 20
	for i := range n {
		b := batch(fmt.Sprint(i), "mx", fmt.Sprint(i, ".example.org"))
		for a.send(briefly(t), "fra", b) != nil {
			time.Sleep(20 * time.Millisecond) // it is connected again
		}
		sent++
		time.Sleep(200 * time.Millisecond)
	}
	if a.conn.Stats().Reconnects == 0 {
		t.Error("it was connected all the time")
	}
	until(t, "all are delivered", func() bool { return s.checks.total() == sent })
	a.mu.Lock()
	if err := errors.Join(a.errs...); err != nil {
		t.Errorf("the agent is told %q", err)
	}
	a.mu.Unlock()
	if err := s.centre.register.Revoke("fra", time.Now()); err != nil {
		t.Fatal(err)
	}
	until(t, "the connection ends and is not made again", func() bool { return !a.conn.IsConnected() && len(s.told(errRevoked.Error())) > 0 })
}
