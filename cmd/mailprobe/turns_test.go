package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/report/reporttest"
)

// TestDeliveriesInTurns: a check that is due again before its message has had its time
// judges the message of the run before, sends the next, and waits for none, by itself; one
// that is not waits for its own.
func TestDeliveriesInTurns(t *testing.T) {
	for every, want := range map[string][]string{
		"5m":  {"mailbox judge submit", "mailbox judge submit", "mailbox judge submit"},
		"10m": {"mailbox submit wait fetch delete verify"},
	} {
		t.Run(every, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { deliverInTurns(t, every, want) })
		})
	}
}

// deliverInTurns runs a file of checks once for each of the wanted lists of steps.
func deliverInTurns(t *testing.T, every string, want []string) {
	time.Sleep(time.Until(time.Date(2026, time.November, 2, 3, 0, 0, 0, time.UTC)))
	authority, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv("ALICE_PASSWORD", "correct horse battery")
	t.Setenv("XDG_STATE_HOME", dir)
	file := filepath.Join(dir, "checks.yaml")
	text := "checks: [{name: way, kind: deliver, every: " + every + `, timeout: 10m, to: alice@example.org, via: "smtp://mx.example.org",
  fetch: "pop3s://alice@mx.example.org", fetch_password_env: ALICE_PASSWORD}]`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	office := &postOffice{authority: authority}
	for i, steps := range want {
		var out, complaints bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &complaints, dns: documentation{}, dial: office.dial}
		begin := time.Now()
		code := a.run(t.Context(), []string{"check", "--print", "always", "-o", "jsonl", file})
		waited := time.Since(begin) > 900*time.Millisecond // in simulated time
		got, delivered := stepsOf(t, out.String())
		if code != 0 || got != steps || waited != strings.Contains(steps, "wait") {
			t.Errorf("run %d ended with %d after the steps %s, want %s\n%s%s", i+1, code, got, steps, out.String(), complaints.String())
		}
		if waits, first := strings.Contains(steps, "wait"), i == 0; (delivered == nil) != (first && !waits) {
			t.Errorf("run %d has %v for delivered", i+1, delivered)
		}
		time.Sleep(10 * time.Minute)
	}
}

// stepsOf returns the names of the steps of the only result that was printed, and its fact
// delivered.
func stepsOf(t *testing.T, printed string) (names string, delivered any) {
	t.Helper()
	results := reporttest.Valid(t, printed)
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	for _, step := range results[0]["steps"].([]any) {
		s := step.(map[string]any)
		names += " " + s["name"].(string)
		facts, _ := s["facts"].([]any)
		for _, fact := range facts {
			if f := fact.(map[string]any); f["name"] == "delivered" {
				delivered = f["value"]
			}
		}
	}
	return strings.TrimSpace(names), delivered
}
