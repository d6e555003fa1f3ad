package reporttest

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A GuideTable is a table of a guide for those who come from another tool. What stands
// there and here is shown as code.
type GuideTable struct {
	Title string
	// Head are the headings, of which the first two are "there" and "here".
	Head []string
	Rows [][]string
}

// HoldGuide holds the tables between the two comments of a guide to what is run, or with
// update writes them there. How says how to do so.
func HoldGuide(tb testing.TB, file string, update bool, how string, tables []GuideTable) {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	const begin, end = "<!-- tables: each line is run by a test -->\n", "<!-- end of tables -->\n"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		tb.Fatalf("%s has no place for tables", file)
	}
	now := head + begin + markdown(tables) + "\n" + end + tail
	switch {
	case now == string(text):
	case update:
		if err := os.WriteFile(file, []byte(now), 0o644); err != nil {
			tb.Fatal(err)
		}
	default:
		tb.Errorf("the tables of %s are not what is run: %s writes them anew", file, how)
	}
}

// markdown is the text of tables.
func markdown(tables []GuideTable) string {
	var b strings.Builder
	for _, table := range tables {
		head := strings.ReplaceAll("| "+strings.Join(table.Head, " | ")+" |", "  ", " ")
		fmt.Fprintf(&b, "\n### %s\n\n%s\n|%s\n", table.Title, head, strings.Repeat(" --- |", len(table.Head)))
		for _, row := range table.Rows {
			for i, cell := range row {
				if cell = strings.ReplaceAll(cell, "|", `\|`); i < 2 {
					cell = "`" + cell + "`"
				}
				fmt.Fprintf(&b, "| %s ", cell)
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}
