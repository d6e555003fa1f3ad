package suite

import (
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Announcement tells all events of the run in full, and how it stands; it is empty
// where nothing has changed.
func (r *Report) Announcement() string {
	if len(r.Events) == 0 {
		return ""
	}
	return Announce(r.Events) + r.Overview(r.Events)
}

// overviewLines bounds how many lines the names of one status take.
const overviewLines = 4

// Overview says how many items are how, and which: what is told above of events is
// not repeated.
func (r *Report) Overview(told []Event) string {
	by := r.standing()
	total := 0
	var tally []string
	for _, s := range WorstFirst {
		if n := len(by[s]); n > 0 {
			total += n
			tally = append(tally, fmt.Sprintf("%d %s", n, s))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", probe.Count(total, "check"), strings.Join(tally, ", "))
	shown := map[string]probe.Status{}
	for _, e := range told {
		shown[e.Check] = e.Status
	}
	for _, s := range WorstFirst {
		names := slices.DeleteFunc(slices.Clone(by[s]), func(id string) bool {
			status, is := shown[report.Clean(id)]
			return is && status == s
		})
		if len(names) == 0 {
			continue
		}
		label := "also " + s.String()
		if s == probe.OK {
			label = "fine"
		}
		for i, line := range report.Wrap(label+": "+strings.Join(names, ", "), textWidth-4, overviewLines) {
			b.WriteString(strings.Repeat("  ", min(i, 1)) + "  " + line + "\n")
		}
	}
	return b.String()
}
