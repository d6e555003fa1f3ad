package report

import (
	"slices"
	"strings"
)

// Limits of the columns that Fit narrows.
const (
	leastColumn = 12 // columns of the terminal
	maxCell     = 6  // lines of a cell
)

// Fit wraps the cells of some columns, so that the rows are as wide as the tables of o, if
// that is possible. Narrow columns keep their width, and the others share what is left.
func (o Options) Fit(head []string, rows [][]string, flexible ...int) {
	room := o.columns()
	widths := make([]int, len(head))
	for col := range head {
		widths[col] = displayWidth(head[col])
		for _, row := range rows {
			widths[col] = max(widths[col], cellWidth(row[col]))
		}
		if col > 0 {
			room -= 2
		}
		if !slices.Contains(flexible, col) {
			room -= widths[col]
		}
	}
	narrowFirst := slices.Clone(flexible)
	slices.SortStableFunc(narrowFirst, func(a, b int) int { return widths[a] - widths[b] })
	for i, col := range narrowFirst {
		width := min(widths[col], max(room/(len(narrowFirst)-i), leastColumn))
		room -= width
		for _, row := range rows {
			row[col] = fitCell(row[col], width)
		}
	}
}

// cellWidth returns the width of the longest line of a cell.
func cellWidth(cell string) (width int) {
	for line := range strings.SplitSeq(cell, "\n") {
		width = max(width, displayWidth(line))
	}
	return width
}

// fitCell wraps the lines of a cell, each with its indent.
func fitCell(cell string, width int) string {
	var all []string
	for line := range strings.SplitSeq(cell, "\n") {
		text := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(text)]
		for _, part := range wrapNames(text, width-len(indent)) {
			all = append(all, indent+part)
		}
	}
	return strings.Join(all, "\n")
}

// wrapNames is wrap for cells with names and addresses: a word that is wider than a line
// is broken behind a mark such as / or . rather than anywhere.
func wrapNames(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(clean(text)) {
		blank := " "
		for _, part := range wordParts(word, width) {
			switch {
			case line == "":
				line = part
			case displayWidth(line+blank+part) <= width:
				line += blank + part
			default:
				lines = append(lines, line)
				line = part
			}
			blank = ""
		}
	}
	if lines = append(lines, line); len(lines) > maxCell {
		return wrap(clean(text), width, maxCell)
	}
	return lines
}

// wordParts returns the parts of a word that are not broken.
func wordParts(word string, width int) (parts []string) {
	if displayWidth(word) <= width {
		return []string{word}
	}
	const marks = "/.:@-,"
	begin := 0
	for i := 1; i <= len(word); i++ {
		if i == len(word) || strings.IndexByte(marks, word[i-1]) >= 0 && strings.IndexByte(marks, word[i]) < 0 {
			parts = append(parts, wrap(word[begin:i], width, maxCell)...)
			begin = i
		}
	}
	return parts
}
