package transport

import (
	"slices"
	"testing"

	"mailprobe/probe"
)

func TestExamples(t *testing.T) {
	table := Table{
		{Steps: "rcpt", From: "A 1", Said: "450 later", Causes: []*probe.Cause{CauseRateLimited, CauseOverloaded}},
		{Steps: "mail rcpt", From: "B 2", Said: "452 full", Causes: []*probe.Cause{CauseOverloaded}},
		{From: "C 3", Said: "421 bye", Causes: []*probe.Cause{CauseMaintenance}},
	}
	asked := map[string]string{"rcpt": "RCPT TO:<>", "mail": "MAIL FROM:<>"}
	want := []probe.Example{
		{From: "B 2", Step: "mail", Asked: "MAIL FROM:<>", Said: "452 full"},
		{From: "A 1", Step: "rcpt", Asked: "RCPT TO:<>", Said: "450 later"},
	}
	if got := table.Examples("overloaded", asked); !slices.Equal(got, want) {
		t.Errorf("overloaded: %+v, want %+v", got, want)
	}
	if got := table.Examples("maintenance", asked); len(got) != 1 || got[0].Step+got[0].Asked != "" {
		t.Errorf("maintenance: %+v", got)
	}
	if got := table.Examples("disk-full", asked); got != nil {
		t.Errorf("disk-full: %+v", got)
	}
}
