package main

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// listedTool is the tool under which foreignFlags has the flags of another.
var listedTool = map[string]string{
	"swaks": "swaks", "fping": "fping", "mtr": "mtr", "check_icmp": "check_icmp",
	"check_smtp": "check_smtp", "check_ssmtp": "check_smtp",
	"check_imap": "check_imap", "check_simap": "check_imap", "check_pop": "check_pop", "check_spop": "check_pop",
}

var (
	typedFlag = regexp.MustCompile(` (--?[A-Za-z][\w-]*)`)
	without   = regexp.MustCompile(`'[^']*'| -r 0\b`) // texts, and what is the default here
	ourTyped  = regexp.MustCompile(`mailprobe (\w+) (.*)`)
)

// TestComingFromFlags: every flag of another tool in the guides is one of mailprobe's, too,
// or mailprobe says what does the same; and what it says is what the guide has.
func TestComingFromFlags(t *testing.T) {
	for _, table := range slices.Concat(swaksMoves, pluginMoves, fpingMoves, mtrMoves) {
		for _, row := range table.rows {
			tool, _, _ := strings.Cut(strings.TrimPrefix(row.theirs, "timeout -s INT 2 "), " ")
			ours := ourTyped.FindStringSubmatch(row.ours)
			if listedTool[tool] == "" {
				continue
			}
			root := newRoot(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}, []string{ours[1]})
			cmd, _, err := root.Find([]string{ours[1]})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range typedFlag.FindAllStringSubmatch(without.ReplaceAllString(row.theirs, ""), -1) {
				agrees(t, cmd, listedTool[tool], m[1], " "+ours[2])
			}
		}
	}
}

// TestComingFromSaid: what the guides show of mailprobe's own words is what it says.
func TestComingFromSaid(t *testing.T) {
	shown := regexp.MustCompile(`(?m)^    \$ mailprobe (.*)\n    (mailprobe: .*\n)`)
	for _, guide := range []string{"swaks", "monitoring-plugins", "fping", "mtr"} {
		text, err := os.ReadFile("../../docs/coming-from/" + guide + ".md")
		if err != nil {
			t.Fatal(err)
		}
		blocks := shown.FindAllStringSubmatch(string(text), -1)
		if len(blocks) == 0 {
			t.Errorf("%s shows nothing", guide)
		}
		for _, m := range blocks {
			var out strings.Builder
			if code := run(strings.Fields(m[1]), strings.NewReader(""), &out, &out); code != 3 || out.String() != m[2] {
				t.Errorf("mailprobe %s: %d, %s", m[1], code, out.String())
			}
		}
	}
}

// agrees demands of a flag of another tool that mailprobe has it, or says of it what the
// guide has.
func agrees(t *testing.T, cmd *cobra.Command, tool, flag, ours string) {
	t.Helper()
	var said []string
	for _, f := range foreignFlags(cmd.Name()) {
		if f.theirs == flag && (f.tool == tool || tool == "check_smtp" && f.ours == portHint) {
			said = append(said, f.ours)
		}
	}
	name := strings.TrimLeft(flag, "-")
	if len(said) == 0 {
		if cmd.Flags().Lookup(name) == nil && (len(name) != 1 || cmd.Flags().ShorthandLookup(name) == nil) {
			t.Errorf("mailprobe %s knows nothing of %s's %s", cmd.Name(), tool, flag)
		}
		return
	}
	named := regexp.MustCompile(`--([a-z-]+)\b`).FindAllStringSubmatch(said[0], -1)
	if len(named) == 0 || strings.HasPrefix(said[0], "not ") {
		return
	}
	if !slices.ContainsFunc(named, func(m []string) bool { return typed(cmd, ours, m[1]) }) && !strings.Contains(ours, "://") {
		t.Errorf("%s's %s is said to be %s, and the guide has mailprobe %s%s", tool, flag, said[0], cmd.Name(), ours)
	}
}

// typed reports whether a flag is in a command line, by its name or its letter.
func typed(cmd *cobra.Command, line, name string) bool {
	f := cmd.Flags().Lookup(name)
	return f != nil && (strings.Contains(line, " --"+name) || f.Shorthand != "" && strings.Contains(line, " -"+f.Shorthand+" "))
}
