package probe

import (
	"context"
	"strings"
	"testing"
)

// TestPanic: a check that breaks is a result of its own, and what it knew by then
// is in it.
func TestPanic(t *testing.T) {
	broken := func(*Step) error { panic("out of cheese") }
	s := &stub{check: func(_ context.Context, _ Target, r *Result) error {
		_ = r.Run("good", func(*Step) error { return nil })
		return r.Run("bad", broken)
	}}
	r := s.prepared(t).Do(t.Context(), Target{Text: "mx"})[0]
	if r.Status != Unknown || len(r.Steps) != 2 || r.Steps[0].Name != "good" {
		t.Fatalf("status %s, steps %+v", r.Status, r.Steps)
	}
	for _, want := range []string{"out of cheese", "probe.TestPanic"} {
		if !strings.Contains(r.Summary, want) {
			t.Errorf("the summary is %q, without %q", r.Summary, want)
		}
	}
	s.check = func(context.Context, Target, *Result) error { panic("at once") }
	if r := s.prepared(t).Do(t.Context(), Target{Text: "mx"})[0]; r.Status != Unknown || !strings.Contains(r.Summary, "at once") {
		t.Errorf("%s %q", r.Status, r.Summary)
	}
	s.expand = func(Target, *Result) ([]Target, error) { panic("before the targets") }
	if r := s.prepared(t).Do(t.Context(), Target{Text: "mx"})[0]; r.Status != Unknown || !strings.Contains(r.Summary, "before the targets") {
		t.Errorf("%s %q", r.Status, r.Summary)
	}
}
