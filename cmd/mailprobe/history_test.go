package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mailprobe/history"
	"mailprobe/history/historytest"
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
