package main

import (
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// TestExplainPast: of a result without texts, the cause is explained by what is known of
// it.
func TestExplainPast(t *testing.T) {
	r := &probe.Result{Steps: []probe.Step{
		{Name: "connect", Status: probe.OK},
		{Name: "rcpt", Status: probe.Critical, Cause: &probe.Cause{Name: "mailbox-full"}},
		{Name: "quit", Status: probe.Warning, Cause: &probe.Cause{Name: "of-another-version"}},
	}}
	explainPast(r)
	if s := r.Steps[1]; s.Detail == "" || s.Hint == "" {
		t.Errorf("%+v", s)
	}
	for _, i := range []int{0, 2} {
		if s := r.Steps[i]; s.Detail+s.Hint != "" {
			t.Errorf("%+v", s)
		}
	}
}

func TestHeadline(t *testing.T) {
	at := time.Date(2026, 11, 28, 3, 10, 59, 0, time.UTC)
	of := func(ago time.Duration) []history.Single {
		return []history.Single{
			{Result: &probe.Result{Start: at.Add(-ago)}}, {Result: &probe.Result{Start: at.Add(-ago - time.Minute)}},
		}
	}
	for ago, want := range map[time.Duration]string{
		54 * time.Second: "mx at 2026-11-28 03:10:05 UTC",
		50 * time.Hour:   "mx at 2026-11-26 01:10:59 UTC, the last result by 2026-11-28 03:10:59, 2 d 2 h later",
	} {
		if got := headline("mx", at, of(ago)); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
