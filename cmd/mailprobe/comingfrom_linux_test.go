package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/mailtest"
)

// A move is a line of a guide for those who come from another tool: what they type, and
// what to type here. Both commands are run as they are written.
type move struct {
	theirs, ours string
	// about says what the line is for, and where the two differ.
	about string
	// with is what is wrong with the mail host.
	with fault
	// alone is set where nothing may run beside it: mtr takes the answers to TCP probes of
	// another mtr for its own.
	alone bool
	// codes are the exit codes, theirs and ours, such as "24 / 2".
	codes string
	// shows are patterns of what each prints.
	shows [2]string
}

// A fault is something wrong with the mail host, and the words for it.
type fault struct {
	words  string
	faults mailtest.Faults
}

// moves are a table of a guide.
type moves struct {
	title string
	rows  []move
}

// TestComingFrom runs every line of the guides under docs/coming-from with the real tool
// and with mailprobe, against the same servers, and holds the tables to what is run.
func TestComingFrom(t *testing.T) {
	for _, guide := range []struct {
		name, program string
		open          func(*testing.T) *village
		tables        []moves
		atOnce        int
	}{
		{"swaks", "swaks", openVillage, swaksMoves, 6},
		{"monitoring-plugins", "/usr/lib/nagios/plugins/check_smtp", openVillage, pluginMoves, 6},
		{"check_email_delivery", "/usr/lib/nagios/plugins/check_imap_receive", openBackups, receiveMoves, 6},
		{"fping", "fping", openVillage, fpingMoves, 6},
		{"mtr", "mtr", openPath, mtrMoves, 20},
	} {
		t.Run(guide.name, func(t *testing.T) {
			t.Parallel()
			reporttest.HoldGuide(t, filepath.Join("../../docs/coming-from", guide.name+".md"), *update,
				"go test ./cmd/mailprobe -run TestComingFrom -update", guideTables(guide.tables))
			reporttest.Tool(t, guide.program)
			v := guide.open(t)
			v.file(t, "hosts", "192.0.2.7\n192.0.2.8\n192.0.2.99\n")
			v.file(t, "body.txt", "hello from a file\n")
			v.file(t, "report.csv", "a,b\n")
			v.file(t, "message.eml", "From: bob@example.net\r\nTo: alice@example.org\r\nSubject: hello\r\n\r\nhello\r\n")
			v.runAll(t, guide.tables, guide.atOnce)
		})
	}
}

// file writes a file that commands name.
func (v *village) file(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tries is how often a row is run before it counts as wrong: a machine that is busy makes
// answers late, loses probes, and starts programs after the time that a row gives them.
const tries = 4

// runAll runs the rows of all tables, atOnce of them side by side at most, as most of the
// time is waiting.
func (v *village) runAll(t *testing.T, tables []moves, atOnce int) {
	t.Helper()
	var rows []move
	for _, table := range tables {
		rows = append(rows, table.rows...)
	}
	for len(rows) > 0 {
		var group []move
		group, rows = together(rows, atOnce)
		if v.host != nil {
			if err := v.host.SetFaults(group[0].with.faults); err != nil {
				t.Fatal(err)
			}
		}
		var pairs [][2]*running
		for _, row := range group {
			pairs = append(pairs, [2]*running{v.start(t, row.theirs), v.start(t, row.ours)})
		}
		for i, row := range group {
			fault := row.amiss(t, pairs[i])
			for n := 1; n < tries && fault != ""; n++ { // one after the other
				again := [2]*running{v.start(t, row.theirs), nil}
				again[0].end(t)
				again[1] = v.start(t, row.ours)
				fault = row.amiss(t, again)
			}
			if fault != "" {
				t.Error(fault)
			}
		}
	}
}

// amiss says what a row's commands do otherwise than it says; nothing is empty.
func (m *move) amiss(t *testing.T, pair [2]*running) string {
	t.Helper()
	if codes := fmt.Sprintf("%d / %d", pair[0].end(t), pair[1].end(t)); codes != m.codes {
		return fmt.Sprintf("exit codes %s, want %s\n%s%s", codes, m.codes, pair[0], pair[1])
	}
	for side, pattern := range m.shows {
		if r := pair[side]; !regexp.MustCompile(`(?m)` + pattern).MatchString(r.out.String()) {
			return fmt.Sprintf("it shows no %q\n%s", pattern, r)
		}
	}
	return ""
}

// together returns rows that can run side by side, the first and those that need the same of
// the mail host, and the others.
func together(rows []move, atMost int) (group, rest []move) {
	for i, row := range rows {
		fits := !rows[0].alone && !row.alone && len(group) < atMost && reflect.DeepEqual(row.with, rows[0].with)
		if i == 0 || fits {
			group = append(group, row)
		} else {
			rest = append(rest, row)
		}
	}
	return group, rest
}

// running is a command that runs.
type running struct {
	line string
	cmd  *exec.Cmd
	out  bytes.Buffer
}

func (r *running) String() string { return fmt.Sprintf("$ %s\n%s\n", r.line, r.out.String()) }

// start starts a command line as a shell does, in the network of the test.
func (v *village) start(t *testing.T, line string) *running {
	t.Helper()
	r := &running{line: line, cmd: exec.CommandContext(t.Context(), "sh", "-c", line)}
	r.cmd.Env, r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = v.env, v.dir, &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return r
}

// end waits for a command, and returns its exit code.
func (r *running) end(t *testing.T) int {
	t.Helper()
	if r.cmd.ProcessState == nil {
		if err := r.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatalf("%s: %v", r.line, err)
		}
	}
	return r.cmd.ProcessState.ExitCode()
}

// guideTables are the tables of a guide as they are written.
func guideTables(tables []moves) []reporttest.GuideTable {
	var written []reporttest.GuideTable
	for _, table := range tables {
		t := reporttest.GuideTable{Title: table.title, Head: []string{"there", "here", "exit", ""}}
		for _, row := range table.rows {
			about := row.about
			if row.with.words != "" {
				about = strings.TrimSuffix(row.with.words+": "+about, ": ")
			}
			t.Rows = append(t.Rows, []string{row.theirs, row.ours, row.codes, about})
		}
		written = append(written, t)
	}
	return written
}
