package history

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
)

// session returns a result of a target with a transcript, and a cause unless that is
// empty.
func session(target string, at time.Time, status probe.Status, cause string) *probe.Result {
	r := result(at, status)
	r.Target, r.Transcript = target, &wire.Transcript{}
	r.Transcript.Record(wire.Server, "220 "+target+" at "+at.Format(time.RFC3339))
	if cause != "" {
		r.Cause = &probe.Cause{Name: cause, Blame: probe.BlameServer}
		rcpt := r.Step("rcpt")
		rcpt.Status, rcpt.Cause = status, r.Cause
	}
	return r
}

func commitRun(t *testing.T, s *Store, all ...*probe.Result) {
	t.Helper()
	b := Batch{Start: all[0].Start}
	for _, r := range all {
		b.Entries = append(b.Entries, Entry{"mx", r})
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// describe returns what a test compares of results.
func describe(all []Single) []string {
	texts := []string{}
	for _, one := range all {
		r := one.Result
		text := fmt.Sprintf("%s %s %s %q", one.Target, r.Start.Format("15:04:05"), r.Status, r.Summary)
		if r.Transcript != nil {
			text += " " + r.Transcript.Lines()[0]
		}
		if r.Cause != nil {
			text += fmt.Sprintf(" %s %s", r.Cause.Name, r.Cause.Blame)
		}
		if !one.Nearest.IsZero() {
			text += " nearest " + one.Nearest.Format("15:04:05")
		}
		if one.Sparse {
			text += " sparse"
		}
		texts = append(texts, text)
	}
	return texts
}

// TestAt: At returns the result of each target that was checked at the time, failing ones
// in full.
func TestAt(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	day := begin.Truncate(dayLength)
	at := func(minutes int) time.Time { return day.Add(time.Duration(minutes) * time.Minute) }
	commitRun(t, s, session("gone", at(-10), probe.OK, ""))
	commitRun(t, s, session("a", at(0), probe.OK, ""), session("b", at(0).Add(time.Second), probe.OK, ""))
	commitRun(t, s, session("a", at(5), probe.OK, ""), session("b", at(5).Add(time.Second), probe.Critical, "mailbox-full"))
	commitRun(t, s, session("a", at(10), probe.OK, ""), session("b", at(10).Add(time.Second), probe.Critical, "mailbox-full"))
	commitRun(t, s, session("a", at(15), probe.OK, ""), session("b", at(15).Add(time.Second), probe.OK, ""))
	commitRun(t, s, session("a", at(20), probe.OK, ""), session("b", at(20).Add(time.Second), probe.OK, ""))
	for _, c := range []struct {
		at   time.Time
		want []string
	}{
		{at(-11), []string{}},
		{at(-9), []string{`gone 23:50:00 OK "said OK" S: 220 gone at 2026-08-31T23:50:00Z`}},
		{at(9), []string{
			`a 00:05:00 OK "" nearest 00:00:00`,
			`b 00:05:01 CRITICAL "said CRITICAL" S: 220 b at 2026-09-01T00:05:01Z mailbox-full server`,
		}},
		{at(10), []string{ // the run of 00:10 is not over yet
			`a 00:10:00 OK "" nearest 00:00:00`,
			`b 00:05:01 CRITICAL "said CRITICAL" S: 220 b at 2026-09-01T00:05:01Z mailbox-full server`,
		}},
		{at(14), []string{
			`a 00:10:00 OK "" nearest 00:00:00`,
			`b 00:10:01 CRITICAL "said CRITICAL" S: 220 b at 2026-09-01T00:10:01Z mailbox-full server`,
		}},
		{at(999), []string{ // the latest is always whole
			`a 00:20:00 OK "said OK" S: 220 a at 2026-09-01T00:20:00Z`,
			`b 00:20:01 OK "said OK" S: 220 b at 2026-09-01T00:20:01Z`,
		}},
	} {
		all, err := s.At(t.Context(), "mx", c.at)
		if got := describe(all); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("at %s: %q, %v; want %q", c.at.Format("15:04:05"), got, err, c.want)
		}
	}
	all, err := s.At(t.Context(), "mx", at(9))
	if r := all[0].Result; err != nil || len(r.Steps) != 3 || r.Steps[2].Elapsed != 12345*time.Microsecond || r.Elapsed == 0 || r.Steps[1].Detail != "" {
		t.Errorf("the numbers are %+v, %v", r, err)
	}
	if all, err := s.At(t.Context(), "other", at(9)); len(all) > 0 || err != nil {
		t.Errorf("of another check: %q, %v", describe(all), err)
	}
}

// TestLongFailure: of a long failure the first results are stored in full, later ones at
// growing intervals, and a change of the cause is. Failures returns all of them.
func TestLongFailure(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), FileName))
	var b Batch
	const minutes = 28 * 60
	start := begin.Add(-minutes * time.Minute)
	for i := range minutes {
		cause := "mailbox-full"
		if i >= 1500 && i < 1530 {
			cause = "no-quota"
		}
		b.Entries = append(b.Entries, Entry{"mx", session("a", start.Add(time.Duration(i)*time.Minute), probe.Critical, cause)})
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, least, most int }{
		{0, 24, 24, 24}, {24, 60, 15, 20}, {60, 24 * 60, 70, 90}, {24 * 60, minutes, 4, 10}, {1500, 1530, 1, 3},
	} {
		n := count(t, s, fmt.Sprintf("whole WHERE at >= %d AND at < %d",
			millis(start.Add(time.Duration(c.from)*time.Minute)), millis(start.Add(time.Duration(c.to)*time.Minute))))
		if n < c.least || n > c.most {
			t.Errorf("of minutes %d to %d, %d are kept whole, not %d to %d", c.from, c.to, n, c.least, c.most)
		}
	}
	all, more, err := s.Failures(t.Context(), Filter{Name: "mx", Since: start.Add(10 * time.Minute)}, 500)
	if err != nil || len(all) != 500 || more != minutes-10-500 {
		t.Fatalf("%d, %d more, %v", len(all), more, err)
	}
	if got := describe(all[1:2]); got[0] != `a `+start.Add((minutes-2)*time.Minute).Format("15:04:05")+` CRITICAL "rcpt: mailbox-full" mailbox-full server nearest `+all[1].Nearest.Format("15:04:05") {
		t.Errorf("%q", got)
	}
	if c := all[minutes-1-1515].Result.Cause; c.Name != "no-quota" {
		t.Errorf("the cause is %q", c.Name)
	}
}

// TestSparse: when single results are no longer kept, changes of status still are, and are
// marked.
func TestSparse(t *testing.T) {
	now := newClock(begin.Add(time.Hour))
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), FileName), Options{Keep: 10 * dayLength, Now: now.now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	commitRun(t, s, session("a", begin, probe.OK, ""))
	commitRun(t, s, session("a", begin.Add(time.Minute), probe.Critical, "mailbox-full"))
	commitRun(t, s, session("a", begin.Add(2*time.Minute), probe.Critical, "mailbox-full"))
	for day := range 15 {
		now.ms.Store(begin.Add(time.Duration(day+1) * dayLength).UnixMilli())
		commitRun(t, s, session("a", now.now(), probe.OK, ""))
	}
	want := `a ` + begin.Add(time.Minute).Format("15:04:05") + ` CRITICAL "said CRITICAL" S: 220 a at ` + begin.Add(time.Minute).Format(time.RFC3339) + ` mailbox-full server sparse`
	at, err := s.At(t.Context(), "mx", begin.Add(5*time.Minute))
	failures, more, err2 := s.Failures(t.Context(), Filter{Name: "mx"}, 10)
	for _, got := range [][]Single{at, failures} {
		if texts := describe(got); err != nil || err2 != nil || more != 0 || !slices.Equal(texts, []string{want}) {
			t.Errorf("%q, %d more, %v, %v; want %q", texts, more, err, err2, want)
		}
	}
}
