package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mailprobe/internal/history"
	"mailprobe/internal/history/historytest"
)

// remember is the script command
//
//	remember DIR
//
// which makes the history of three checks that ran each hour of the last five days.
func remember(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: remember DIR")
	}
	s, err := history.Open(context.Background(), filepath.Join(ts.MkAbs(args[0]), history.FileName), history.Options{})
	ts.Check(err)
	plan := historytest.Plan{Checks: 3, Days: 5, Every: time.Hour, Until: time.Now(), Banner: "ESMTP <script>"}
	ts.Check(plan.Fill(context.Background(), s))
	ts.Check(s.Close())
}

// damage is the script command
//
//	damage FILE
//
// which overwrites the pages of a history that hold the latest results.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage FILE")
	}
	const pageSize = 4096
	content := []byte(ts.ReadFile(args[0]))
	damaged := 0
	for page := pageSize; page+pageSize <= len(content); page += pageSize {
		if bytes.Contains(content[page:page+pageSize], []byte(`p{"name":`)) {
			copy(content[page:], bytes.Repeat([]byte{0x5a}, pageSize))
			damaged++
		}
	}
	if damaged == 0 {
		ts.Fatalf("%s holds no results", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}

// TestHistoryHostileName: the name of a check in a history, which an older version may have
// written, cannot reach the terminal.
func TestHistoryHostileName(t *testing.T) {
	dir := t.TempDir()
	s, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	result := historytest.Plan{Checks: 1, Days: 1, Every: time.Hour, Until: now}.Result(0, now)
	err = s.Commit(t.Context(), history.Batch{Start: now, Entries: []history.Entry{{Name: "\u202ered", Result: result}}})
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	run([]string{"history", "--state", dir, "nosuch"}, strings.NewReader(""), &said, &said)
	if !strings.Contains(said.String(), `there are: \u202ered`) || strings.Contains(said.String(), "\u202e") {
		t.Errorf("it says %q", said.String())
	}
}
