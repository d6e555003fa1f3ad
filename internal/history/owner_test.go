package history

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mailprobe/probe"
)

// ofFile opens a history for a file of checks, which it creates.
func ofFile(t *testing.T, path, file string, checks ...string) *Store {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path, Options{File: file, Checks: checks})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func commit(t *testing.T, s *Store, b Batch) {
	t.Helper()
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func stateOf(t *testing.T, s *Store, name string) State {
	t.Helper()
	states, err := s.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return states[name]
}

// TestTwoFiles: two files with a check and a notifier of the same name share no states,
// open incidents and notifications.
func TestTwoFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	a := ofFile(t, path, filepath.Join(dir, "a.yaml"), "imap")
	b := ofFile(t, path, filepath.Join(dir, "b.yaml"), "imap")
	for s, status := range map[*Store]probe.Status{a: probe.OK, b: probe.Critical} {
		commit(t, s, Batch{
			States:        []State{{Name: "imap", Status: status}},
			Incidents:     []Incident{{ID: "of " + status.String(), Name: "imap", Opened: begin}},
			Notifications: []Notification{{ID: status.String(), Notifier: "email", Created: begin}},
		})
	}
	for s, status := range map[*Store]probe.Status{a: probe.OK, b: probe.Critical} {
		if got := stateOf(t, s, "imap").Status; got != status {
			t.Errorf("%s is %s, want %s", s.options.File, got, status)
		}
		if all := pending(t, s); len(all) != 1 || all[0].ID != status.String() {
			t.Errorf("%s has %+v to send", s.options.File, all)
		}
	}
	same, err := a.Namesakes(t.Context())
	if want := map[string][]string{b.options.File: {"imap"}}; err != nil || fmt.Sprint(same) != fmt.Sprint(want) {
		t.Errorf("namesakes %v, %v", same, err)
	}
}

// TestTakenOver: states from versions that did not store the file are assigned to the
// first file with a check of that name, with incidents and unsent notifications.
func TestTakenOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, FileName)
	old, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, old, Batch{
		States:        []State{{Name: "imap", Status: probe.Critical, Incident: "1"}},
		Incidents:     []Incident{{ID: "1", Name: "imap", Opened: begin}},
		Notifications: []Notification{{ID: "n", Notifier: "email", Created: begin}},
	})
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	a := ofFile(t, path, filepath.Join(dir, "a.yaml"), "imap")
	state := stateOf(t, a, "imap")
	if state.Status != probe.Critical || state.Incident != "1" || len(pending(t, a)) != 1 {
		t.Fatalf("a has not taken over %+v", state)
	}
	state.Count = 3
	commit(t, a, Batch{States: []State{state}})
	b := ofFile(t, path, filepath.Join(dir, "b.yaml"), "imap")
	if got := stateOf(t, b, "imap"); got.Incident != "" {
		t.Errorf("b has taken it over, too: %+v", got)
	}
	// b has an incident of its own, although that of a is open.
	commit(t, b, Batch{Incidents: []Incident{{ID: "2", Name: "imap", Opened: begin}}})
	if got := stateOf(t, a, "imap"); got.Count != 3 || got.Version != state.Version+1 {
		t.Errorf("a's state is %+v", got)
	}
}

// TestMoved: a renamed file keeps its states; a copy does not get them, nor does a file
// with other checks.
func TestMoved(t *testing.T) {
	dir := t.TempDir()
	path, first := filepath.Join(dir, FileName), filepath.Join(dir, "first.yaml")
	s := ofFile(t, path, first, "imap", "pop")
	commit(t, s, Batch{States: []State{{Name: "imap", Count: 7}, {Name: "pop"}, {Name: " mailprobe"}}})
	if got := stateOf(t, ofFile(t, path, filepath.Join(dir, "copy.yaml"), "imap", "pop"), "imap"); got.Count != 0 {
		t.Errorf("a copy has the state of the original: %+v", got)
	}
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if got := stateOf(t, ofFile(t, path, filepath.Join(dir, "other.yaml"), "imap"), "imap"); got.Count != 0 {
		t.Errorf("a file with fewer checks has the state: %+v", got)
	}
	if got := stateOf(t, ofFile(t, path, filepath.Join(dir, "moved.yaml"), "imap", "pop", "new"), "imap"); got.Count != 7 {
		t.Errorf("the file that was moved has lost its state: %+v", got)
	}
}

// TestClockJump: what was delayed or claimed while the clock was a year ahead is due once
// the clock is right, and after MaxWait at most.
func TestClockJump(t *testing.T) {
	s, now, id := outbox(t)
	now.advance(365 * 24 * time.Hour)
	c := claim(t, s, id)
	if err := s.Failed(t.Context(), c, errors.New("down"), now.now().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	now.advance(MaxWait)
	if len(pending(t, s)) != 1 {
		t.Error("it waits longer than MaxWait")
	}
	claim(t, s, id) // and the process dies
	now.advance(-365 * 24 * time.Hour)
	if len(pending(t, s)) != 1 {
		t.Error("a claim of the future holds")
	}
}

// TestGivenUp: what was dropped after a time is returned until the notifier sends
// something newer.
func TestGivenUp(t *testing.T) {
	dir := t.TempDir()
	now := newClock(begin)
	s, err := Open(t.Context(), filepath.Join(dir, FileName), Options{Now: now.now, File: filepath.Join(dir, "a.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	commit(t, s, Batch{Notifications: []Notification{{ID: "1", Notifier: "slack"}, {ID: "2", Notifier: "slack"}, {ID: "3", Notifier: "slack"}}})
	for _, id := range []string{"1", "2"} {
		now.advance(time.Minute)
		if err := s.Drop(t.Context(), claim(t, s, id), errors.New("no "+id)); err != nil {
			t.Fatal(err)
		}
	}
	given, err := s.GivenUp(t.Context(), time.Time{})
	if err != nil || len(given) != 1 || given[0].Count != 2 || given[0].Error != "no 2" || !given[0].Since.Equal(begin.Add(time.Minute)) {
		t.Errorf("%+v, %v", given, err)
	}
	if given, _ := s.GivenUp(t.Context(), begin.Add(time.Minute)); len(given) != 1 || given[0].Count != 1 {
		t.Errorf("after the first: %+v", given)
	}
	for i, id := range []string{"3", "4"} {
		now.advance(time.Minute)
		if id == "4" {
			commit(t, s, Batch{Notifications: []Notification{{ID: "4", Notifier: "slack", Created: now.now()}}})
		}
		if err := s.Sent(t.Context(), claim(t, s, id)); err != nil {
			t.Fatal(err)
		}
		if given, _ := s.GivenUp(t.Context(), time.Time{}); len(given) != 1-i {
			t.Errorf("after %s was sent: %+v", id, given)
		}
	}
}

// TestStandings: the group of a check and the title of its file are stored, and change
// with the file.
func TestStandings(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	for _, title := range []string{"", "mail of example.org", "mail of example.net"} {
		s, err := Open(t.Context(), path, Options{File: "/etc/a.yaml", Title: title})
		if err != nil {
			t.Fatal(err)
		}
		states, err := s.States(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		state := states["mx"]
		state.Name, state.Group, state.Expected = "mx", "group of "+title, begin
		commit(t, s, Batch{States: []State{state}})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		reader, err := Open(t.Context(), path, Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		got, err := reader.Standings(t.Context())
		want := Standing{Expected: begin, Group: "group of " + title, Title: title}
		if err := errors.Join(err, reader.Close()); err != nil || len(got) != 1 || got["mx"] != want {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
}
