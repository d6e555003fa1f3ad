package report

import (
	"fmt"
	"strings"

	"mailprobe/probe"
)

// tally counts results by status.
type tally struct {
	total int
	by    map[probe.Status]int
	names map[string]bool // of checks of a file
}

func (t *tally) add(r *probe.Result) {
	if t.by == nil {
		t.by, t.names = map[probe.Status]int{}, map[string]bool{}
	}
	t.total++
	t.by[r.Status]++
	if r.Name != "" {
		t.names[r.Name] = true
	}
}

// worstFirst is the order of statuses in a count.
var worstFirst = []probe.Status{probe.Critical, probe.Warning, probe.Unknown, probe.OK, probe.Skipped}

// String returns the counts, the worst status first: "3 targets: 1 CRITICAL, 2 OK".
func (t *tally) String() string {
	var parts []string
	for _, s := range worstFirst {
		if n := t.by[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	return fmt.Sprintf("%s: %s", t.what(), strings.Join(parts, ", "))
}

// what returns what was counted: targets of a command, or checks of a file, which have
// several results each where every address is checked.
func (t *tally) what() string {
	switch len(t.names) {
	case 0:
		return probe.Count(t.total, "target")
	case t.total:
		return probe.Count(t.total, "check")
	}
	return probe.Count(t.total, "result") + " of " + probe.Count(len(t.names), "check")
}
