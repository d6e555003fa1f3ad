package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/historytest"
)

// TestReportOnTerminal: no page is poured on a terminal; one that goes to a file is
// written, whoever looks on.
func TestReportOnTerminal(t *testing.T) {
	dir := t.TempDir()
	s, err := history.Open(t.Context(), filepath.Join(dir, history.FileName), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	plan := historytest.Plan{Checks: 1, Days: 1, Every: time.Hour, Until: time.Now()}
	if err := plan.Fill(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	out, code := runOnTerminal(t, 80, 24, time.Minute, "report", "--state", dir)
	if code != 3 || !strings.HasPrefix(out, "mailprobe: the page is HTML: ") || strings.Count(out, "\n") != 1 {
		t.Errorf("exit %d, shown is %.200q", code, out)
	}
	page := filepath.Join(dir, "report.html")
	if out := onTerminal(t, 80, 24, time.Minute, "report", "--state", dir, "-o", page); out != "" {
		t.Errorf("shown is %.200q", out)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.HasPrefix(string(text), "<!doctype html>") {
		t.Errorf("%.20q, %v", text, err)
	}
}
