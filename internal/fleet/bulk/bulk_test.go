package bulk

import (
	"context"
	"strings"
	"testing"
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
