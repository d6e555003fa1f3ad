package suite

import (
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Announcement returns the events of the run in full with an overview, or nothing where
// nothing has changed.
func (r *Report) Announcement() string {
	if len(r.Events) == 0 {
		return ""
	}
	return notify.Announce(r.Events) + r.Overview(r.Events)
}

// overviewLines bounds how many lines the names of one status take.
const overviewLines = 4

// tally counts items by status.
func tally(by map[probe.Status][]string) string {
	total := 0
	var parts []string
	for _, s := range notify.WorstFirst {
		if n := len(by[s]); n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return fmt.Sprintf("%s: %s", probe.Count(total, "check"), strings.Join(parts, ", "))
}

// summary counts items by status, and names those that are not OK with their verdicts, the
// worst first.
func (r *Report) summary() string {
	parts := []string{tally(r.standing())}
	for _, s := range notify.WorstFirst[:slices.Index(notify.WorstFirst, probe.Skipped)] {
		for _, o := range r.Outcomes {
			if worst := o.Worst(); worst.Status == s {
				parts = append(parts, report.Clean(fmt.Sprintf("%s %s: %s", s, o.ID, worst.Summary)))
			}
		}
	}
	return strings.Join(parts, "; ")
}

// anyIs reports whether one of the events has a status.
func anyIs(events []notify.Event, s probe.Status) bool {
	return slices.ContainsFunc(events, func(e notify.Event) bool { return e.Status == s })
}

// Overview counts items by status and names them, leaving out those that events show.
func (r *Report) Overview(announced []notify.Event) string {
	by := r.standing()
	var b strings.Builder
	b.WriteString(tally(by) + "\n")
	shown := map[string]probe.Status{}
	for _, e := range announced {
		shown[e.Check] = e.Status
	}
	for _, s := range notify.WorstFirst {
		names := slices.DeleteFunc(slices.Clone(by[s]), func(id string) bool {
			status, is := shown[report.Clean(id)]
			return is && status == s
		})
		if len(names) == 0 {
			continue
		}
		for i, id := range names {
			if r.quiet[id] {
				names[i] += " (silenced)"
			}
		}
		label := s.String()
		switch {
		case s == probe.OK:
			label = "passed"
		case anyIs(announced, s):
			label = "also " + label
		}
		for i, line := range report.Wrap(label+": "+strings.Join(names, ", "), notify.TextWidth-4, overviewLines) {
			b.WriteString(strings.Repeat("  ", min(i, 1)) + "  " + line + "\n")
		}
	}
	return b.String()
}
