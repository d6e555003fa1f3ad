package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// maxHints is the number of different hints below a table of results.
const maxHints = 5

// hints collects the hints of the results in a table, each once. The zero value is
// empty.
type hints []advice

// advice is a hint and whom it is for: the names of checks, or else targets.
type advice struct {
	text, whom string
	others     int // beside the first
}

// add adds the hint of the worst step of a result.
func (h *hints) add(r *probe.Result) {
	worst := r.Worst()
	if worst == nil || worst.Hint == "" || r.Status.ExitCode() == 0 {
		return
	}
	text := cut.Runes(clean(worst.Hint), maxRowText)
	i := slices.IndexFunc(*h, func(a advice) bool { return a.text == text })
	switch {
	case i >= 0:
		(*h)[i].others++
	case len(*h) < maxHints:
		*h = append(*h, advice{text: text, whom: cut.Runes(clean(cmp.Or(r.Name, r.Target)), maxRowTarget)})
	}
}

// lay returns the hints as lines of at most width columns.
func (h hints) lay(width int) string {
	var b strings.Builder
	for _, a := range h {
		whom := a.whom
		if a.others > 0 {
			whom += fmt.Sprintf(" and %d more", a.others)
		}
		lines := wrap("hint for "+whom+": "+a.text, width-2, maxDetailLines)
		b.WriteString(strings.Join(lines, "\n  ") + "\n")
	}
	return b.String()
}
