package main

import (
	"io"
	"regexp"
	"strings"
	"testing"
)

// What is said to do the same as a flag of another tool is a flag of ours.
func TestForeignFlags(t *testing.T) {
	flag := regexp.MustCompile(`--([a-z-]+)\b`)
	for _, command := range []string{"ping", "trace", "smtp", "imap", "pop3", "deliver"} {
		rows := foreignFlags(command)
		root := newRoot(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}, []string{command})
		cmd, _, err := root.Find([]string{command})
		if err != nil {
			t.Fatal(err)
		}
		cmd.InitDefaultHelpFlag()
		for _, row := range rows {
			if name := strings.TrimLeft(row.theirs, "-"); len(name) == len(row.theirs)-2 && cmd.Flags().Lookup(name) != nil || len(name) == 1 && cmd.Flags().ShorthandLookup(name) != nil {
				t.Errorf("%s's %s is a flag of mailprobe %s", row.tool, row.theirs, command)
			}
			for _, m := range flag.FindAllStringSubmatch(strings.ReplaceAll(row.ours, versionHint, ""), -1) {
				if cmd.Flags().Lookup(m[1]) == nil {
					t.Errorf("%s's %s is said to be --%s, which there is not", row.tool, row.theirs, m[1])
				}
			}
		}
	}
}
