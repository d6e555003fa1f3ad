package suite

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// TestAdvanceSilenced runs sights five minutes apart through the state machine; those with
// an underscore below them are silenced, those with an a acknowledged. In want each letter
// is what is announced, as in TestAdvance.
func TestAdvanceSilenced(t *testing.T) {
	hasty, patient := Patience{AlertAfter: 1, RecoverAfter: 1}, Patience{AlertAfter: 2, RecoverAfter: 1}
	reminded := Patience{AlertAfter: 1, RecoverAfter: 1, Remind: 10 * time.Minute}
	for _, c := range []struct {
		name            string
		seen, how, want string
		of              Patience
		since           int // number of the sight since which the last state holds
		finalStatus     probe.Status
	}{
		{"a failure within it is not announced", ".CC..", " ____", "     ", hasty, 0, probe.OK},
		{"one that outlasts it is announced then, since it began", ".CCC", " __ ", "   f", hasty, 1, probe.Critical},
		{"also where it was confirmed before it ended", ".CCC", " __ ", "   f", patient, 1, probe.Critical},
		{"one that ends with it is not", ".CC.", " __ ", "    ", patient, 0, probe.OK},
		{"one that comes with its end has to be confirmed", "..CC", " _  ", "   f", patient, 2, probe.Critical},
		{"a recovery within it is", ".CCC.", " ____", "     ", hasty, 0, probe.OK},
		{"a recovery of what was announced is", ".CC..", "  __ ", " f r ", hasty, 3, probe.OK},
		{"only once however it flaps", ".C.C.C.C", "  ______", " fr     ", hasty, 2, probe.OK},
		{"flapping that outlasts it", ".C.C.CC", "  ____ ", " fr   f", hasty, 5, probe.Critical},
		{"worse waits for its end", ".WCCC", "  __ ", " f  w", hasty, 2, probe.Critical},
		{"better waits for its end", ".CWWW", "  __ ", " f  b", hasty, 2, probe.Warning},
		{"worse and back is nothing", ".WCW.", "  __ ", " f  r", hasty, 4, probe.OK},
		{"no reminders within it", ".CCCCC", "  ____", " f    ", reminded, 1, probe.Critical},
		{"but once it has ended", ".CCCCC", "  ___ ", " f   m", reminded, 1, probe.Critical},
		{"no reminders of what is acknowledged", ".CCCCC.", "  aaaa ", " f    r", reminded, 6, probe.OK},
		{"but that it is worse", ".WWWCC", "  aaaa", " f  w ", reminded, 4, probe.Critical},
		{"skipped within it is not seen", ".CssC", "  __ ", " f   ", hasty, 1, probe.Critical},
		{"from the first run on", "CCC", "__ ", "  f", hasty, 0, probe.Critical},
	} {
		begin := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
		var s history.State
		var told strings.Builder
		for i := range len(c.seen) {
			var kind notify.EventKind
			seen := Sight{Status: letters[c.seen[i]], At: begin.Add(time.Duration(i) * 5 * time.Minute)}
			seen.Silenced, seen.Acknowledged = c.how[i] == '_', c.how[i] == 'a'
			s, kind = Advance(s, seen, c.of)
			told.WriteByte(map[notify.EventKind]byte{"": ' ', notify.Failure: 'f', notify.Worse: 'w', notify.Better: 'b', notify.Recovery: 'r', notify.Reminder: 'm'}[kind])
		}
		if told.String() != c.want {
			t.Errorf("%s:\nseen %q\n  as %q\ntold %q\nwant %q", c.name, c.seen, c.how, told.String(), c.want)
		}
		if !s.Since.Equal(begin.Add(time.Duration(c.since)*5*time.Minute)) || s.Status != c.finalStatus {
			t.Errorf("%s: %s since %s", c.name, s.Status, s.Since)
		}
	}
}

// TestAdvanceSilencedCause: another cause within a silence is announced as a change when it
// ends, unless it is the old one again.
func TestAdvanceSilencedCause(t *testing.T) {
	now := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)
	for last, want := range map[string]notify.EventKind{"full": "", "denied": notify.Changed} {
		var s history.State
		var kind notify.EventKind
		for i, cause := range []string{"full", "denied", "denied", last} {
			seen := Sight{Status: probe.Critical, Step: "rcpt", Causes: []string{cause}, At: now.Add(time.Duration(i) * time.Minute), Silenced: i == 1 || i == 2}
			if s, kind = Advance(s, seen, Patience{AlertAfter: 1, RecoverAfter: 1}); seen.Silenced && kind != "" {
				t.Errorf("%s is announced within the silence", kind)
			}
		}
		if kind != want {
			t.Errorf("%q at the end is %q, want %q", last, kind, want)
		}
	}
}

// TestSilenced: which silence or window counts for which check, and when.
func TestSilenced(t *testing.T) {
	s := flip(nil).parse(t, `
groups: {relays: {}}
checks:
  - {name: mx, kind: fake, targets: [mx1, mx2], tags: [night, outer], group: relays}
  - {name: imap, kind: fake, target: box}
`)
	at := time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC) // a Monday
	set := func(id, word string, from, to time.Duration) history.Silence {
		return history.Silence{ID: id, Word: word, Begin: at.Add(from), Until: at.Add(to), By: "alice", Reason: "r" + id}
	}
	weekly := func(text string, only ...string) *Maintenance {
		m := &Maintenance{Zone: time.UTC, Only: only, Reason: "backup"}
		if err := m.Every.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		return m
	}
	once := func(from, to time.Duration, only ...string) *Maintenance {
		return &Maintenance{Zone: time.UTC, From: at.Add(from), To: at.Add(to), Only: only, Reason: "once"}
	}
	for _, c := range []struct {
		name    string
		set     []history.Silence
		windows []*Maintenance
		want    string // the items that are silenced, each with by what and for how long
	}{
		{"nothing", nil, nil, ""},
		{"by its name", []history.Silence{set("1", "mx", -time.Hour, time.Hour)}, nil, "mx mx1=1/1h0m0s mx mx2=1/1h0m0s"},
		{"one target", []history.Silence{set("1", "mx mx2", -time.Hour, time.Hour)}, nil, "mx mx2=1/1h0m0s"},
		{"by a tag", []history.Silence{set("1", "outer", -time.Hour, time.Hour)}, nil, "mx mx1=1/1h0m0s mx mx2=1/1h0m0s"},
		{"by the group", []history.Silence{set("1", "relays", -time.Hour, time.Hour)}, nil, "mx mx1=1/1h0m0s mx mx2=1/1h0m0s"},
		{"by another word", []history.Silence{set("1", "other", -time.Hour, time.Hour)}, nil, ""},
		{"from its beginning", []history.Silence{set("1", "imap", 0, time.Hour)}, nil, "imap=1/1h0m0s"},
		{"to its end", []history.Silence{set("1", "imap", -time.Hour, 0)}, nil, ""},
		{"not yet", []history.Silence{set("1", "imap", time.Millisecond, time.Hour)}, nil, ""},
		{"the longest counts", []history.Silence{set("1", "imap", -time.Hour, time.Hour), set("2", "imap", -time.Hour, 3*time.Hour), set("3", "imap", -time.Hour, 2*time.Hour)}, nil, "imap=2/3h0m0s"},
		{"a window of all", nil, []*Maintenance{weekly("mon 02:00-04:00")}, "mx mx1=backup/1h0m0s mx mx2=backup/1h0m0s imap=backup/1h0m0s"},
		{"a window of some", nil, []*Maintenance{weekly("02:00-04:00", "imap", "nosuch")}, "imap=backup/1h0m0s"},
		{"another day", nil, []*Maintenance{weekly("sun 02:00-04:00")}, ""},
		{"over midnight", nil, []*Maintenance{weekly("sun 22:00-04:00", "imap")}, "imap=backup/1h0m0s"},
		{"several days on end", nil, []*Maintenance{weekly("sat-mon 00:00-24:00", "imap")}, "imap=backup/21h0m0s"},
		{"once", nil, []*Maintenance{once(-time.Hour, 5*time.Minute, "imap")}, "imap=once/5m0s"},
		{"once, over", nil, []*Maintenance{once(-time.Hour, 0, "imap")}, ""},
		{"once, to come", nil, []*Maintenance{once(time.Second, time.Hour, "imap")}, ""},
		{"a window longer than a silence", []history.Silence{set("1", "imap", -time.Hour, 30*time.Minute)}, []*Maintenance{weekly("02:00-04:00", "imap")}, "imap=backup/1h0m0s"},
		{"a silence longer than a window", []history.Silence{set("1", "imap", -time.Hour, 2*time.Hour)}, []*Maintenance{weekly("02:00-04:00", "imap")}, "imap=1/2h0m0s"},
	} {
		var got []string
		for _, i := range s.Items() {
			if why := silenced(i, c.set, c.windows, at); why != nil {
				by := why.ID
				if by == "" {
					by = why.Reason
				} else if why.By != "alice" || why.Reason != "r"+why.ID {
					t.Errorf("%s: %+v", c.name, why)
				}
				got = append(got, fmt.Sprintf("%s=%s/%s", i.ID, by, why.Until.Sub(at)))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", c.name, strings.Join(got, " "), c.want)
		}
	}
	if (*Silences)(nil).Of(s.Items()[0], at) != nil {
		t.Error("nothing silences")
	}
}

// TestSilenceStored: what can be silenced, ended and acknowledged, and what is said
// otherwise.
func TestSilenceStored(t *testing.T) {
	runs := newRuns(t)
	s := flip(map[string]bool{"mx1": true}).parse(t, `
defaults: {alert_after: 1}
checks:
  - {name: mx1, kind: fake, target: mx1, tags: [outer]}
  - {name: mx2, kind: fake, target: mx2, tags: [outer]}
`)
	ctx, now := t.Context(), runs.now
	for _, c := range []struct {
		n    NewSilence
		want error
		says string
	}{
		{NewSilence{"mx3", time.Hour, "alice", "x"}, ErrSelectsNothing, `"mx3" is no name, tag or group of a check; did you mean mx1?`},
		{NewSilence{"", time.Hour, "alice", "x"}, ErrSelectsNothing, "there are: mx1, mx2, outer"},
		{NewSilence{"mx1", time.Hour, "alice", " \n"}, ErrNotUsable, "say why"},
		{NewSilence{"mx1", time.Hour, "", "x"}, ErrNotUsable, "an empty name"},
		{NewSilence{"mx1", 0, "alice", "x"}, ErrNotUsable, "a time up to a year"},
		{NewSilence{"mx1", 367 * 24 * time.Hour, "alice", "x"}, ErrNotUsable, "a time up to a year"},
		{NewSilence{"mx1", time.Hour, "alice", strings.Repeat("x", maxReason+1)}, ErrNotUsable, "more than 500 characters"},
	} {
		if _, err := s.Silence(ctx, runs.store, c.n, now); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.n, err)
		}
	}
	first, err := s.Silence(ctx, runs.store, NewSilence{"mx1", time.Hour, "alice", "a\nhostile \x1b[31mreason"}, now)
	if err != nil || strings.ContainsAny(first.Reason, "\n\x1b") {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := s.Silence(ctx, runs.store, NewSilence{"outer", 2 * time.Hour, "bob", "y"}, now)
	if err != nil || second.ID == first.ID {
		t.Fatalf("%+v, %v", second, err)
	}
	list := func() SilenceList {
		t.Helper()
		q, err := s.ReadSilences(ctx, runs.store, runs.now)
		if err != nil {
			t.Fatal(err)
		}
		return s.List(q, runs.now)
	}
	if all := list().Silences; len(all) != 2 || !slices.Equal(all[1].Checks, []string{"mx1", "mx2"}) || all[0].By != "alice" || !all[1].Until.Equal(now.Add(2*time.Hour)) {
		t.Errorf("%+v", all)
	}
	if _, err := s.EndSilence(ctx, runs.store, "mx2", "eve", now); !errors.Is(err, ErrNotSilenced) {
		t.Errorf("a word by which nothing was silenced: %v", err)
	}
	for _, what := range []string{first.ID, "outer"} {
		ended, err := s.EndSilence(ctx, runs.store, what, "carol", now.Add(time.Minute))
		if err != nil || len(ended.Silences) != 1 || ended.Silences[0].EndedBy != "carol" {
			t.Errorf("%q: %+v, %v", what, ended, err)
		}
	}
	runs.now = now.Add(time.Minute)
	if all := list().Silences; len(all) != 0 {
		t.Errorf("ended, there are %+v", all)
	}
	if all, err := runs.store.Silences(ctx, now); err != nil || len(all) != 2 || all[0].EndedBy != "carol" || !all[0].Until.Equal(now.Add(time.Minute)) {
		t.Errorf("kept are %+v, %v", all, err)
	}
	if _, err := s.Acknowledge(ctx, runs.store, "mx1", "alice", "x", runs.now); !errors.Is(err, ErrNoIncident) {
		t.Errorf("acknowledged before it failed: %v", err)
	}
	if _, err := s.Acknowledge(ctx, runs.store, "mxx", "alice", "x", runs.now); !errors.Is(err, ErrSelectsNothing) {
		t.Errorf("acknowledged what is not there: %v", err)
	}
	runs.run(s)
	done, err := s.Acknowledge(ctx, runs.store, "outer", "alice", "on it", runs.now)
	if err != nil || len(done) != 1 || done[0].Name != "mx1" {
		t.Fatalf("%+v, %v", done, err)
	}
	if all := list().Acknowledged; len(all) != 1 || all[0].Check != "mx1" || all[0].Reason != "on it" || all[0].Status != probe.Critical {
		t.Errorf("%+v", all)
	}
	ended, err := s.EndSilence(ctx, runs.store, done[0].Incident, "bob", runs.now.Add(time.Second))
	if err != nil || len(ended.Acknowledged) != 1 || len(list().Acknowledged) != 0 {
		t.Errorf("%+v, %v", ended, err)
	}
	incidents, err := runs.store.Incidents(ctx, history.Filter{})
	if err != nil || len(incidents) != 1 || len(incidents[0].Events) != 3 || incidents[0].Events[1].By != "alice" || incidents[0].Acknowledged() != nil {
		t.Errorf("%+v, %v", incidents, err)
	}
}
