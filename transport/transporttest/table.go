// Package transporttest holds every table of evidence to the same promises, and to
// the replies of real servers.
package transporttest

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Read makes evidence of a reply as a server sends it at a step.
type Read func(step, reply string) transport.Evidence

// Table checks that every row is complete, matches its own example, is the first to
// do so, and does not match its near miss.
func Table(t *testing.T, table transport.Table, read Read) {
	t.Helper()
	for i := range table {
		row := &table[i]
		if row.From == "" || row.Said == "" || row.Not == "" || len(row.Causes) == 0 {
			t.Errorf("row %d lacks a part: %+v", i, *row)
			continue
		}
		step, _, _ := strings.Cut(row.Steps, " ")
		e := read(step, row.Said)
		switch found := table.Find(e); {
		case found == nil:
			t.Errorf("row %d (%s) does not match its own example %q, which is %+v", i, row.Causes[0].Name, row.Said, e)
		case found != row:
			t.Errorf("row %d (%s) is shadowed: %q is taken by the row of %q", i, row.Causes[0].Name, row.Said, found.Said)
		}
		if row.Matches(read(step, row.Not)) {
			t.Errorf("row %d (%s) matches its near miss %q", i, row.Causes[0].Name, row.Not)
		}
	}
}

// Produced checks that each cause stands in a row of a table; others are those that
// are found in another way.
func Produced(t *testing.T, causes []*probe.Cause, table transport.Table, others ...*probe.Cause) {
	t.Helper()
	found := map[string]bool{}
	for _, c := range others {
		found[c.Name] = true
	}
	for _, row := range table {
		for _, c := range row.Causes {
			found[c.Name] = true
		}
	}
	for _, c := range causes {
		if !found[c.Name] {
			t.Errorf("no row gives the cause %s", c.Name)
		}
	}
}

// Corpus holds a table against a file of real replies: a line each with the step, the
// reply, the software and its version, and the causes with commas between, separated
// by tabs; "-" is no row. It reports the share with the right causes, and every reply
// that has others. It returns the number of replies.
func Corpus(t *testing.T, file string, table transport.Table, read Read) int {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, right := 0, 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 4 {
			t.Errorf("%q has %d fields, not 4", lines.Text(), len(fields))
			continue
		}
		all++
		if got := names(table.Find(read(fields[0], fields[1]))); got == fields[3] {
			right++
		} else {
			t.Errorf("%s: %q of %s has the causes %s; want %s", fields[0], fields[1], fields[2], got, fields[3])
		}
	}
	t.Logf("%d of %d replies of %s have the right causes: %d %%", right, all, file, 100*right/max(all, 1))
	return all
}

func names(row *transport.Row) string {
	if row == nil {
		return "-"
	}
	var all []string
	for _, c := range row.Causes {
		all = append(all, c.Name)
	}
	return strings.Join(all, ",")
}
