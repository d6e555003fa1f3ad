package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/tw"

	"mailprobe/probe"
)

// maxRows is the number of results in a table, which needs them all in memory.
const maxRows = 10_000

// tablePrinter prints one result in full, and several as a row each. The first result is
// kept until the second comes, or the end. With Verbose each result is printed in full
// as it comes, and the rows at the end.
type tablePrinter struct {
	w       io.Writer
	options Options
	tally   tally // of all results
	shown   int   // results not hidden
	first   *probe.Result
	rows    []row
	hints   hints
}

func newTable(w io.Writer, o Options) Printer { return &tablePrinter{w: w, options: o} }

// Print implements Printer.
func (p *tablePrinter) Print(r *probe.Result) error {
	p.tally.add(r)
	if p.options.hides(r.Status) {
		return nil
	}
	p.shown++
	if len(p.rows) < maxRows {
		p.rows = append(p.rows, newRow(r))
	}
	p.hints.add(r)
	if p.options.Verbose {
		return p.full(r)
	}
	p.first = nil
	if p.shown == 1 {
		p.first = r
	}
	return nil
}

// Close implements Printer.
func (p *tablePrinter) Close() error {
	switch {
	case p.first != nil:
		return p.full(p.first)
	case p.shown <= 1:
		return nil
	}
	text := p.options.rows(p.rows) + p.footer()
	if p.options.Verbose {
		text = "\n" + text
	}
	_, err := io.WriteString(p.w, text)
	return err
}

// full prints one result in full.
func (p *tablePrinter) full(r *probe.Result) error {
	text := p.options.full(r)
	if p.shown > 1 {
		text = "\n" + text
	}
	_, err := io.WriteString(p.w, text)
	return err
}

// footer returns the counts, the number of results not shown, and the hints.
func (p *tablePrinter) footer() string {
	text := "\n" + p.tally.String() + "\n"
	if missing := p.shown - len(p.rows); missing > 0 {
		text += fmt.Sprintf("%d more are not shown; -o jsonl prints every result as it comes\n", missing)
	}
	if p.options.Verbose { // hints were printed with each result
		return text
	}
	return text + p.hints.lay(p.options.columns())
}

// maxColumns is the number of columns a grid may have.
const maxColumns = 64

// cells is one row of a grid; a cell may have several lines.
type cells []string

// grid returns rows in columns two blanks apart, without borders. right are the indexes
// of right-aligned columns.
func grid(header cells, rows []cells, right ...int) string {
	var b bytes.Buffer
	t := tablewriter.NewTable(&b, tablewriter.WithConfig(gridConfig),
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		}))
	for _, i := range right {
		alignRight(i, append([]cells{header}, rows...))
	}
	if header != nil {
		t.Header([]string(header))
	}
	for _, r := range rows {
		// Neither can fail: the cells are strings, and the writer is memory.
		_ = t.Append([]string(r))
	}
	_ = t.Render()
	return trimLines(b.String())
}

// section configures the header and the rows of a grid alike. The width of a blank on
// the left, which tablewriter aligns to the right with, would be added to every column.
var section = tw.CellConfig{
	Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
	Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
	Padding:    tw.CellPadding{Global: tw.Padding{Right: "  ", Overwrite: true}},
}

var gridConfig = tablewriter.Config{
	Header: section, Row: section,
	Behavior: tw.Behavior{TrimSpace: tw.Off, TrimLine: tw.Off},
}

// alignRight pads the cells of column i on their left, to the width of the widest.
func alignRight(i int, rows []cells) {
	widest := 0
	for _, r := range rows {
		if i < len(r) {
			widest = max(widest, displayWidth(r[i]))
		}
	}
	for _, r := range rows {
		if i < len(r) {
			r[i] = strings.Repeat(" ", widest-displayWidth(r[i])) + r[i]
		}
	}
}

// trimLines removes the blanks at the ends of lines, which a narrower terminal would
// show as an empty line each.
func trimLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}

// displayWidth returns the width of a text in columns of the terminal, as tablewriter
// measures it.
func displayWidth(s string) int {
	if plainPrefix(s) == len(s) {
		return len(s)
	}
	return twwidth.WidthNoCache(s)
}
