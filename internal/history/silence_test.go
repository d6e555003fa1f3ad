package history

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/probe"
)

// schema8 unpacks the history that a mailprobe before silences has written, for two checks
// that fail.
func schema8(t *testing.T) string {
	t.Helper()
	f, err := os.Open("testdata/schema8.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBeforeSilences: what an older mailprobe has written is read as it was, and goes on
// with silences and acknowledgements.
func TestBeforeSilences(t *testing.T) {
	s, err := Open(t.Context(), schema8(t), Options{File: "/tmp/sil/fix/checks.yaml", Title: "before silences"})
	if err != nil || s.Notice() != "" {
		t.Fatal(err, s.Notice())
	}
	defer func() { _ = s.Close() }()
	states, err := s.States(t.Context())
	if err != nil || len(states) < 2 || states["mx"].Status != probe.Critical || states["mx"].Silenced != nil {
		t.Fatalf("%+v, %v", states, err)
	}
	days, err := s.Days(t.Context(), Filter{Name: "mx"})
	if err != nil || len(days) != 1 || days[0].Days[0].Critical != 3 || days[0].Days[0].Silenced != 0 {
		t.Errorf("%+v, %v", days, err)
	}
	failures, _, err := s.Failures(t.Context(), Filter{Name: "mx"}, 10)
	if err != nil || len(failures) != 3 || failures[0].Result.Silenced != nil {
		t.Errorf("%+v, %v", failures, err)
	}
	at := failures[0].Result.Start.Add(time.Minute)
	id := states["mx"].Incident
	if err := s.AddEvent(t.Context(), id, Event{At: at, Kind: EventAcknowledged, Status: probe.Critical, Summary: "on it", By: "alice"}); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Acknowledged(t.Context()); err != nil || len(all) != 1 || all[id].By != "alice" || all[id].Name != "mx" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := s.AddEvent(t.Context(), "nosuch", Event{At: at, Kind: EventAcknowledged}); !errors.Is(err, ErrClosed) {
		t.Errorf("an incident that there is not: %v", err)
	}
	r := failures[0].Result
	quiet := &probe.Result{Check: r.Check, Target: r.Target, Start: at, Status: probe.Critical, Silenced: &probe.Silenced{ID: "1", By: "alice", Reason: "new disk"}}
	if err := s.Commit(t.Context(), Batch{Start: at, Entries: []Entry{{"mx", quiet}}}); err != nil {
		t.Fatal(err)
	}
	days, err = s.Days(t.Context(), Filter{Name: "mx"})
	if err != nil || len(days) != 1 || days[0].Days[len(days[0].Days)-1].Silenced != 1 {
		t.Errorf("%+v, %v", days, err)
	}
	if one, err := s.At(t.Context(), "mx", at); err != nil || len(one) != 1 || one[0].Result.Silenced == nil || one[0].Result.Silenced.By != "alice" {
		t.Errorf("%+v, %v", one, err)
	}
}

// TestSilencedCounts: results that are silenced are counted as that alone, whatever they
// are, and are neither up nor down.
func TestSilencedCounts(t *testing.T) {
	var d Day
	for _, status := range []probe.Status{probe.OK, probe.Critical, probe.Warning, probe.Unknown, probe.Skipped} {
		r := result(begin, status)
		r.Silenced, r.Refused = &probe.Silenced{}, true
		d.Add(r)
	}
	if _, known := d.Up(); known || d.Counts != (Counts{Silenced: 5}) || d.Total() != 5 || d.Worst() != probe.Skipped {
		t.Errorf("%+v", d.Counts)
	}
	d.Add(result(begin, probe.OK))
	if up, _ := d.Up(); up != 1 || d.Worst() != probe.OK {
		t.Errorf("%+v", d.Counts)
	}
}

// TestSilencesOfFiles: each file has its own silences; processes that set some at once lose
// none, and two that end one do so once.
func TestSilencesOfFiles(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), FileName), begin
	open := func(file string) *Store {
		t.Helper()
		s, err := Open(t.Context(), path, Options{File: file, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	a, b := open("/a.yaml"), open("/b.yaml")
	var all sync.WaitGroup
	for i, s := range []*Store{a, b, open("/a.yaml")} {
		all.Go(func() {
			for j := range 5 {
				one := Silence{Word: fmt.Sprint("mx", i), Begin: begin, Until: begin.Add(time.Hour), By: "alice", Reason: fmt.Sprint(j)}
				if got, err := s.AddSilence(t.Context(), one); err != nil || got.ID == "" {
					t.Errorf("%+v, %v", got, err)
				}
				if err := s.Commit(t.Context(), Batch{Start: now, Entries: []Entry{{one.Word, result(now.Add(time.Duration(j)*time.Second), probe.OK)}}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	ofA, err := a.Silences(t.Context(), begin)
	ofB, errB := b.Silences(t.Context(), begin)
	if err != nil || errB != nil || len(ofA) != 10 || len(ofB) != 5 {
		t.Fatalf("%d and %d, %v, %v", len(ofA), len(ofB), err, errB)
	}
	if ended, err := b.EndSilence(t.Context(), ofA[0].ID, begin, "eve"); err != nil || ended {
		t.Errorf("another file's is ended: %v", err)
	}
	first, err := a.EndSilence(t.Context(), ofA[0].ID, begin.Add(time.Minute), "bob")
	second, err2 := a.EndSilence(t.Context(), ofA[0].ID, begin.Add(2*time.Minute), "carol")
	if err != nil || err2 != nil || !first || second {
		t.Errorf("%t, %t, %v, %v", first, second, err, err2)
	}
	if rest, err := a.Silences(t.Context(), begin.Add(time.Minute)); err != nil || len(rest) != 9 {
		t.Errorf("%d, %v", len(rest), err)
	}
	if rest, err := a.Silences(t.Context(), begin.Add(time.Hour)); err != nil || len(rest) != 0 {
		t.Errorf("%d, %v", len(rest), err)
	}
}

// silencedHistory adds a silence and an acknowledgement to a history with a failing check.
func silencedHistory(t *testing.T, path string, until time.Time) {
	t.Helper()
	s := open(t, path)
	one := Silence{Word: "mx", Begin: begin, Until: until, By: "alice", Reason: "new disk"}
	if _, err := s.AddSilence(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.AddEvent(t.Context(), IncidentID("mx", begin), Event{At: begin, Kind: EventAcknowledged, By: "bob", Summary: "on it"}), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestSalvageSilences: silences and acknowledgements are read from a damaged history, and
// can be ended in the new one.
func TestSalvageSilences(t *testing.T) {
	path := failing(t)
	silencedHistory(t, path, begin.Add(time.Hour))
	spoil(t, path, "result", "latest")
	s := open(t, path)
	if err := s.Commit(t.Context(), Batch{Start: begin, Entries: []Entry{{"mx", result(begin.Add(time.Minute), probe.Critical)}}}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.Notice(), ", 1 silence") {
		t.Errorf("notice %q", s.Notice())
	}
	set, err := s.Silences(t.Context(), begin)
	if err != nil || len(set) != 1 || set[0].Word != "mx" || set[0].By != "alice" || set[0].Reason != "new disk" || !set[0].Until.Equal(begin.Add(time.Hour)) {
		t.Fatalf("%+v, %v", set, err)
	}
	if ended, err := s.EndSilence(t.Context(), set[0].ID, begin, "carol"); err != nil || !ended {
		t.Errorf("it cannot be ended: %v", err)
	}
	taken, err := s.Acknowledged(t.Context())
	if a := taken[IncidentID("mx", begin)]; err != nil || len(taken) != 1 || a.By != "bob" || a.Reason != "on it" {
		t.Errorf("%+v, %v", taken, err)
	}
}

// TestKeepSilences: a silence that is over is kept as long as incidents are, and one that
// goes on is not deleted.
func TestKeepSilences(t *testing.T) {
	now := newClock(begin)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Keep: 10 * dayLength, Now: now.now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, until := range []time.Duration{time.Hour, 300 * dayLength} {
		if _, err := s.AddSilence(t.Context(), Silence{Word: "mx", Begin: begin, Until: begin.Add(until), By: "alice", Reason: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{99 * dayLength, 2}, {120 * dayLength, 1}} {
		for at := now.now(); at.Before(begin.Add(c.after)); at = at.Add(dayLength) { // a run a day
			now.ms.Store(at.Add(dayLength).UnixMilli())
			if err := s.Commit(t.Context(), Batch{}); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, s, "silence"); n != c.want {
			t.Errorf("after %s: %d silences", c.after, n)
		}
	}
}
