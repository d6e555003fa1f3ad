package suite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// letters are the statuses in the tables below.
var letters = map[byte]probe.Status{
	'.': probe.OK, '?': probe.Unknown, 'W': probe.Warning, 'C': probe.Critical, 's': probe.Skipped,
}

// TestAdvance runs sights five minutes apart through the state machine. In want,
// each letter is what is reported after the sight above it: f failure, w worse, b
// better, r recovery, m reminder.
func TestAdvance(t *testing.T) {
	patient := Patience{AlertAfter: 2, RecoverAfter: 1}
	for _, c := range []struct {
		name        string
		seen, want  string
		of          Patience
		since       int // number of the sight since which the last state holds
		finalStatus probe.Status
	}{
		{"well all the time", "....", "    ", patient, 0, probe.OK},
		{"one failure is none", "..C..", "     ", patient, 0, probe.OK},
		{"the second in a row is", ".CC.", "  fr", patient, 3, probe.OK},
		{"from the first run on", "CCC", " f ", patient, 0, probe.Critical},
		{"at once", ".C.C", " frf", Patience{AlertAfter: 1, RecoverAfter: 1}, 3, probe.Critical},
		{"failures of several sorts", ".WC", "  f", patient, 1, probe.Critical},
		{"unknown is a failure", ".??.", "  fr", patient, 3, probe.OK},
		{"worse is confirmed, too", ".WWCWWCCC", "  f    w ", patient, 6, probe.Critical},
		{"better at once", ".CCWW..", "  fb r ", patient, 5, probe.OK},
		{"better after patience", ".CC.C..", "  f   r", Patience{AlertAfter: 2, RecoverAfter: 2}, 5, probe.OK},
		{"flapping is not told", ".C.C.C.C", "        ", patient, 0, probe.OK},
		{"flapping between failures", ".CCWCWC", "  fb   ", patient, 3, probe.Warning},
		{"skipped is not seen", ".CsC", "   f", patient, 1, probe.Critical},
		{"skipped is no recovery", ".CCss.", "  f  r", patient, 5, probe.OK},
		{"skipped from the start", "sss", "   ", patient, -1, probe.Unknown},
		{"reminders", ".CCCCCCCC.", "  f  m  mr", Patience{AlertAfter: 2, RecoverAfter: 1, Remind: 15 * time.Minute}, 9, probe.OK},
		{"a reminder begins anew", ".CCCWWWW", "  f b  m", Patience{AlertAfter: 2, RecoverAfter: 1, Remind: 15 * time.Minute}, 4, probe.Warning},
	} {
		begin := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
		var s history.State
		var told strings.Builder
		for i := range len(c.seen) {
			var kind notify.EventKind
			s, kind = Advance(s, Sight{Status: letters[c.seen[i]], At: begin.Add(time.Duration(i) * 5 * time.Minute)}, c.of)
			told.WriteByte(map[notify.EventKind]byte{"": ' ', notify.Failure: 'f', notify.Worse: 'w', notify.Better: 'b', notify.Recovery: 'r', notify.Reminder: 'm'}[kind])
		}
		if told.String() != c.want {
			t.Errorf("%s:\nseen %q\ntold %q\nwant %q", c.name, c.seen, told.String(), c.want)
		}
		if c.since >= 0 && !s.Since.Equal(begin.Add(time.Duration(c.since)*5*time.Minute)) || s.Status != c.finalStatus {
			t.Errorf("%s: %s since %s", c.name, s.Status, s.Since)
		}
	}
}

// TestAdvanceReasons runs sights five minutes apart through the state machine: each
// is a status with the step and the causes, with the event after it, if any.
func TestAdvanceReasons(t *testing.T) {
	at := func(text string) Sight {
		status, rest, _ := strings.Cut(text, " ")
		step, causes, _ := strings.Cut(rest, ":")
		return Sight{Status: letters[status[0]], Step: step, Causes: strings.FieldsFunc(causes, func(r rune) bool { return r == ',' })}
	}
	patient, hasty := Patience{AlertAfter: 2, RecoverAfter: 1}, Patience{AlertAfter: 1, RecoverAfter: 1}
	for _, c := range []struct {
		name string
		of   Patience
		seen []string // each perhaps with " > EVENT"
		last history.State
	}{
		{"the same reason is no news", hasty,
			[]string{"C rcpt:full > failure", "C rcpt:full", "C rcpt:full"}, history.State{Step: "rcpt", Causes: []string{"full"}}},
		{"another cause is", hasty,
			[]string{"C rcpt:full > failure", "C rcpt:denied > changed", ". > recovery"}, history.State{}},
		{"another step is", hasty,
			[]string{"W starttls:expired > failure", "W rcpt:grey > changed"}, history.State{Step: "rcpt", Causes: []string{"grey"}}},
		{"after patience", patient,
			[]string{"C a:x", "C a:x > failure", "C b:y", "C b:y > changed", "C b:y"}, history.State{Step: "b", Causes: []string{"y"}}},
		{"once is none", patient,
			[]string{"C a:x", "C a:x > failure", "C b:y", "C a:x", "C b:y", "C a:x"}, history.State{Step: "a", Causes: []string{"x"}}},
		{"ever another one is none", patient,
			[]string{"C a:x", "C a:x > failure", "C b:y", "C c:z", "C b:y", "C c:z"}, history.State{Step: "a", Causes: []string{"x"}}},
		{"two that nothing tells apart", hasty,
			[]string{"C a:x,y > failure", "C a:y", "C a:x", "C a:y,x", "C a:x,y"}, history.State{Step: "a", Causes: []string{"x", "y"}}},
		{"a third one", hasty,
			[]string{"C a:x,y > failure", "C a:z,x > changed", "C a:x"}, history.State{Step: "a", Causes: []string{"z", "x"}}},
		{"worse is worse", hasty,
			[]string{"W a:x > failure", "C b:y > worse", "W a:x > better"}, history.State{Step: "a", Causes: []string{"x"}}},
		{"better while another reason is pending", patient,
			[]string{"C a:x", "C a:x > failure", "C b:y", "W b:y > better"}, history.State{Step: "b", Causes: []string{"y"}}},
		{"a change does not count for worse", patient,
			[]string{"W a:x", "W a:x > failure", "W b:y", "C b:y", "C b:y > worse"}, history.State{Step: "b", Causes: []string{"y"}}},
		{"skipped is not seen", patient,
			[]string{"C a:x", "C a:x > failure", "C b:y", "s", "C b:y > changed"}, history.State{Step: "b", Causes: []string{"y"}}},
		{"reminders while it wobbles", Patience{AlertAfter: 2, RecoverAfter: 1, Remind: 15 * time.Minute},
			[]string{"C a:x", "C a:x > failure", "C b:y", "C c:z", "C b:y > reminder", "C c:z"}, history.State{Step: "a", Causes: []string{"x"}}},
		{"cut off by the deadline is not better", hasty,
			[]string{"C a:x > failure", "? interrupted:interrupted", "? deadline:run-too-short", "C a:x", ". > recovery"}, history.State{}},
		{"cut off after success is a failure", hasty,
			[]string{". ", "? interrupted:interrupted > failure", ". > recovery"}, history.State{}},
		{"not known for another reason is better", hasty,
			[]string{"C a:x > failure", "? a:y > better", ". > recovery"}, history.State{}},
		{"without a cause", hasty,
			[]string{"C a > failure", "C a:x", "C a", "C b > changed"}, history.State{Step: "b"}},
	} {
		now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
		var s history.State
		for i, text := range c.seen {
			text, want, _ := strings.Cut(text, " > ")
			seen := at(text)
			seen.At = now
			var kind notify.EventKind
			if s, kind = Advance(s, seen, c.of); string(kind) != want {
				t.Errorf("%s: sight %d, %s, is %q; want %q", c.name, i, text, kind, want)
			}
			now = now.Add(5 * time.Minute)
		}
		if s.Step != c.last.Step || !slices.Equal(s.Causes, c.last.Causes) {
			t.Errorf("%s: told are %s:%v, want %s:%v", c.name, s.Step, s.Causes, c.last.Step, c.last.Causes)
		}
	}
}

// TestAdvanceOldState: a state without step and cause is that of an older version; that
// it learns them is no news.
func TestAdvanceOldState(t *testing.T) {
	begin := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	old := history.State{Status: probe.Critical, Since: begin, LastRun: begin, LastStatus: probe.Critical, Summary: "rcpt: full", Announced: begin}
	seen := Sight{Status: probe.Critical, Summary: "rcpt: full", Step: "rcpt", Causes: []string{"full"}, At: begin.Add(time.Minute)}
	now, kind := Advance(old, seen, Patience{AlertAfter: 1, RecoverAfter: 1})
	if kind != "" || now.Step != "rcpt" || !slices.Equal(now.Causes, seen.Causes) || !now.Since.Equal(begin) {
		t.Errorf("%q: %+v", kind, now)
	}
	seen.Causes = []string{"denied"}
	if now, kind = Advance(now, seen, Patience{AlertAfter: 1, RecoverAfter: 1}); kind != notify.Changed || !now.Since.Equal(seen.At) {
		t.Errorf("then %q: %+v", kind, now)
	}
}

func TestDue(t *testing.T) {
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) // a Monday
	for _, c := range []struct {
		every   time.Duration
		between string
		last    time.Duration // before noon; 0 is never
		want    bool
	}{
		{0, "", 0, true},
		{0, "", time.Second, true},
		{time.Hour, "", 0, true},
		{time.Hour, "", 55 * time.Minute, false},
		{time.Hour, "", time.Hour - 2*time.Second, true}, // cron was late the last time
		{time.Hour, "", -time.Hour, true},                // the clock was set back
		{0, "08:00-18:00", 0, true},
		{0, "18:00-08:00", 0, false},
		{0, "mon-fri 08:00-18:00", 0, true},
		{0, "sat,sun 08:00-18:00", 0, false},
		{0, "12:00-12:05", 0, true},
		{0, "11:00-12:00", 0, false},
	} {
		check := &Check{Settings: Settings{Every: c.every}}
		if c.between != "" {
			if err := check.Between.UnmarshalText([]byte(c.between)); err != nil {
				t.Fatal(err)
			}
		}
		var last time.Time
		if c.last != 0 {
			last = noon.Add(-c.last)
		}
		if got := (&Item{Check: check}).Due(last, noon); got != c.want {
			t.Errorf("every %s, between %q, last %s ago: %v", c.every, c.between, c.last, got)
		}
	}
}

func TestWindowOverMidnight(t *testing.T) {
	var w Window
	if err := w.UnmarshalText([]byte("fri 22:00-06:00")); err != nil {
		t.Fatal(err)
	}
	for clock, want := range map[string]bool{
		"2026-11-06 21:59": false, "2026-11-06 22:00": true, // a Friday
		"2026-11-07 05:59": true, "2026-11-07 06:00": false, "2026-11-07 23:00": false, "2026-11-06 05:00": false,
	} {
		now, err := time.Parse("2006-01-02 15:04", clock)
		if err != nil {
			t.Fatal(err)
		}
		if w.Has(now) != want {
			t.Errorf("%s: %v", clock, !want)
		}
	}
	for _, wrong := range []string{"", "8-18", "08:00", "25:00-26:00", "08:00-08:00", "someday 08:00-18:00", "mon 08:00-18:00 x"} {
		if w.UnmarshalText([]byte(wrong)) == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
}

// TestAdvanceFuture: what a run with a wrong clock left in the future holds up no
// reminder, once the clock is right.
func TestAdvanceFuture(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	future := now.AddDate(1, 0, 0)
	s := history.State{Status: probe.Critical, Since: future, Announced: future, Reminded: future, LastRun: future, LastStatus: probe.Critical}
	seen := Sight{Status: probe.Critical, Step: "look", At: now}
	p := Patience{AlertAfter: 1, RecoverAfter: 1, Remind: time.Hour}
	s, kind := Advance(s, seen, p)
	if kind != "" || !s.Since.Equal(now) || !s.LastRun.Equal(now) {
		t.Errorf("%q, since %s, last run %s", kind, s.Since, s.LastRun)
	}
	seen.At = now.Add(time.Hour)
	if s, kind = Advance(s, seen, p); kind != notify.Reminder || !s.Since.Equal(now) {
		t.Errorf("an hour later: %q, since %s", kind, s.Since)
	}
}
