package history

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// failing creates a history with a failing check, a sent notification and an unsent one.
func failing(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	id := IncidentID("mx", begin)
	r := result(begin, probe.Critical)
	b := Batch{
		Start: begin, Entries: []Entry{{"mx", r}},
		States: []State{{Name: "mx", Status: probe.Critical, Since: begin, LastRun: begin, Incident: id}, {Name: "other", Status: probe.OK, LastRun: begin}},
		Incidents: []Incident{{ID: id, Name: "mx", Kind: "smtp", Target: "mx", Opened: begin, Status: probe.Critical, Worst: probe.Critical,
			Events: []Event{{At: begin, Kind: EventOpened, Status: probe.Critical, Result: r}}}},
		Notifications: []Notification{{ID: "sent", Notifier: "a", Created: begin, Payload: []byte("{}")}, {ID: "waits", Notifier: "b", Created: begin, Payload: []byte("{}")}},
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	c, ok, err := s.Claim(t.Context(), "sent", time.Minute)
	if err := errors.Join(err, s.HandOver(t.Context(), c), s.Sent(t.Context(), c), s.Close()); err != nil || !ok {
		t.Fatal(ok, err)
	}
	return path
}

// spoil overwrites the first pages of some tables.
func spoil(t *testing.T, path string, tables ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		var page int64
		if err := db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = ?", name).Scan(&page); err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteAt(bytes.Repeat([]byte{0x5a}, 4096), (page-1)*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(db.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestSalvage: if the results are damaged, the new history has the states, the open
// incidents, and what is still to be sent.
func TestSalvage(t *testing.T) {
	path := failing(t)
	spoil(t, path, "result", "latest")
	s := open(t, path)
	at := begin.Add(time.Hour)
	if err := s.Commit(t.Context(), Batch{Start: at, Entries: []Entry{{"mx", result(at, probe.Critical)}}}); err != nil {
		t.Fatal(err)
	}
	if want := "; recovered from it: 2 states, 1 incident, 1 event, 2 notifications"; !strings.HasSuffix(s.Notice(), want) || len(asides(t, path)) != 1 {
		t.Errorf("notice %q, set aside %q", s.Notice(), asides(t, path))
	}
	states, err := s.States(t.Context())
	if err != nil || states["mx"].Status != probe.Critical || states["mx"].Incident == "" || states["mx"].Version != 1 || len(states) != 2 {
		t.Errorf("%+v, %v", states, err)
	}
	incidents, err := s.Incidents(t.Context(), Filter{})
	if err != nil || len(incidents) != 1 || !incidents[0].Open() || len(incidents[0].Events) != 1 || incidents[0].Events[0].Result == nil {
		t.Errorf("%+v, %v", incidents, err)
	}
	pending, err := s.Pending(t.Context())
	if err != nil || len(pending) != 1 || pending[0].ID != "waits" || string(pending[0].Payload) != "{}" {
		t.Errorf("%+v, %v", pending, err)
	}
}

// TestSalvageWithoutStates: an incident without a state is closed, so that the failure
// can be reported again.
func TestSalvageWithoutStates(t *testing.T) {
	path := failing(t)
	spoil(t, path, "state")
	s := open(t, path)
	if states, err := s.States(t.Context()); err != nil || len(states) > 0 {
		t.Errorf("%+v, %v", states, err)
	}
	if !strings.Contains(s.Notice(), "1 incident") || !strings.HasSuffix(s.Notice(), "; "+forgotten) {
		t.Errorf("notice %q", s.Notice())
	}
	at := begin.Add(time.Hour)
	again := Incident{ID: IncidentID("mx", at), Name: "mx", Opened: at}
	if err := s.Commit(t.Context(), Batch{Start: at, Incidents: []Incident{again}}); err != nil {
		t.Fatal(err)
	}
	incidents, err := s.Incidents(t.Context(), Filter{})
	open := fmt.Sprint(len(incidents) == 2 && incidents[0].Open(), len(incidents) == 2 && incidents[1].Open())
	if err != nil || open != "true false" {
		t.Errorf("%+v, %v", incidents, err)
	}
}
