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
}

func (t *tally) add(s probe.Status) {
	if t.by == nil {
		t.by = map[probe.Status]int{}
	}
	t.total++
	t.by[s]++
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
	return fmt.Sprintf("%d targets: %s", t.total, strings.Join(parts, ", "))
}
