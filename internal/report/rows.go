package report

import (
	"strings"
	"time"

	"mailprobe/internal/cut"

	"mailprobe/probe"
)

// The limits of one row, so that ten thousand of them fit in memory and on paper.
const (
	maxRowCheck  = 12   // characters that are kept of a kind's name
	maxRowName   = 30   // characters that are kept of a check's name
	maxRowTarget = 1000 // characters that are kept of a target
	maxRowText   = 500  // characters that are kept of a summary
	maxRowLines  = 3    // lines a summary may take
)

// row is what a table of several results keeps of one.
type row struct {
	check, target, summary string
	status                 probe.Status
	elapsed                time.Duration
}

func newRow(r *probe.Result) row {
	return row{
		check: checkName(r), target: cut.Runes(clean(r.Target), maxRowTarget),
		summary: cut.Runes(yield(clean(r.Summary), maxRowText), maxRowText), status: r.Status, elapsed: r.Elapsed,
	}
}

// checkName is what tells a check from others: its name in a file of checks, else
// the kind.
func checkName(r *probe.Result) string {
	if r.Name != "" {
		return cut.Runes(clean(r.Name), maxRowName)
	}
	return cut.Runes(clean(r.Check), maxRowCheck)
}

// rows lays several results out, a row each. The kind of check has a column only
// where there is more than one.
func (o Options) rows(all []row) string {
	g := rowGrid{paint: painter(o.Color), checks: mixed(all)}
	g.measure(all, o.columns())
	lines := make([]cells, len(all))
	for i, r := range all {
		lines[i] = g.cells(r)
	}
	if g.checks {
		return grid(g.paint.header("STATUS", "CHECK", "TARGET", "TIME", "SUMMARY"), lines, 3)
	}
	return grid(g.paint.header("STATUS", "TARGET", "TIME", "SUMMARY"), lines, 2)
}

func mixed(all []row) bool {
	for _, r := range all {
		if r.check != all[0].check {
			return true
		}
	}
	return false
}

// rowGrid is how wide the columns of a table of results may be.
type rowGrid struct {
	paint           painter
	checks          bool
	target, summary int
}

// measure gives the targets up to half of the room, and the summaries the rest.
func (g *rowGrid) measure(all []row, width int) {
	status, check, elapsed, target := 6, 5+2, 4, 6
	for _, r := range all {
		status = max(status, len(r.status.String()))
		check = max(check, displayWidth(r.check)+2)
		elapsed = max(elapsed, len(probe.FormatDuration(r.elapsed)))
		target = max(target, displayWidth(r.target))
	}
	if !g.checks {
		check = 0
	}
	room := width - status - check - elapsed - 3*2
	g.target = min(target, room/2)
	g.summary = room - g.target
}

func (g *rowGrid) cells(r row) cells {
	line := cells{g.paint.status(r.status)}
	if g.checks {
		line = append(line, r.check)
	}
	return append(line,
		strings.Join(wrap(r.target, g.target, len(r.target)+1), "\n"),
		probe.FormatDuration(r.elapsed),
		strings.Join(wrap(r.summary, g.summary, maxRowLines), "\n"))
}
