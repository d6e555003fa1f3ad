package bulk

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"mailprobe/internal/fleet/natstest"
)

// TestKills: whatever is killed, of the run's output after the last death each target is in it
// once. The kills come after numbers of results, not after times.
func TestKills(t *testing.T) {
	t.Parallel()
	s, _ := started(t, quick)
	workers := []*process{start(t, "worker", s.URL, "w0"), start(t, "worker", s.URL, "w1")}
	const count, kills = 40_000, 50
	collector := start(t, "collect", s.URL, "killed", fmt.Sprint(count), "false")
	for kill := range kills {
		for range rand.N(count / kills) {
			if _, ok := <-collector.lines; !ok {
				break // it has ended before the kill
			}
		}
		switch i := kill % 4; i {
		case 0, 1:
			workers[i].kill()
			workers[i] = start(t, "worker", s.URL, fmt.Sprint("w", i))
		case 2:
			s.Kill()
			s.Restart()
		case 3:
			collector.kill()
			collector = start(t, "collect", s.URL, "killed", fmt.Sprint(count), "true")
		}
	}
	collector.kill()
	collector = start(t, "collect", s.URL, "killed", fmt.Sprint(count), "true")
	onceEach(t, collector, count)
}

// onceEach reads the output of a collector to its end.
func onceEach(t *testing.T, collector *process, count int) {
	t.Helper()
	seen := times{}
	for line := range collector.lines {
		i, err := strconv.Atoi(line)
		if err != nil {
			t.Fatal(err)
		}
		seen[i]++
	}
	seen.each(t, count)
}

// TestCluster: a server of three is killed during a run with copies on all three, and comes
// back; each target has one outcome.
func TestCluster(t *testing.T) {
	t.Parallel()
	all := natstest.Cluster(t, natstest.Options{}, natstest.Options{}, natstest.Options{})
	js := connected(t, natstest.URLs(all))
	if err := Setup(t.Context(), js, Limits{Replicas: 3, AckWait: quick.AckWait}); err != nil {
		t.Fatal(err)
	}
	work(t, worker(connected(t, natstest.URLs(all)), "w0"), worker(connected(t, natstest.URLs(all)), "w1"))
	count, killed := 100_000, make(chan struct{})
	seen := times{}
	r := testRun(js, "cluster", func(o Outcome) error {
		if len(seen) == count/4 {
			go func() {
				all[0].Kill()
				time.Sleep(time.Second) // away for a while
				all[0].Restart()
				close(killed)
			}()
		}
		return seen.emit(o)
	})
	tally, err := r.Do(t.Context(), numbered(count))
	if err != nil {
		t.Fatalf("%+v, %v", tally, err)
	}
	seen.each(t, count)
	t.Logf("%+v", tally)
	<-killed
}
