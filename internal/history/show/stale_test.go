package show

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// TestStale: a result that is older than it should be, or dated by a clock that was ahead,
// is shown neither as OK nor as current.
func TestStale(t *testing.T) {
	for name, c := range map[string]struct {
		at       time.Duration // of the result, before now
		expected time.Duration // of the next, after the result; 0 for not known
		status   probe.Status
		verdict  string
		checked  string
	}{
		"fresh":         {0, 10 * time.Minute, probe.OK, "The check is OK", "just now"},
		"not known":     {time.Hour, 0, probe.OK, "The check is OK", "1 h 0 min ago"},
		"in time":       {10 * time.Minute, 10 * time.Minute, probe.OK, "The check is OK", "10 min ago"},
		"too old":       {11 * time.Minute, 10 * time.Minute, probe.Unknown, "The check is out of date", "11 min ago"},
		"from tomorrow": {-24 * time.Hour, 48 * time.Hour, probe.Unknown, "The check is out of date", "by a clock that was ahead"},
		"while it ran":  {-2 * time.Second, 10 * time.Minute, probe.OK, "The check is OK", "just now"},
	} {
		t.Run(name, func(t *testing.T) {
			d := one(t, until.Add(-c.at), c.expected)
			if got := d.Checks[0].Status(); got != c.status {
				t.Errorf("the status is %s", got)
			}
			p := d.page("")
			if p.Verdict != c.verdict || p.Status != c.status || p.Groups[0].Checks[0].Checked.Text != c.checked {
				t.Errorf("%s %q, checked %q", p.Status, p.Verdict, p.Groups[0].Checks[0].Checked.Text)
			}
			var text, object bytes.Buffer
			if err := d.Table(&text, report.Options{Width: 100}); err != nil {
				t.Fatal(err)
			}
			if err := d.JSON(&object); err != nil {
				t.Fatal(err)
			}
			stale := c.status == probe.Unknown
			if strings.Contains(text.String(), "out of date: mx\n") != stale || strings.Contains(object.String(), `"stale": true`) != stale {
				t.Errorf("%s\n%s", &text, &object)
			}
		})
	}
}

// one gathers the data of a history with one result that is OK.
func one(t *testing.T, at time.Time, expected time.Duration) *Data {
	t.Helper()
	clock := at
	if clock.Before(until) {
		clock = until
	}
	s, err := history.Open(t.Context(), filepath.Join(t.TempDir(), history.FileName), history.Options{Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	state := history.State{Name: "mx", LastRun: at}
	if expected > 0 {
		state.Expected = at.Add(expected)
	}
	r := &probe.Result{Check: "smtp", Target: "mx.example.org", Start: at, Status: probe.OK, Steps: []probe.Step{{Name: "look", Status: probe.OK}}}
	b := history.Batch{Start: at, Entries: []history.Entry{{Name: "mx", Result: r}}, States: []history.State{state}}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	d, err := Gather(t.Context(), s, history.Filter{Since: until.AddDate(0, 0, -7)}, until)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOutOfDate: the verdict counts checks that are out of date.
func TestOutOfDate(t *testing.T) {
	check := func(stale bool, status probe.Status) Check {
		return Check{Stale: stale, Latest: &probe.Result{Status: status}}
	}
	for _, c := range []struct {
		checks  []Check
		status  probe.Status
		verdict string
	}{
		{[]Check{check(true, probe.OK), check(false, probe.OK)}, probe.Unknown, "1 of 2 checks is out of date"},
		{[]Check{check(true, probe.OK), check(true, probe.OK), check(false, probe.OK)}, probe.Unknown, "2 of 3 checks are out of date"},
		{[]Check{check(true, probe.OK), check(true, probe.Critical)}, probe.Unknown, "All 2 checks are out of date"},
		{[]Check{check(true, probe.OK), check(false, probe.Critical), check(false, probe.OK)}, probe.Critical, "Of 3 checks 1 not OK, 1 out of date"},
	} {
		d := &Data{Checks: c.checks}
		if status, verdict := d.verdict(); status != c.status || verdict != c.verdict {
			t.Errorf("%s %q, want %s %q", status, verdict, c.status, c.verdict)
		}
	}
}
