package api

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/push"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// TestTokens: who goes away while tokens are read does not take them from those who come
// after, and a token that could not be read is read later, without a reload.
func TestTokens(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	text := `
checks:
  - {name: printed, kind: push, every: 1d, token_command: echo ` + backupToken + `}
  - {name: written, kind: push, every: 1d, token_file: ` + file + `}
`
	s, problems := suite.Parse("checks.yaml", []byte(text), []probe.Kind{push.Kind()})
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	now := time.Now()
	var logs []string
	a := New(Config{
		Scheduler: suite.NewScheduler(suite.ScheduleOptions{Suite: s, Dir: t.TempDir()}),
		Log:       func(err error) { logs = append(logs, err.Error()) }, Now: func() time.Time { return now },
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if a.receiver(gone, "x") != nil {
		t.Error("x is a token")
	}
	if to := a.receiver(t.Context(), backupToken); to == nil || to.ID != "printed" {
		t.Errorf("the token that a command prints is that of %v", to)
	}
	now = now.Add(rereadTokens)
	a.receiver(t.Context(), "x")
	if len(logs) != 1 || !strings.Contains(logs[0], "check written: token_file: ") {
		t.Errorf("logged is %q", logs)
	}
	if err := os.WriteFile(file, []byte(loopToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(rereadTokens)
	if to := a.receiver(t.Context(), loopToken); to == nil || to.ID != "written" {
		t.Errorf("the token of the file is that of %v", to)
	}
	if !a.tokens.again.IsZero() {
		t.Error("tokens are read again that are all known")
	}
}
