package probe

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestGrade(t *testing.T) {
	stopped := fmt.Errorf("greeting: %w", context.Canceled)
	for _, c := range []struct {
		err  error
		want Status
	}{
		{nil, OK},
		{errors.New("broken"), Critical},
		{&Failure{Status: Warning, Err: errors.New("odd")}, Warning},
		{&Failure{Status: Skipped, Err: errors.New("not asked for")}, Skipped},
		{fmt.Errorf("wrapped: %w", &Failure{Status: Unknown, Err: errors.New("no idea")}), Unknown},
		{stopped, Unknown},
		{&Failure{Status: Critical, Err: stopped, Hint: "hint"}, Unknown},
	} {
		s := Step{Name: "x", Status: OK}
		if s.grade(c.err); s.Status != c.want {
			t.Errorf("%v makes a step %s; want %s", c.err, s.Status, c.want)
		}
	}
}

// TestHintOfTheVerdict: a step says what to do about the worst that it met, not about
// what it met first.
func TestHintOfTheVerdict(t *testing.T) {
	s := Step{}
	s.raise(Warning, "odd", "do this")
	s.raise(Critical, "broken", "do that")
	s.raise(Warning, "odd again", "do nothing")
	if s.Status != Critical || s.Hint != "do that" {
		t.Errorf("%s, hint %q", s.Status, s.Hint)
	}
}

// TestFaultsFirst: whoever reads a detail meets the worst fault first, then the others, then
// what else there is to say.
func TestFaultsFirst(t *testing.T) {
	warning, critical := &Cause{Name: "odd", Status: Warning}, &Cause{Name: "broken", Status: Critical}
	walk := func(first bool) *Step {
		s := &Step{FaultsFirst: first, Status: OK}
		s.Say("found")
		s.RaiseFor(warning, "odd")
		s.RaiseFor(critical, "broken")
		s.Say("more")
		s.RaiseFor(warning, "odd again")
		return s
	}
	for first, want := range map[bool]string{
		true:  "broken; odd; odd again; found; more",
		false: "found; odd; broken; more; odd again",
	} {
		if s := walk(first); s.Detail != want || s.Reason() != ": broken" {
			t.Errorf("%v: %q because of %q, not %q", first, s.Detail, s.Reason(), want)
		}
	}
	ended := walk(true)
	ended.grade(Because(critical, errors.New("ended")))
	if want := "ended; broken; odd; odd again; found; more"; ended.Detail != want {
		t.Errorf("%q, not %q", ended.Detail, want)
	}
}
