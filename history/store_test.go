package history

import (
	"path/filepath"
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

// result makes a result of three steps.
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
