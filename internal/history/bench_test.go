package history_test

import (
	"path/filepath"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/historytest"
)

// BenchmarkCommit is a run of 100 checks. bench/history measures a whole database.
func BenchmarkCommit(b *testing.B) {
	s, err := history.Open(b.Context(), filepath.Join(b.TempDir(), history.FileName), history.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	at := time.Now().Add(-24 * time.Hour)
	next := historytest.Plan{Checks: 100, Days: 90, Every: 5 * time.Minute, Until: at.Add(48 * time.Hour)}.Maker()
	for b.Loop() {
		at = at.Add(time.Minute)
		b.StopTimer()
		batch := next(at)
		b.StartTimer()
		if err := s.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}
