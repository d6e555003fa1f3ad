package history

import (
	"path/filepath"
	"testing"
	"time"

	"mailprobe/probe"
)

// TestRefused: a refused recipient or log-in does not count as up, in days, hours and
// single results.
func TestRefused(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	fine, refused := result(begin, probe.OK), result(begin.Add(time.Minute), probe.Warning)
	refused.Refused = true
	later := result(begin.Add(2*time.Minute), probe.Warning)
	for _, r := range []*probe.Result{fine, refused, later} {
		if err := s.Commit(t.Context(), Batch{Start: r.Start, Entries: []Entry{{"mx", r}}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, read := range map[string]func() ([]SeriesDays, error){
		"days":  func() ([]SeriesDays, error) { return s.Days(t.Context(), Filter{}) },
		"hours": func() ([]SeriesDays, error) { return s.Hours(t.Context(), Filter{}) },
	} {
		all, err := read()
		if err != nil || len(all) != 1 || len(all[0].Days) != 1 {
			t.Fatalf("%s: %+v, %v", name, all, err)
		}
		if up, known := all[0].Days[0].Up(); !known || up < 0.66 || up > 0.67 || all[0].Days[0].Refused != 1 {
			t.Errorf("%s: %+v is up %g", name, all[0].Days[0].Counts, up)
		}
	}
	if n := count(t, s, `result WHERE refused`); n != 1 {
		t.Errorf("%d single results are of a refusal, not 1", n)
	}
}
