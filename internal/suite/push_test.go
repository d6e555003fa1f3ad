package suite

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/push"
	"mailprobe/probe"
)

const backupToken = "0123456789abcdef0123456789abcdef"

// pushFile reads a file with checks of the kind push.
func pushFile(t *testing.T, text string) *Suite {
	t.Helper()
	s, problems := Parse("checks.yaml", []byte(text), []probe.Kind{push.Kind()})
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	return s
}

const backup = `checks: [{name: backup, kind: push, token: ` + backupToken + `, every: 1d, grace: 1h}]`

// found are the statuses and causes of the outcomes of a run.
func found(r *Report) string {
	var all []string
	for _, o := range r.Outcomes {
		all = append(all, o.Worst().Status.String()+" "+o.Worst().Cause.Name)
	}
	return strings.Join(all, ", ")
}

// TestPushByCron: a run finds a push missing one interval and its grace after it was first
// waited for, and again an interval later. It is Unknown where nothing took pushes.
func TestPushByCron(t *testing.T) {
	begin := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		listening   time.Time
		first, next string
	}{
		{time.Time{}, "UNKNOWN push-unheard", "UNKNOWN push-unheard"},
		{begin, "CRITICAL push-missing", "CRITICAL push-missing"},
		{begin.Add(24 * time.Hour), "UNKNOWN push-unheard", "CRITICAL push-missing"},
	} {
		now := begin
		o := Options{Store: openHistory(t, func() time.Time { return now }), Listening: c.listening, Now: func() time.Time { return now }}
		s := pushFile(t, backup)
		var runs []string
		for ; now.Before(begin.Add(51 * time.Hour)); now = now.Add(time.Hour) {
			if what := found(run(t, s, o)); what != "" {
				runs = append(runs, now.Sub(begin).String()+" "+what)
			}
		}
		if want := []string{"25h0m0s " + c.first, "50h0m0s " + c.next}; !slices.Equal(runs, want) {
			t.Errorf("listening since %s: %q, want %q", c.listening, runs, want)
		}
	}
}

// pushes sends deliveries to a scheduler.
type pushes struct {
	*scheduling
	t *testing.T
}

func (p pushes) push(d probe.Delivery) {
	p.t.Helper()
	all, err := p.Suite().Receivers(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	to := all.Find(backupToken)
	if to == nil {
		p.t.Fatal("the token is not found")
	}
	if err := p.Push(p.t.Context(), to, d); err != nil {
		p.t.Fatal(err)
	}
}

// stands is how the first item stands.
func (p pushes) stands() string {
	i := p.Items()[0]
	if len(i.Results) == 0 {
		return "nothing"
	}
	r, text := i.Results[0], ""
	if r.Cause != nil {
		text = " " + r.Cause.Name
	}
	return r.Status.String() + text + " " + r.Summary
}

func (p pushes) want(want string) {
	p.t.Helper()
	if got := p.stands(); !strings.HasPrefix(got, want) {
		p.t.Errorf("at %s it stands at %q, want %q", time.Now().UTC().Format(time.DateTime), got, want)
	}
}

// TestPushScheduled is a week of a nightly backup: it comes, fails, stays away, hangs and
// comes again.
func TestPushScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := schedule(t, pushFile(t, backup), ScheduleOptions{})
		defer s.stop()
		p := pushes{s, t}
		time.Sleep(time.Hour)
		p.want("nothing")
		if err := s.RunNow("backup"); !errors.Is(err, ErrPassive) {
			t.Errorf("it is run now: %v", err)
		}
		p.push(probe.Delivery{Begin: true})
		time.Sleep(20 * time.Minute)
		p.push(probe.Delivery{Status: probe.OK, Text: "12 GiB", Body: []string{"token " + backupToken, "done"}})
		p.want("OK push: 12 GiB")
		if r := p.Items()[0].Results[0]; r.Elapsed.Round(time.Minute) != 20*time.Minute {
			t.Errorf("it took %s", r.Elapsed)
		}
		time.Sleep(25*time.Hour - time.Minute) // late, and within the grace
		p.want("OK")
		code := 1
		p.push(probe.Delivery{Status: probe.Critical, ExitCode: &code})
		p.want("CRITICAL push-failed push: exit code 1")
		time.Sleep(25*time.Hour + time.Minute)
		p.want("CRITICAL push-missing push: none came for 1 d 1 h; one is due every 1 d 0 h, within 1 h 0 min")
		p.push(probe.Delivery{Begin: true})
		time.Sleep(10 * time.Minute)
		p.push(probe.Delivery{Begin: true}) // a second try counts from the first
		time.Sleep(51 * time.Minute)
		p.want("CRITICAL push-unfinished push: a job began 1 h 0 min ago and has not ended")
		p.push(probe.Delivery{Status: probe.OK})
		p.want("OK")
		time.Sleep(24 * time.Hour)
		p.want("OK")

		incidents, err := s.store.Incidents(t.Context(), history.Filter{})
		if err != nil || len(incidents) != 1 || incidents[0].Open() || len(incidents[0].Events) != 4 {
			t.Errorf("the incidents are %+v, %v", incidents, err)
		}
		for _, one := range incidents {
			for _, e := range one.Events {
				if strings.Contains(strings.Join(e.Result.Transcript.Lines(), "\n"), backupToken) {
					t.Error("the token is in the history")
				}
			}
		}
	})
}

// TestPushAfterRestart: what is known of deliveries outlives the process, and what it
// could not hear is not held against the job.
func TestPushAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), history.FileName)
		start := func() pushes {
			suite := pushFile(t, backup)
			store, err := history.Open(t.Context(), path, suite.History())
			if err != nil {
				t.Fatal(err)
			}
			return pushes{schedule(t, suite, ScheduleOptions{Store: store}), t}
		}
		p := start()
		time.Sleep(time.Hour)
		p.push(probe.Delivery{Status: probe.OK})
		p.stop()
		time.Sleep(22 * time.Hour) // it is back when the next one is due
		p = start()
		time.Sleep(3*time.Hour + time.Minute)
		p.want("CRITICAL push-missing")
		p.push(probe.Delivery{Status: probe.OK})
		p.stop()
		time.Sleep(26 * time.Hour) // it is back too late
		p = start()
		time.Sleep(time.Minute)
		p.want("UNKNOWN push-unheard")
		time.Sleep(25 * time.Hour)
		p.want("CRITICAL push-missing")
		p.stop()
	})
}

// TestPushAnnounced: a single push that reports a failure is announced, whatever the
// defaults for other checks.
func TestPushAnnounced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := "defaults: {alert_after: 3, attempts: 2, between: \"08:00-09:00\"}\n" + backup
		s := schedule(t, pushFile(t, file), ScheduleOptions{})
		defer s.stop()
		p := pushes{s, t}
		time.Sleep(time.Minute)
		p.push(probe.Delivery{Status: probe.Warning, Text: "slow"})
		if state := p.Items()[0].State; state.Status != probe.Warning || notify.CauseNames(push.CauseReported)[0] != state.Causes[0] {
			t.Errorf("the state is %+v", state)
		}
	})
}

// TestPushProblems: what is wrong with checks of the kind push in a file.
func TestPushProblems(t *testing.T) {
	dir := t.TempDir()
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("tooshort\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ check, want string }{
		{"token: " + backupToken, "needs every"},
		{"every: 1d, attempts: 2, token: " + backupToken, "no between and no attempts"},
		{"every: 1d, between: 08:00-09:00, token: " + backupToken, "no between and no attempts"},
		{"every: 1d", "token_file is missing"},
		{"every: 1d, target: x, token: " + backupToken, "takes no target"},
		{"every: 1d, token_file: " + short, "token_file: a token of 8 characters can be guessed, it has at least 16; `openssl rand -hex 16` makes one"},
		{"every: 1d, token: \"with a blank in it\"", "letters, digits and -._~ only"},
		{"every: 1d, token: " + strings.Repeat("x", 300), "at most 256"},
		{"every: 1d, token: " + backupToken, "whoever can read this file can use the token"},
		{"every: 1d, token: " + backupToken + "}, {name: b, kind: push, every: 1d, token: " + backupToken, "it has the same token as a"},
	} {
		s, problems := Parse("x.yaml", []byte("checks: [{name: a, kind: push, "+c.check+"}]"), []probe.Kind{push.Kind()})
		if problems = s.Prepare(t.Context(), problems); !strings.Contains(problems.String(), c.want) {
			t.Errorf("%s: %s, want %s", c.check, problems, c.want)
		}
		if strings.Contains(problems.String(), backupToken) {
			t.Errorf("the token is in %s", problems)
		}
	}
}
