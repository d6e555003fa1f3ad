package main

import (
	"io"
	"regexp"
	"strings"
	"testing"
)

// What is said to do the same as a flag of another tool is a flag of ours.
func TestForeignFlags(t *testing.T) {
	flag := regexp.MustCompile(`--([a-z-]+)`)
	for command, rows := range foreignFlags {
		root := newRoot(&app{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}, []string{command})
		cmd, _, err := root.Find([]string{command})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, m := range flag.FindAllStringSubmatch(row.ours, -1) {
				if cmd.Flags().Lookup(m[1]) == nil {
					t.Errorf("%s's %s is said to be --%s, which there is not", row.tool, row.theirs, m[1])
				}
			}
		}
	}
}
