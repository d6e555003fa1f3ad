package history

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mailprobe/probe"
)

// failsAt is when the check of the tests below fails: once in its first days, and twice
// within the hour that is not summed up yet.
var failsAt = []int{30, 31, 500, 718, 719}

// hourlyRuns returns a history of one check that ran every hour for 720 hours, and its end.
func hourlyRuns(t *testing.T) (*Store, time.Time) {
	t.Helper()
	begin := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	now := begin
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for hour := range 720 {
		now = begin.Add(time.Duration(hour) * time.Hour)
		if hour == 719 { // within an hour of the run before
			now = now.Add(-time.Minute)
		}
		status := probe.OK
		if slices.Contains(failsAt, hour) {
			status = probe.Critical
		}
		commitRun(t, s, session("a", now, status, ""))
	}
	return s, now.Add(time.Minute)
}

// TestBefore pages through the results of a check, and through those that failed.
func TestBefore(t *testing.T) {
	s, end := hourlyRuns(t)
	page := func(before time.Time, limit int, failing bool) (all []string) {
		found, err := s.Before(t.Context(), "mx", before, limit, failing)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found {
			all = append(all, fmt.Sprint(one.Result.Start.Format("01-02 15:04 "), one.Result.Status))
		}
		return all
	}
	day := func(hour int) time.Time { return time.Date(2026, 9, 1, hour, 0, 0, 0, time.UTC) }
	for _, e := range []struct {
		before  time.Time
		limit   int
		failing bool
		want    []string
	}{
		{end, 3, false, []string{"09-30 22:59 CRITICAL", "09-30 22:00 CRITICAL", "09-30 21:00 OK"}},
		{day(1), 3, false, []string{"09-01 00:00 OK"}},
		{day(0), 3, false, nil},
		{end, 3, true, []string{"09-30 22:59 CRITICAL", "09-30 22:00 CRITICAL", "09-21 20:00 CRITICAL"}},
		{day(500), 9, true, []string{"09-02 07:00 CRITICAL", "09-02 06:00 CRITICAL"}},
		{day(31), 9, true, []string{"09-02 06:00 CRITICAL"}},
		{day(30), 9, true, nil},
	} {
		if got := page(e.before, e.limit, e.failing); !slices.Equal(got, e.want) {
			t.Errorf("before %s, %v: %q, want %q", e.before, e.failing, got, e.want)
		}
	}
	if other, err := s.Before(t.Context(), "other", end, 9, true); err != nil || len(other) > 0 {
		t.Errorf("another check has %v, %v", other, err)
	}
}

// TestUntil: a filter ends where it says, and tallies are days without times.
func TestUntil(t *testing.T) {
	s, _ := hourlyRuns(t)
	f := Filter{Since: time.Date(2026, 9, 2, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 9, 3, 12, 0, 0, 0, time.UTC)}
	days, err := s.Days(t.Context(), f)
	if err != nil || len(days) != 1 || len(days[0].Days) != 2 || days[0].Days[0].Critical != 2 || days[0].Days[0].Times[Total] == nil {
		t.Errorf("days: %+v, %v", days, err)
	}
	tallies, err := s.Tallies(t.Context(), f, f.Until)
	if err != nil || len(tallies) != 1 || tallies[0].Days[0].Counts != days[0].Days[0].Counts || len(tallies[0].Days[0].Times) > 0 || len(tallies[0].Days[1].Times) == 0 {
		t.Errorf("tallies: %+v, %v", tallies, err)
	}
	slots, err := s.Slots(t.Context(), Filter{Since: f.Since, Until: f.Since.Add(5 * time.Hour)}, 2*time.Hour)
	if err != nil || len(slots) != 1 || len(slots[0].Days) != 3 || slots[0].Days[2].OK != 2 {
		t.Errorf("slots: %+v, %v", slots, err)
	}
}

// TestIncidentByID: an incident is found by its ID with its events, and the open one is
// the first of the recent ones.
func TestIncidentByID(t *testing.T) {
	s, end := hourlyRuns(t)
	open := Incident{ID: "one", Name: "mx", Opened: end.Add(-48 * time.Hour), Events: []Event{
		{At: end.Add(-48 * time.Hour), Kind: EventOpened, Result: session("a", end, probe.Critical, "full")},
	}}
	closed := Incident{ID: "two", Name: "mx", Opened: end.Add(-time.Hour), Closed: end}
	if err := s.Commit(t.Context(), Batch{Incidents: []Incident{open, closed}}); err != nil {
		t.Fatal(err)
	}
	i, found, err := s.Incident(t.Context(), "one")
	if err != nil || !found || !i.Open() || len(i.Events) != 1 || i.Events[0].Result.Cause.Name != "full" {
		t.Errorf("%+v, %v, %v", i, found, err)
	}
	if _, found, err := s.Incident(t.Context(), "three"); found || err != nil {
		t.Errorf("there is an incident that is not: %v", err)
	}
	recent, err := s.RecentIncidents(t.Context(), Filter{}, 1)
	if err != nil || len(recent) != 1 || recent[0].ID != "one" {
		t.Errorf("%+v, %v", recent, err)
	}
}
