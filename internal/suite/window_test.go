package suite

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the rules must be there
)

// TestWindowNights: a check of every day with a window in the night runs once in each
// night, also in those in which the clock is set, wherever the window is, and also
// after a run that was late.
func TestWindowNights(t *testing.T) {
	for _, place := range []struct {
		name   string
		nights []string // in which the clock is set
	}{
		{"Europe/Berlin", []string{"2026-03-29", "2026-10-25"}},       // 02:00 to 03:00, 03:00 to 02:00
		{"America/New_York", []string{"2026-03-08", "2026-11-01"}},    // likewise
		{"Australia/Lord_Howe", []string{"2026-04-05", "2026-10-04"}}, // half an hour
		{"UTC", []string{"2026-03-29"}},
	} {
		location, err := time.LoadLocation(place.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, night := range place.nights {
			for _, window := range []string{"02:00-03:00", "02:00-02:30", "01:30-02:30", "02:30-03:30", "03:00-04:00", "01:00-04:00", "22:00-06:00", "23:30-02:30"} {
				for _, tick := range []time.Duration{5 * time.Minute, 30 * time.Minute} {
					t.Run(fmt.Sprint(place.name, " ", night, " ", window, " ", tick), func(t *testing.T) {
						oneNightEach(t, location, night, window, tick)
					})
				}
			}
		}
	}
}

// oneNightEach runs a check by a clock that ticks, from four days before a night to
// four days after it. Its first run is late.
func oneNightEach(t *testing.T, location *time.Location, night, window string, tick time.Duration) {
	check := &Check{Settings: Settings{Every: 24 * time.Hour}}
	if err := check.Between.UnmarshalText([]byte(window)); err != nil {
		t.Fatal(err)
	}
	item := &Item{Check: check}
	middle, err := time.ParseInLocation(time.DateOnly, night, location)
	if err != nil {
		t.Fatal(err)
	}
	var last time.Time
	var runs []string
	for now := middle.AddDate(0, 0, -4).Add(12 * time.Hour); now.Before(middle.AddDate(0, 0, 4)); now = now.Add(tick) {
		late := last.IsZero() && check.Between.Has(now) && check.Between.Has(now.Add(tick))
		if !late && item.Due(last, now.Add(2*time.Second)) {
			last = now
			runs = append(runs, now.Format("02 15:04 MST"))
		}
	}
	if len(runs) != 7 && !(strings.HasPrefix(window, "2") && len(runs) == 8) {
		t.Errorf("%d runs: %q", len(runs), runs)
	}
}

// TestWindowLeftOut: what the clock leaves out opens afterwards, as long as it is.
func TestWindowLeftOut(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		window string
		utc    string
		want   bool
	}{
		{"02:00-03:00", "2026-03-29T00:59:59Z", false}, // 01:59:59
		{"02:00-03:00", "2026-03-29T01:00:00Z", true},  // 03:00
		{"02:00-03:00", "2026-03-29T01:59:59Z", true},
		{"02:00-03:00", "2026-03-29T02:00:00Z", false},
		{"02:15-02:45", "2026-03-29T01:29:59Z", true},
		{"02:15-02:45", "2026-03-29T01:30:00Z", false},
		{"02:30-03:30", "2026-03-29T01:29:59Z", true}, // the half of it that there is
		{"02:30-03:30", "2026-03-29T01:30:00Z", false},
		{"mon-fri 02:00-03:00", "2026-03-29T01:00:00Z", false}, // a Sunday
		{"sun 02:00-03:00", "2026-03-29T01:00:00Z", true},
		{"01:00-02:00", "2026-03-29T01:00:00Z", false},
		{"02:00-03:00", "2026-03-28T01:30:00Z", true},  // 02:30
		{"02:00-03:00", "2026-03-28T02:00:00Z", false}, // 03:00
		{"02:00-03:00", "2026-10-25T00:30:00Z", true},  // 02:30, summer time
		{"02:00-03:00", "2026-10-25T01:30:00Z", true},  // 02:30, again
		{"02:00-03:00", "2026-10-25T02:00:00Z", false},
	} {
		var w Window
		if err := w.UnmarshalText([]byte(c.window)); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Has(at.In(berlin)); got != c.want {
			t.Errorf("%s at %s: %v", c.window, at.In(berlin), got)
		}
	}
}

// TestDueByNights: of whole days the windows count, of others the time.
func TestDueByNights(t *testing.T) {
	for _, c := range []struct {
		every     time.Duration
		last, now string
		want      bool
	}{
		{24 * time.Hour, "2026-05-01T02:50:00Z", "2026-05-02T02:00:00Z", true},
		{24 * time.Hour, "2026-05-02T02:00:00Z", "2026-05-02T02:55:00Z", false},
		{48 * time.Hour, "2026-05-01T02:50:00Z", "2026-05-02T02:55:00Z", false},
		{48 * time.Hour, "2026-05-01T02:50:00Z", "2026-05-03T02:00:00Z", true},
		{24 * time.Hour, "2026-05-01T17:00:00Z", "2026-05-02T02:00:00Z", true}, // by hand, outside of it
		{30 * time.Minute, "2026-05-02T02:00:00Z", "2026-05-02T02:30:00Z", true},
		{36 * time.Hour, "2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z", false},
	} {
		check := &Check{Settings: Settings{Every: c.every}}
		if err := check.Between.UnmarshalText([]byte("02:00-03:00")); err != nil {
			t.Fatal(err)
		}
		last, _ := time.Parse(time.RFC3339, c.last)
		now, _ := time.Parse(time.RFC3339, c.now)
		if got := (&Item{Check: check}).Due(last, now); got != c.want {
			t.Errorf("every %s, last %s, now %s: %v", c.every, c.last, c.now, got)
		}
	}
}

// TestExpected: what is known of a check is up to date for twice its interval, or that
// of the runs, and as much longer as it may not run.
func TestExpected(t *testing.T) {
	at := time.Date(2026, 11, 2, 17, 0, 0, 0, time.UTC) // a Monday
	for _, c := range []struct {
		every   time.Duration
		between string
		since   time.Duration // since the run before; 0 for none
		want    time.Duration
	}{
		{0, "", 0, 10 * time.Minute},
		{0, "", time.Hour, 2 * time.Hour},
		{0, "", 30 * 24 * time.Hour, 10 * time.Minute}, // it was switched off
		{time.Hour, "", 5 * time.Minute, 2 * time.Hour},
		{24 * time.Hour, "", 24 * time.Hour, 48 * time.Hour},
		{0, "08:00-18:00", 5 * time.Minute, 10 * time.Minute},
		{2 * time.Hour, "08:00-18:00", 0, 17 * time.Hour},                    // 08:00 and two hours
		{24 * time.Hour, "mon 08:00-18:00", 0, (6*24 + 15 + 24) * time.Hour}, // Monday week and a day
	} {
		check := &Check{Settings: Settings{Every: c.every}}
		if c.between != "" {
			if err := check.Between.UnmarshalText([]byte(c.between)); err != nil {
				t.Fatal(err)
			}
		}
		var last time.Time
		if c.since > 0 {
			last = at.Add(-c.since)
		}
		if got := (&Outcome{Item: &Item{Check: check}, At: at, interval: 5 * time.Minute}).expected(last).Sub(at); got != c.want {
			t.Errorf("every %s between %q, %s after the last: %s, want %s", c.every, c.between, c.since, got, c.want)
		}
	}
}
