package report

import (
	"slices"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// Limits of one row, so that ten thousand of them fit in memory.
const (
	maxRowCheck  = 12   // characters of a kind's name
	maxRowName   = 30   // characters of a check's name
	maxRowTarget = 1000 // characters of a target
	maxRowText   = 500  // characters of a summary
	maxRowLines  = 3    // lines of a summary
)

// row is one result in a table of several.
type row struct {
	check, target, summary string
	status                 probe.Status
	elapsed                time.Duration
}

func newRow(r *probe.Result) row {
	all := row{
		check: checkName(r), target: cut.Runes(clean(r.Target), maxRowTarget),
		summary: cut.Runes(yield(clean(r.Summary), maxRowText), maxRowText), status: r.Status, elapsed: r.Elapsed,
	}
	if r.Silenced != nil {
		all.summary = "(silenced) " + all.summary
	}
	return all
}

// checkName returns the name of a check: that in a file of checks, else the kind.
func checkName(r *probe.Result) string {
	if r.Name != "" {
		return cut.Runes(clean(r.Name), maxRowName)
	}
	return cut.Runes(clean(r.Check), maxRowCheck)
}

// rows returns several results as a table, a row each. The kind of check has a column
// only if there are several kinds.
func (o Options) rows(all []row) string {
	g := rowGrid{paint: painter(o.Color), checks: mixed(all)}
	g.measure(all, o.columns())
	lines := make([]cells, len(all))
	for i, r := range all {
		lines[i] = g.cells(r)
	}
	header, right := []string{"STATUS"}, 2
	if g.checks {
		header, right = append(header, "CHECK"), 3
	}
	if g.below {
		return grid(g.paint.header(append(header, "TIME", "TARGET")...), lines, right-1)
	}
	return grid(g.paint.header(append(header, "TARGET", "TIME", "SUMMARY")...), lines, right)
}

func mixed(all []row) bool {
	for _, r := range all {
		if r.check != all[0].check {
			return true
		}
	}
	return false
}

// leastSummary is the least width of summaries beside targets, in columns.
const leastSummary = 28

// rowGrid holds the widths of a table of results.
type rowGrid struct {
	paint           painter
	checks          bool
	target, summary int
	below           bool // summaries are below the targets, which have the width of both
}

// measure gives the targets up to half of the width, more if a name or an address would
// be broken otherwise, and the summaries the rest.
func (g *rowGrid) measure(all []row, width int) {
	status, check, elapsed, target, piece := 6, 5+2, 4, 6, 6
	for _, r := range all {
		status = max(status, len(r.status.String()))
		check = max(check, displayWidth(r.check)+2)
		elapsed = max(elapsed, len(Took(r.elapsed)))
		target = max(target, displayWidth(r.target))
		for _, p := range pieces(r.target) {
			piece = max(piece, displayWidth(p))
		}
	}
	if !g.checks {
		check = 0
	}
	room := width - status - check - elapsed - 3*2
	g.target = min(target, max(room/2, piece))
	g.summary = room - g.target
	if g.below = g.summary < leastSummary || piece > room/2 && g.cutsAny(all); g.below {
		g.target, g.summary = room+2, room
	}
}

// cutsAny reports whether a summary is too long for its column.
func (g *rowGrid) cutsAny(all []row) bool {
	return slices.ContainsFunc(all, func(r row) bool { return len(wrap(r.summary, g.summary, maxRowLines+1)) > maxRowLines })
}

// pieces returns the parts of a target that are not broken: a name, and an address in
// brackets with its port.
func pieces(target string) []string {
	if i := strings.IndexByte(target, '['); i > 0 && !strings.HasSuffix(target[:i], "/") {
		return []string{target[:i], target[i:]}
	}
	return []string{target}
}

func (g *rowGrid) cells(r row) cells {
	line := cells{g.paint.status(r.status)}
	if g.checks {
		line = append(line, r.check)
	}
	elapsed, target, summary := Took(r.elapsed), g.place(r.target), wrap(r.summary, g.summary, maxRowLines)
	if !g.below {
		return append(line, strings.Join(target, "\n"), elapsed, strings.Join(summary, "\n"))
	}
	for _, l := range summary {
		target = append(target, "  "+l)
	}
	return append(line, elapsed, strings.Join(target, "\n"))
}

// place returns the lines of a target, broken between its pieces if necessary.
func (g *rowGrid) place(target string) (lines []string) {
	if displayWidth(target) <= g.target {
		return []string{target}
	}
	for _, p := range pieces(target) {
		lines = append(lines, wrap(p, g.target, len(p)+1)...)
	}
	return lines
}
