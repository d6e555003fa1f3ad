package report

import "mailprobe/probe"

// Grid returns rows in aligned columns under a header, the style of all tables of
// mailprobe. right are the indexes of right-aligned columns. Cells must be clean (see
// [Clean] and [Wrap]); a cell of several lines has them separated by line feeds.
func (o Options) Grid(header []string, rows [][]string, right ...int) string {
	all := make([]cells, len(rows))
	for i, r := range rows {
		all[i] = r
	}
	return grid(painter(o.Color).header(header...), all, right...)
}

// Word returns the name of a status, coloured if colours are allowed.
func (o Options) Word(s probe.Status) string { return painter(o.Color).status(s) }

// Columns returns the width of tables.
func (o Options) Columns() int { return o.columns() }
