package history

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"mailprobe/probe"
)

// timing returns a result of steps with random times, which may fail.
func timing(random *rand.Rand, start time.Time) *probe.Result {
	took := func() time.Duration {
		return time.Duration(random.Int64N(int64([]time.Duration{time.Millisecond, time.Second, time.Hour}[random.IntN(3)]))).Truncate(time.Microsecond)
	}
	r := &probe.Result{Check: "smtp", Target: "mx", Start: start, Status: probe.Status(random.IntN(5)), Elapsed: took(), Refused: random.IntN(2) == 0}
	if random.IntN(4) == 0 {
		r.Silenced = &probe.Silenced{Reason: "maintenance"}
	}
	for i := range random.IntN(6) {
		s := probe.Step{Name: fmt.Sprint("step", i), Status: probe.Status(random.IntN(5)), Elapsed: took()}
		s.Learn(probe.Duration(fmt.Sprint("fact", random.IntN(9)), took()), probe.Number("size", 5, probe.Bytes))
		r.Steps = append(r.Steps, s)
	}
	return r
}

// daysOf returns the days of results, each added by itself.
func daysOf(results []*probe.Result) []Day {
	byDay := map[int64]*Day{}
	var days []Day
	for _, r := range results {
		if byDay[dayOf(r.Start)] == nil {
			byDay[dayOf(r.Start)] = &Day{Date: dateOf(dayOf(r.Start))}
		}
		byDay[dayOf(r.Start)].Add(r)
	}
	for n := dayOf(begin) - 400; len(days) < len(byDay); n++ {
		if d := byDay[n]; d != nil {
			days = append(days, *d)
		}
	}
	return days
}

// TestDaysAreWhole: a day has each of its results once, whether added to the day already
// or not, and in any order that a clock can cause.
func TestDaysAreWhole(t *testing.T) {
	now := begin
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	random := rand.New(rand.NewPCG(1, 2))
	var all []*probe.Result
	summed := 0
	rounds := nightly(160, 400)
	for i := range rounds {
		switch now = now.Add(time.Duration(random.IntN(20)) * time.Minute); i {
		case rounds / 4:
			now = now.Add(30 * 24 * time.Hour) // the clock is ahead
		case rounds * 3 / 8:
			now = now.Add(-30*24*time.Hour + time.Minute)
		case rounds / 2:
			now = now.Add(-90 * time.Minute)
		case rounds * 5 / 8:
			now = now.Add(50 * time.Hour) // the machine was off
		}
		r := timing(random, now.Add(time.Duration(i-now.Nanosecond()/1e6)*time.Millisecond))
		all = append(all, r)
		batch := Batch{Start: now, Entries: []Entry{{"mx", r}}}
		for range 1 + random.IntN(2) { // what is there already counts once
			if err := s.Commit(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		if i%7 != 0 {
			continue
		}
		got, err := s.Days(t.Context(), Filter{})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if want := daysOf(all); !reflect.DeepEqual(got[0].Days, want) {
			t.Fatalf("after result %d the days are %+v, want %+v", i, got[0].Days, want)
		}
		var n int
		if err := s.db.QueryRowContext(t.Context(), `SELECT count(*) FROM result WHERE at >= (SELECT until FROM summed)`).Scan(&n); err != nil || n > 100 {
			t.Fatalf("%d results are in no sum, %v", n, err)
		}
		summed = max(summed, i+1-n)
	}
	if summed < rounds*7/8 {
		t.Errorf("at most %d results were in the sums of their days", summed)
	}
}

// TestPruningLeavesWhatIsInNoSum: a result whose retention is shorter than its wait to be
// added to its day counts nevertheless.
func TestPruningLeavesWhatIsInNoSum(t *testing.T) {
	now := begin.Truncate(dayLength)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Keep: time.Minute, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const runs = 20
	for range runs {
		now = now.Add(50 * time.Minute)
		if err := s.Commit(t.Context(), Batch{Start: now, Entries: []Entry{{"mx", result(now, probe.OK)}}}); err != nil {
			t.Fatal(err)
		}
		s.pruned.Store(0) // as another process would
	}
	days, err := s.Days(t.Context(), Filter{})
	if err != nil || len(days) != 1 || len(days[0].Days) != 1 || days[0].Days[0].Total() != runs {
		t.Errorf("%d results were written, and the days are %+v, %v", runs, days, err)
	}
}
