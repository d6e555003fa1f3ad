package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
)

// damagedEnv has the history that the test binary uses when it is one of several
// processes that find it damaged; with _AS appended, the name of the process.
const damagedEnv = "MAILPROBE_HISTORY_DAMAGED"

// useDamaged does what a run does: it reads the states, and writes a result and a state
// of its own, several times.
func useDamaged(path, who string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	for i := range 3 {
		if _, err := s.States(ctx); err != nil {
			return errors.Join(fmt.Errorf("states: %w", err), s.Close())
		}
		b := Batch{Start: begin, States: []State{{Name: fmt.Sprint(who, i)}}}
		if i > 0 {
			b.Entries = []Entry{{who, result(begin, probe.OK)}} // which finds the damage
		}
		if err := s.Commit(ctx, b); err != nil {
			return errors.Join(fmt.Errorf("commit: %w", err), s.Close())
		}
	}
	return s.Close()
}

// TestDamageRace: several processes find a history damaged, at different points of their
// work. No state is lost, neither those in the history nor those of the processes.
func TestDamageRace(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	users := []string{"a", "b", "c", "d"}
	want := []string{"mx", "other"}
	for _, who := range users {
		want = append(want, who+"0", who+"1", who+"2")
	}
	slices.Sort(want)
	for round := range nightly(6, 300) {
		path := failing(t)
		spoil(t, path, "result", "latest")
		var all []*exec.Cmd
		said := make([]bytes.Buffer, len(users))
		for i, who := range users {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), damagedEnv+"="+path, damagedEnv+"_AS="+who)
			cmd.Stderr = &said[i]
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			all = append(all, cmd)
		}
		for i, cmd := range all {
			if err := cmd.Wait(); err != nil {
				t.Errorf("round %d, %s: %v: %s", round, users[i], err, &said[i])
			}
		}
		states, err := open(t, path).States(t.Context())
		if got := slices.Sorted(maps.Keys(states)); err != nil || !slices.Equal(got, want) {
			t.Errorf("round %d: %q, %v", round, got, err)
		}
		aside := slices.DeleteFunc(asides(t, path), func(name string) bool {
			return strings.HasSuffix(name, "-wal") || strings.HasSuffix(name, "-shm")
		})
		if len(aside) != 1 {
			t.Errorf("round %d: set aside %q", round, aside)
		}
		if t.Failed() {
			left, _ := filepath.Glob(path + "*")
			t.Fatalf("round %d: there are %q", round, left)
		}
	}
}
