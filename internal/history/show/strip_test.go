package show

import (
	"slices"
	"testing"
	"time"

	"mailprobe/internal/history"
)

// TestStrip: days that are all OK, or without results, are drawn as one stroke; others from
// top to bottom, with a note.
func TestStrip(t *testing.T) {
	d := Data{Since: until.AddDate(0, 0, -5), Until: until, Each: 24 * time.Hour}
	day := func(n int, c history.Counts) history.Day {
		return history.Day{Date: until.UTC().Truncate(24*time.Hour).AddDate(0, 0, n-5), Counts: c}
	}
	s := d.Strip(Check{Days: []history.Day{
		day(1, history.Counts{OK: 4}), day(2, history.Counts{OK: 4}), day(3, history.Counts{OK: 2, Critical: 2}), day(4, history.Counts{Unknown: 1}), day(5, history.Counts{OK: 1}),
	}})
	want := []StripPath{
		{"none whole", "M0 16h8"}, {"critical", "M34 0v16"}, {"ok part", "M34 16v16"}, {"unknown", "M41 0v32m6 -32v32"}, {"ok whole", "M10 16h18M50 16h8"},
	}
	if !slices.Equal(s.Paths, want) || s.Width != 58 || s.Each != 86400 {
		t.Errorf("%+v", s)
	}
	if s.Notes != "3 50.00 % up, 2 OK, 2 critical\n4 not known, 1 unknown" {
		t.Errorf("%q", s.Notes)
	}
}
