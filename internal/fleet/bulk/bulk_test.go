package bulk

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/probe"
)

// TestRun: every target has one outcome, over two workers, and a second run of the same
// name is refused.
func TestRun(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick)
	work(t, worker(js, "fra"), worker(js, "nyc"))
	count, places := times{}, map[string]int{}
	r := testRun(js, "one", func(o Outcome) error { places[o.Place]++; return count.emit(o) })
	tally, err := r.Do(t.Context(), numbered(3050))
	if err != nil || tally.Done != 3050 || tally.Targets != 3050 || tally.Refused != 0 {
		t.Fatalf("%+v, %v", tally, err)
	}
	count.each(t, 3050)
	t.Log(places)
	if _, err := testRun(js, "one", count.emit).Do(t.Context(), numbered(1)); err == nil {
		t.Error("a run of the same name was begun")
	}
	again := times{}
	r = testRun(js, "one", again.emit)
	r.Resume = true
	if tally, err := r.Do(t.Context(), numbered(3060)); err != nil || tally.Done != 3060 {
		t.Fatalf("resumed: %+v, %v", tally, err)
	}
	again.each(t, 3060)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r = testRun(js, "one", func(Outcome) error { return nil })
	r.Resume = true
	if _, err := r.Do(ctx, numbered(10)); err == nil || !strings.Contains(err.Error(), "the list has 10") {
		t.Errorf("resumed with fewer targets: %v", err)
	}
	r = testRun(js, "one", func(Outcome) error { return nil })
	r.Resume = true
	if _, err := r.Do(ctx, named("other.example")); err == nil || !strings.Contains(err.Error(), "another than when") {
		t.Errorf("resumed with other targets: %v", err)
	}
}

// TestPlace: the one worker of a place does several of its jobs at a time, and each target has
// one outcome.
func TestPlace(t *testing.T) {
	t.Parallel()
	_, js := started(t, quick, "fra")
	w := worker(js, "fra")
	w.Groups = []string{"fra"}
	var begun atomic.Int32
	several, prepare := make(chan struct{}), w.Prepare
	w.Prepare = func(ctx context.Context, job *Job) (*probe.Check, error) {
		if begun.Add(1) == int32(inFlight("fra")) {
			close(several)
		}
		select {
		case <-several:
			return prepare(ctx, job)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Minute):
			return nil, errors.New("it has one job at a time")
		}
	}
	work(t, w)
	count := times{}
	r := testRun(js, "place", func(o Outcome) error {
		if whole(t, o).Status != probe.OK {
			t.Error(whole(t, o).Summary)
		}
		return count.emit(o)
	})
	r.Group = "fra"
	if tally, err := r.Do(t.Context(), numbered(8*BatchSize)); err != nil || tally.Done != 8*BatchSize {
		t.Fatalf("%+v, %v", tally, err)
	}
	count.each(t, 8*BatchSize)
}

// TestFollows: only of a shard that others have, too, does the number of a delivery say that
// nobody else had it in between.
func TestFollows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		alone          bool
		last, delivery uint64
		want           bool
	}{
		{false, 0, 1, true}, {false, 0, 5, false}, {false, 4, 5, true}, {false, 4, 6, false},
		{true, 0, 1, true}, {true, 0, 5, false}, {true, 4, 5, true}, {true, 4, 9, true}, {true, 9, 7, true},
	} {
		q := queue{alone: c.alone, last: c.last}
		if got := q.follows(c.delivery); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
