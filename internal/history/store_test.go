package history

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"mailprobe/probe"
)

var begin = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{Now: func() time.Time { return begin }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// result returns a result of three steps.
func result(at time.Time, status probe.Status) *probe.Result {
	r := &probe.Result{
		Check: "smtp", Target: "mx.example.org", Address: "192.0.2.25:25", Start: at,
		Elapsed: 108 * time.Millisecond, Status: status, Summary: "said " + status.String(),
		Steps: []probe.Step{
			{Name: "resolve", Status: probe.OK, Elapsed: time.Millisecond, Detail: "192.0.2.25"},
			{Name: "starttls", Status: probe.OK, Elapsed: 24 * time.Millisecond},
			{Name: "rcpt", Status: status, Elapsed: 12345 * time.Microsecond, Detail: "250 ok", Hint: "none"},
		},
	}
	r.Steps[1].Learn(probe.Duration("handshake", 12*time.Millisecond),
		probe.Number("cert_days_left", 90, probe.None), probe.Text("cert_subject", "CN=mx.example.org"))
	r.Steps[2].Learn(probe.Duration(probe.TotalFact, r.Elapsed))
	return r
}

func TestCommitAndStates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", FileName)
	s := open(t, path)
	id := IncidentID("mx", begin)
	b := Batch{
		Start: begin, Elapsed: time.Second,
		Entries: []Entry{{"mx", result(begin, probe.Critical)}},
		States:  []State{{Name: "mx", Status: probe.Critical, Since: begin, Incident: id}},
		Incidents: []Incident{{ID: id, Name: "mx", Opened: begin, Status: probe.Critical, Worst: probe.Critical,
			Events: []Event{{At: begin, Kind: EventOpened, Status: probe.Critical, Result: result(begin, probe.Critical)}}}},
		Notifications: []Notification{{ID: NotificationID("mail", id), Notifier: "mail", Created: begin}},
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	states, err := open(t, path).States(t.Context())
	if err != nil || states["mx"].Version != 1 || states["mx"].Incident != id || !states["mx"].Since.Equal(begin) {
		t.Errorf("%+v, %v", states, err)
	}
	pending, err := s.Pending(t.Context())
	if err != nil || len(pending) != 1 || pending[0].ID != b.Notifications[0].ID {
		t.Errorf("%+v, %v", pending, err)
	}
}

// TestStale: a batch based on an outdated state changes nothing.
func TestStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	one, two := open(t, path), open(t, path)
	first := Batch{States: []State{{Name: "mx"}}}
	if err := one.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	states, err := two.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Commit(t.Context(), Batch{States: []State{states["mx"]}}); err != nil {
		t.Fatal(err)
	}
	late := Batch{
		Start: begin, Entries: []Entry{{"mx", result(begin, probe.OK)}},
		States:        []State{{Name: "other"}, states["mx"]},
		Incidents:     []Incident{{ID: "1", Name: "mx", Opened: begin}},
		Notifications: []Notification{{ID: "1", Created: begin}},
	}
	if err := two.Commit(t.Context(), late); !errors.Is(err, ErrStale) {
		t.Fatalf("%v", err)
	}
	incidents, err := one.Incidents(t.Context(), Filter{})
	days, err2 := one.Days(t.Context(), Filter{})
	states, err3 := one.States(t.Context())
	if err := errors.Join(err, err2, err3); err != nil || len(incidents)+len(days)+len(pending(t, one)) > 0 || len(states) != 1 {
		t.Errorf("%v, %v, %v, %v", incidents, days, states, err)
	}
}

// TestOneOpenIncident: the database itself refuses a second one.
func TestOneOpenIncident(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	for i, at := range []time.Time{begin, begin.Add(time.Hour)} {
		err := s.Commit(t.Context(), Batch{Incidents: []Incident{{ID: IncidentID("mx", at), Name: "mx", Opened: at}}})
		if (err != nil) != (i > 0) {
			t.Errorf("incident %d: %v", i, err)
		}
	}
}

// TestIncident: events are returned in order with their results.
func TestIncident(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	inc := Incident{ID: IncidentID("mx", begin), Name: "mx", Kind: "smtp", Target: "mx.example.org", Opened: begin, Worst: probe.Warning}
	for i, kind := range []string{EventOpened, EventWorse, EventClosed} {
		at := begin.Add(time.Duration(i) * time.Hour)
		inc.Events = []Event{{At: at, Kind: kind, Summary: kind, Result: result(at, probe.Critical)}}
		if kind == EventClosed {
			inc.Closed = at
		}
		for range 2 { // written twice it is one
			if err := s.Commit(t.Context(), Batch{Incidents: []Incident{inc}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, err := s.Incidents(t.Context(), Filter{Name: "mx", Since: begin})
	if err != nil || len(all) != 1 || len(all[0].Events) != 3 || all[0].Open() || all[0].Duration(begin) != 2*time.Hour {
		t.Fatalf("%+v, %v", all, err)
	}
	if e := all[0].Events[1]; e.Kind != EventWorse || e.Result == nil || e.Result.Steps[2].Hint != "none" {
		t.Errorf("%+v", e)
	}
	if all, err = s.Incidents(t.Context(), Filter{Since: begin.Add(3 * time.Hour)}); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestLateResult: an older result does not replace the latest one.
func TestLateResult(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	for _, at := range []time.Time{begin, begin.Add(-time.Minute), begin.Add(-time.Minute)} {
		if err := s.Commit(t.Context(), Batch{Entries: []Entry{{"mx", result(at, probe.OK)}}}); err != nil {
			t.Fatal(err)
		}
	}
	latest, err := s.Latest(t.Context(), Filter{})
	if err != nil || len(latest) != 1 || !latest[0].Result.Start.Equal(begin) {
		t.Errorf("%+v, %v", latest, err)
	}
	if days, err := s.Days(t.Context(), Filter{}); err != nil || days[0].Days[0].OK != 2 {
		t.Errorf("%+v, %v", days, err)
	}
}

// TestKeep: what is past its retention is deleted, single results first.
func TestKeep(t *testing.T) {
	now := newClock(begin)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Keep: 10 * dayLength, Now: now.now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	inc := Incident{ID: "1", Name: "mx", Opened: begin, Closed: begin.Add(time.Hour)}
	b := Batch{Start: begin, Incidents: []Incident{inc}}
	for i := range 24 {
		at := begin.Add(time.Duration(i) * time.Hour)
		b.Entries = append(b.Entries, Entry{"mx", result(at, []probe.Status{probe.OK, probe.Critical}[i/12])})
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after                           time.Duration
		results, changes, days, inciden int
	}{
		{9 * dayLength, 24, 13, 2, 1}, {12 * dayLength, 0, 2, 2, 1}, {120 * dayLength, 0, 0, 0, 0},
	} {
		for at := now.now(); at.Before(begin.Add(c.after)); at = at.Add(dayLength) { // a run a day
			now.ms.Store(at.Add(dayLength).UnixMilli())
			if err := s.Commit(t.Context(), Batch{}); err != nil {
				t.Fatal(err)
			}
		}
		results, changes := count(t, s, "result"), count(t, s, "whole")
		days, err := s.Days(t.Context(), Filter{})
		incidents, err2 := s.Incidents(t.Context(), Filter{})
		sum := 0
		for _, d := range days {
			sum += len(d.Days)
		}
		if err := errors.Join(err, err2); err != nil || results != c.results || changes != c.changes || sum != c.days || len(incidents) != c.inciden {
			t.Errorf("after %s: %d results, %d whole, %d days, %d incidents, %v", c.after, results, changes, sum, len(incidents), err)
		}
	}
}

// count returns the number of rows of a table of the history.
func count(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestClockAhead: a run with a clock that is a year ahead deletes nothing, and does not
// hide what follows once the clock is right.
func TestClockAhead(t *testing.T) {
	now := newClock(begin)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Now: now.now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	run := func(at time.Time, status probe.Status) {
		now.ms.Store(at.UnixMilli())
		b := Batch{Start: at, Entries: []Entry{{"mx", result(at, status)}}}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 30 {
		run(begin.Add(time.Duration(i)*dayLength), probe.OK)
	}
	today := begin.Add(30 * dayLength)
	run(today.AddDate(1, 0, 0), probe.OK)
	run(today.AddDate(1, 0, 1), probe.OK)
	if n := count(t, s, "result"); n != 32 {
		t.Errorf("%d results are left of 32", n)
	}
	run(today, probe.Critical)
	latest, err := s.Latest(t.Context(), Filter{})
	if err != nil || len(latest) != 1 || !latest[0].Result.Start.Equal(today) || !latest[0].Since.Equal(today) || latest[0].Result.Status != probe.Critical {
		t.Errorf("%+v, %v", latest, err)
	}
	if r, found, err := s.LastRun(t.Context()); !found || err != nil || !r.Start.Equal(today) {
		t.Errorf("the last run is %+v, %v", r, err)
	}
	if n := count(t, s, "result"); n != 33 {
		t.Errorf("%d results are left of 33", n)
	}
	// What is too old is deleted in the end.
	for i := range 100 {
		run(today.Add(time.Duration(i)*dayLength), probe.OK)
	}
	if n := count(t, s, "result"); n != 93 {
		t.Errorf("%d results are left, want those of 90 days, today's and two to come", n)
	}
}

// TestFullDisk: on a full disk a run is lost as a whole, and nothing else is.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	if err := s.Commit(t.Context(), Batch{States: []State{{Name: "mx"}}}); err != nil {
		t.Fatal(err)
	}
	s.db.SetMaxOpenConns(1) // the limit is that of a connection
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA max_page_count = 1"); err != nil {
		t.Fatal(err)
	}
	var b Batch
	for i := range 500 {
		b.Entries = append(b.Entries, Entry{"mx", result(begin.Add(time.Duration(i)*time.Minute), probe.Status(i%5))})
	}
	if err := s.Commit(t.Context(), b); !isFull(err) {
		t.Errorf("%v", err)
	}
	again := open(t, path)
	if states, err := again.States(t.Context()); err != nil || len(states) != 1 || again.Notice() != "" {
		t.Errorf("%v, %v", states, err)
	}
	if days, err := again.Days(t.Context(), Filter{}); err != nil || len(days) > 0 {
		t.Errorf("%v, %v", days, err)
	}
	if err := again.Commit(t.Context(), b); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", "/state")
	if dir, err := probe.StateDir(""); err != nil || dir != "/state/mailprobe" {
		t.Errorf("%s, %v", dir, err)
	}
	if file, err := File("/some/where"); err != nil || file != "/some/where/history.db" {
		t.Errorf("%s, %v", file, err)
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "/home/alice")
	want := "/home/alice/.local/state/mailprobe"
	if os.Geteuid() == 0 {
		want = "/var/lib/mailprobe"
	}
	if dir, err := probe.StateDir(""); err != nil || dir != want {
		t.Errorf("%s, %v", dir, err)
	}
}

// isFull reports whether there was no room for a write.
func isFull(err error) bool {
	f := faultOf(err)
	return f != nil && f.words == fullDisk || errors.Is(err, syscall.ENOSPC)
}
