package report

import (
	"cmp"
	"slices"
	"strings"

	"mailprobe/probe"
)

// leastDetail is the width reserved for the details in a table of items, in columns of
// the terminal. Numbers that do not fit beside it are left out.
const leastDetail = 24

// items returns the tables of items, such as the hops of a path.
func (v *fullView) items() string {
	var sorts []string
	bySort := map[string][]probe.Step{}
	for _, s := range v.r.Steps {
		if s.Item == "" {
			continue
		}
		if bySort[s.Item] == nil {
			sorts = append(sorts, s.Item)
		}
		bySort[s.Item] = append(bySort[s.Item], s)
	}
	tables := make([]string, len(sorts))
	for i, sort := range sorts {
		tables[i] = v.itemTable(sort, bySort[sort])
	}
	return strings.Join(tables, "\n")
}

// itemTable returns a table with a row for each item: its key, a column for each
// number, and its detail. Times are in milliseconds.
func (v *fullView) itemTable(sort string, steps []probe.Step) string {
	t := itemGrid{fullView: v, header: cells{strings.ToUpper(sort)}, rows: make([]cells, len(steps))}
	for i, s := range steps {
		t.rows[i] = cells{itemKey(s)}
	}
	t.used = t.width(0)
	if slices.ContainsFunc(steps, func(s probe.Step) bool { return probe.Worst(s.Status, probe.OK) != probe.OK }) {
		t.add("STATUS", steps, func(s probe.Step) string { return s.Status.String() })
	}
	names := numberNames(steps)
	for _, name := range names[:min(len(names), maxColumns-3)] {
		t.add(heading(name), steps, func(s probe.Step) string { return itemNumber(s, name) })
	}
	right := make([]int, 0, len(t.header))
	for i, name := range t.header {
		if name != "STATUS" {
			right = append(right, i)
		}
	}
	for i, s := range steps {
		t.rows[i] = append(t.rows[i], v.detail(s, t.room()))
	}
	text := grid(v.paint.header(append(t.header, "DETAIL")...), t.rows, right...)
	if slices.ContainsFunc(steps, func(s probe.Step) bool { return slices.ContainsFunc(s.Facts, isTime) }) {
		text += v.paint.faint("times in ms") + "\n"
	}
	return text
}

func isTime(f probe.Fact) bool { return f.Unit == probe.Seconds }

// itemGrid is a table of items under construction.
type itemGrid struct {
	*fullView
	header cells
	rows   []cells
	used   int // columns of the terminal
}

// add adds a column if there is room for it.
func (t *itemGrid) add(name string, steps []probe.Step, cell func(probe.Step) string) {
	column := make([]string, len(steps))
	width := len(name)
	for i, s := range steps {
		column[i] = cell(s)
		width = max(width, len(column[i]))
	}
	if t.used+width+2 > t.fullView.width-leastDetail && !t.verbose {
		return
	}
	t.used += width + 2
	t.header = append(t.header, name)
	for i := range t.rows {
		t.rows[i] = append(t.rows[i], column[i])
	}
}

// width returns the width of a column with the two blanks after it.
func (t *itemGrid) width(i int) int {
	width := len(t.header[i])
	for _, r := range t.rows {
		width = max(width, len(r[i]))
	}
	return width + 2
}

// room returns the width left for the details.
func (t *itemGrid) room() int { return max(t.fullView.width-t.used, leastDetail) }

// numberNames returns the names of all numbers of items, in the order learned.
func numberNames(steps []probe.Step) []string {
	var names []string
	for _, s := range steps {
		for _, f := range s.Facts {
			if hasNumber(f) && !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// heading returns the name of a column: for a statistic such as rtt_avg its second part.
func heading(fact string) string {
	_, stat, _ := strings.Cut(fact, "_")
	return strings.ToUpper(cmp.Or(stat, fact))
}

// itemNumber returns a cell: the text of a fact, or a time in milliseconds without unit.
func itemNumber(s probe.Step, fact string) string {
	i := slices.IndexFunc(s.Facts, func(f probe.Fact) bool { return f.Name == fact })
	switch {
	case i < 0:
		return "-"
	case s.Facts[i].Unit == probe.Seconds && hasNumber(s.Facts[i]):
		return probe.Significant(*s.Facts[i].Value * 1000)
	}
	return s.Facts[i].Text
}
