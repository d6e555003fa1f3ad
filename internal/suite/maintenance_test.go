package suite

import (
	"strings"
	"testing"
	"time"
)

// berlin sets its clock forward from 02:00 to 03:00 on 29 March 2026, and back from 03:00
// to 02:00 on 25 October 2026.
func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestMaintenanceRead: what a file can say of maintenance, and what is wrong or odd.
func TestMaintenanceRead(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{every: sun 02:00-04:00, timezone: Europe/Berlin, only: mx, reason: backup}", "sun 02:00-04:00 Europe/Berlin"},
		{"[{every: 02:00-04:00, timezone: UTC}]", "02:00-04:00 UTC"},
		{"{from: 2030-12-01 22:00, to: 2030-12-02 06:00, timezone: Europe/Berlin}", "2030-12-01 22:00 to 2030-12-02 06:00 CET"},
		{"{from: 2030-12-01T22:00+01:00, to: \"2030-12-02T06:00:00Z\", timezone: UTC}", "2030-12-01 21:00 to 2030-12-02 06:00 UTC"},
		{"{}", "error: maintenance has every, such as sun 02:00-04:00, or from and to"},
		{"nightly", "error: maintenance is a mapping with every, or with from and to"},
		{"{every: someday}", `error: every: "someday" is not a time of day such as 08:00-18:00 or mon-fri 08:00-18:00`},
		{"{every: 02:00-04:00, to: 2030-12-02 06:00}", "error: maintenance has either every, or from and to"},
		{"{from: 2030-12-02 06:00}", "error: maintenance has every, such as sun 02:00-04:00, or from and to"},
		{"{from: 2030-12-02 06:00, to: 2030-12-02 06:00, timezone: UTC}", "error: the maintenance ends before it begins"},
		{"{from: tomorrow, to: 2030-12-02 06:00}", `error: from: "tomorrow" is not a time such as 2026-12-01 22:00`},
		{"{from: 2030-02-30 06:00, to: 2030-12-02 06:00}", `error: from: "2030-02-30 06:00" is not a time such as 2026-12-01 22:00`},
		{"{every: 02:00-04:00, timezone: Europe/Berlni}", `error: there is no time zone "Europe/Berlni"; it has a name such as Europe/Berlin or UTC`},
		{"{every: 02:00-04:00, timezone: ../../etc/passwd}", `error: there is no time zone "../../etc/passwd"; it has a name such as Europe/Berlin or UTC`},
		{"{every: 02:00-04:00, only: [mx, nx]}", `error: "nx" is no name, tag or group of a check; did you mean mx?`},
		{"{every: 02:00-04:00, when: x}", `error: maintenance has no key "when"; `},
		{"{from: 2026-01-01 22:00, to: 2026-01-02 06:00, timezone: UTC}", "warning: this maintenance is over since 2026-01-02 06:00; nothing needs it any more"},
		{"{from: 2031-03-30 02:30, to: 2031-03-30 06:00, timezone: Europe/Berlin}", "warning: from: the clock of Europe/Berlin leaves 2031-03-30 02:30 out; it is taken as 03:00"},
	} {
		s, problems := Parse("checks.yaml", []byte("checks: [{name: mx, kind: fake, target: x}]\nmaintenance: "+c.text), flip(nil).kinds())
		got := problems.String()
		if len(problems) == 0 && len(s.Maintenance) == 1 {
			got = s.Maintenance[0].When()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s:\n%s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestMoments: a time that the clock shows twice is the earlier one where maintenance begins,
// and the later one where it ends; one that it never shows is when it was set.
func TestMoments(t *testing.T) {
	for _, c := range []struct{ text, from, to string }{
		{"2026-07-01 02:30", "00:30", "00:30"},
		{"2026-10-25 01:59", "23:59", "23:59"},
		{"2026-10-25 02:00", "00:00", "01:00"},
		{"2026-10-25 02:30", "00:30", "01:30"},
		{"2026-10-25 03:00", "02:00", "02:00"},
		{"2026-03-29 01:59", "00:59", "00:59"},
		{"2026-03-29 02:00", "01:00", "01:00"},
		{"2026-03-29 02:30", "01:00", "01:00"},
		{"2026-03-29 03:00", "01:00", "01:00"},
	} {
		from, _, err := parseMoment(c.text, berlin(t), time.Time.Before)
		to, exact, err2 := parseMoment(c.text, berlin(t), time.Time.After)
		if err != nil || err2 != nil || from.UTC().Format("15:04") != c.from || to.UTC().Format("15:04") != c.to {
			t.Errorf("%s begins at %s and ends at %s UTC, want %s and %s; %v, %v", c.text, from.UTC(), to.UTC(), c.from, c.to, err, err2)
		}
		if inGap := strings.HasPrefix(c.text, "2026-03-29 02"); exact == inGap {
			t.Errorf("%s is exact: %t", c.text, exact)
		}
	}
}

// TestWindowEnd: when a weekly window ends, also on days on which the clock is changed.
func TestWindowEnd(t *testing.T) {
	for _, c := range []struct{ window, at, want string }{
		{"02:00-04:00", "2026-07-01 00:30", "2026-07-01 02:00"},
		{"22:00-06:00", "2026-07-01 21:00", "2026-07-02 04:00"},
		{"22:00-06:00", "2026-07-01 03:00", "2026-07-01 04:00"},
		{"00:00-24:00", "2026-07-01 03:00", "2026-07-09 22:00"},         // as far as is looked
		{"sat-sun 00:00-24:00", "2026-07-04 03:00", "2026-07-05 22:00"}, // without a gap
		{"sat,sun 22:00-06:00", "2026-07-04 21:00", "2026-07-05 04:00"},
		{"sun 02:00-04:00", "2026-03-29 01:00", "2026-03-29 02:00"}, // an hour of it is left out
		{"sun 02:00-03:00", "2026-03-29 01:10", "2026-03-29 02:00"}, // all of it: it comes after that
		{"sun 02:00-03:00", "2026-10-25 00:10", "2026-10-25 02:00"}, // twice as long
		{"sun 01:00-04:00", "2026-10-24 23:10", "2026-10-25 03:00"},
	} {
		var w Window
		if err := w.UnmarshalText([]byte(c.window)); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(maintenanceLayout, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if at = at.In(berlin(t)); !w.Has(at) {
			t.Errorf("%s is not in %s", at, c.window)
		}
		end := w.end(at)
		if got := end.UTC().Format(maintenanceLayout); got != c.want {
			t.Errorf("%s at %s UTC ends at %s, want %s", c.window, c.at, got, c.want)
		}
	}
}

// FuzzMaintenance: whatever the file says, times are read without a panic, and a window ends
// after each time in it and is over then.
func FuzzMaintenance(f *testing.F) {
	for _, text := range []string{"sun 02:00-04:00", "mon-fri 22:00-06:00", "02:00-03:00", "00:00-24:00", "2026-10-25 02:30", "2026-03-29T02:30", "2026-12-01T22:00+01:00"} {
		f.Add(text, int64(1_774_746_000))
		f.Add(text, int64(1_792_889_999))
	}
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		from, _, err := parseMoment(text, zone, time.Time.Before)
		to, _, errTo := parseMoment(text, zone, time.Time.After)
		if (err == nil) != (errTo == nil) || err == nil && to.Before(from) {
			t.Errorf("%q is %s or %s, %v", text, from, to, err)
		}
		var w Window
		if w.UnmarshalText([]byte(text)) != nil {
			return
		}
		at := time.Unix(seconds%(1<<33), 0).In(zone)
		if !w.Has(at) {
			return
		}
		end := w.end(at)
		if !end.After(at) || end.Sub(at) > 10*24*time.Hour || w.Has(end) && end.Sub(at) < 7*24*time.Hour {
			t.Errorf("%q at %s ends at %s", text, at, end)
		}
	})
}
