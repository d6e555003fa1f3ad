package report

import "mailprobe/probe"

// Grid lays rows out in columns under a header, as all tables of mailprobe are;
// right are the columns that are set to the right. The cells must be clean: see
// [Clean] and [Wrap], whose lines are joined by line feeds to a cell of several.
func (o Options) Grid(header []string, rows [][]string, right ...int) string {
	all := make([]cells, len(rows))
	for i, r := range rows {
		all[i] = r
	}
	return grid(painter(o.Color).header(header...), all, right...)
}

// Word is the name of a status, in its colour where colours are allowed.
func (o Options) Word(s probe.Status) string { return painter(o.Color).status(s) }

// Columns is the width that tables are laid out for.
func (o Options) Columns() int { return o.columns() }
