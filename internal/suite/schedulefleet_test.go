package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// fleet are agents that a test plays.
type fleet struct {
	*scheduling
	t *testing.T

	mu    sync.Mutex
	asked []string
	quiet map[string]bool // agents that say nothing
}

// playFleet starts a scheduler with agents that greet it every 15 seconds.
func playFleet(t *testing.T, file string, places ...string) *fleet {
	t.Helper()
	return playFleetIn(t, t.TempDir(), file, places...)
}

func playFleetIn(t *testing.T, dir, file string, places ...string) *fleet {
	t.Helper()
	s, faults := parsePlaces("notify: [{command: 'true'}]\n" + file)
	if faults != "" {
		t.Fatal(faults)
	}
	f := &fleet{t: t, quiet: map[string]bool{}}
	ask := func(place, id string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked = append(f.asked, place+" "+id)
	}
	f.scheduling = scheduleIn(t, dir, s, ScheduleOptions{Ask: ask}, true)
	ctx, cancel := context.WithCancel(t.Context())
	stop := f.stop
	f.stop = func() { cancel(); stop() }
	go func() {
		for ctx.Err() == nil {
			for _, place := range places {
				f.mu.Lock()
				quiet := f.quiet[place]
				f.mu.Unlock()
				if !quiet {
					f.Heard(place, AgentReport{Version: "1.0"})
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(15 * time.Second):
			}
		}
	}()
	synctest.Wait()
	return f
}

func (f *fleet) silence(place string, quiet bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.quiet[place] = quiet
}

// requests are what the places were asked for since the last time.
func (f *fleet) requests() string {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.asked)
	all := strings.Join(f.asked, ", ")
	f.asked = nil
	return all
}

// result is one of the check mx that a place has, which began some time ago.
func result(place string, status probe.Status, ago time.Duration) *probe.Result {
	r := &probe.Result{Check: "fake", Target: "a", Start: time.Now().Add(-ago), Elapsed: time.Second, Status: status, Summary: "all is well"}
	step := probe.Step{Name: "look", Status: status, Elapsed: time.Second}
	if status != probe.OK {
		r.Cause, r.Summary = causeFull.As(status), "look: full"
		step.Cause, step.Detail = r.Cause, "full, says "+place
	}
	r.Steps = []probe.Step{step}
	return r
}

// sees delivers what a place sees of a check now.
func (f *fleet) sees(place, id string, status probe.Status) {
	f.t.Helper()
	f.saw(place, id, status, 0)
}

func (f *fleet) saw(place, id string, status probe.Status, ago time.Duration) {
	f.t.Helper()
	if err := f.Deliver(f.t.Context(), place, []Delivered{{ID: id, Attempts: 1, Results: []*probe.Result{result(place, status, ago)}}}); err != nil {
		f.t.Fatal(err)
	}
}

// verdict is how a check stands.
func (f *fleet) verdict(id string) string {
	f.t.Helper()
	time.Sleep(5 * time.Second) // it is gathered and recorded twice
	i := f.item(f.t, id)
	if len(i.Results) == 0 {
		return "nothing"
	}
	words := []string{i.Results[0].Status.String()}
	if c := i.Results[0].Cause; c != nil {
		words = append(words, c.Name)
	}
	return strings.Join(words, " ")
}

const threePlaces = `checks: [{name: mx, kind: fake, target: a, from: [fra, nyc, lon], every: 1m}]`

// TestPlacesOutage: what one place sees is partly down and told once, with the place; what
// two of three see is down and told once; and so the recovery.
func TestPlacesOutage(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		round := func(fra, nyc, lon probe.Status) {
			for place, status := range map[string]probe.Status{"fra": fra, "nyc": nyc, "lon": lon} {
				f.sees(place, "mx", status)
			}
			time.Sleep(40 * time.Second)
		}
		for _, c := range []struct {
			fra, nyc, lon probe.Status
			want, told    string
		}{
			{probe.OK, probe.OK, probe.OK, "OK", ""},
			{probe.Critical, probe.OK, probe.OK, "WARNING partly-down", "failure mx"},
			{probe.Critical, probe.OK, probe.OK, "WARNING partly-down", ""},
			{probe.OK, probe.Critical, probe.OK, "WARNING partly-down", ""},
			{probe.Critical, probe.Critical, probe.OK, "CRITICAL full", "worse mx"},
			{probe.Critical, probe.Critical, probe.Critical, "CRITICAL full", ""},
			{probe.OK, probe.Critical, probe.Critical, "CRITICAL full", ""},
			{probe.OK, probe.OK, probe.OK, "OK", "recovery mx"},
			{probe.OK, probe.OK, probe.OK, "OK", ""},
		} {
			before := f.told()
			round(c.fra, c.nyc, c.lon)
			got := f.verdict("mx")
			told := strings.TrimPrefix(strings.TrimPrefix(f.told(), before), ", ")
			if got != c.want || told != c.told {
				t.Errorf("%s %s %s: %s, told %q; want %s, told %q", c.fra, c.nyc, c.lon, got, told, c.want, c.told)
			}
		}
		for _, share := range f.item(t, "mx").Shares {
			if share.State.LastStatus != probe.OK || len(share.Results) != 1 || share.State.Incident != "" {
				t.Errorf("%s: %+v", share.ID, share.State)
			}
			if n := f.runs(t, share.ID); n != 9 {
				t.Errorf("%s has %d results", share.ID, n)
			}
		}
	})
}

// TestPlacesFlapping: a place that sees something else every few seconds does not have the others
// look as often.
func TestPlacesFlapping(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		for _, place := range []string{"fra", "nyc", "lon"} {
			f.sees(place, "mx", probe.OK)
		}
		if got := f.verdict("mx"); got != "OK" {
			t.Fatal(got)
		}
		f.requests()
		for begin := time.Now(); time.Since(begin) < 2*time.Minute; {
			f.sees("fra", "mx", probe.Critical)
			f.sees("fra", "mx", probe.OK)
		}
		asked := strings.Count(f.requests(), "nyc mx")
		if asked == 0 || asked > 20 { // every 6 s
			t.Errorf("the others are asked %d times", asked)
		}
	})
}

// TestPlacesConfirm: the first failure has the others look at once, and a verdict waits for
// them as long as the check may take. What they confirm is told at once.
func TestPlacesConfirm(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		begin := func() {
			for _, place := range []string{"fra", "nyc", "lon"} {
				f.sees(place, "mx", probe.OK)
			}
			if got := f.verdict("mx"); got != "OK" {
				t.Fatal(got)
			}
			time.Sleep(20 * time.Second)
			f.requests()
		}
		begin()
		f.sees("fra", "mx", probe.Critical)
		if got := f.verdict("mx"); got != "OK" {
			t.Errorf("before the others have looked: %s", got)
		}
		if got := f.requests(); got != "lon mx, nyc mx" {
			t.Errorf("asked %q", got)
		}
		f.sees("nyc", "mx", probe.Critical)
		if got := f.verdict("mx"); got != "CRITICAL full" {
			t.Errorf("confirmed: %s", got)
		}
		if got := f.told(); got != "failure mx" {
			t.Errorf("told %q", got)
		}
		// The same while it ends: nobody is told that it is partly down meanwhile.
		f.sees("lon", "mx", probe.Critical)
		time.Sleep(30 * time.Second)
		f.requests()
		f.sees("nyc", "mx", probe.OK)
		f.sees("lon", "mx", probe.OK)
		if got := f.verdict("mx"); got != "CRITICAL full" {
			t.Errorf("before fra has looked: %s", got)
		}
		if got := f.requests(); got != "fra mx, nyc mx" && got != "fra mx, lon mx" {
			t.Errorf("asked %q", got)
		}
		f.sees("fra", "mx", probe.OK)
		if got := f.verdict("mx"); got != "OK" {
			t.Errorf("at the end: %s", got)
		}
		if got := f.told(); got != "failure mx, recovery mx" {
			t.Errorf("told %q", got)
		}
		// Nobody answers: it is told after the time that a check may take.
		begin()
		f.sees("fra", "mx", probe.Critical)
		time.Sleep(15 * time.Second)
		if got := f.verdict("mx"); got != "OK" {
			t.Errorf("too early: %s", got)
		}
		time.Sleep(20 * time.Second)
		if got := f.verdict("mx"); got != "WARNING partly-down" {
			t.Errorf("after the time: %s", got)
		}
		if got := f.requests(); got != "lon mx, nyc mx" {
			t.Errorf("asked %q", got)
		}
	})
}

// TestPlacesSilent: a silent agent is an incident of its own, never one of the check; nothing
// is told of it twice.
func TestPlacesSilent(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		minutes := func(n int, places ...string) {
			for range n {
				for _, place := range places {
					f.sees(place, "mx", probe.OK)
				}
				time.Sleep(time.Minute - 3*time.Second)
			}
		}
		minutes(3, "fra", "nyc", "lon")
		if got := f.told(); got != "" {
			t.Errorf("told %q", got)
		}
		f.silence("lon", true)
		minutes(6, "fra", "nyc")
		if got := f.told() + " " + f.verdict("mx"); got != "failure agent lon OK" {
			t.Errorf("told %q", got)
		}
		step := f.item(t, "mx").Results[0].Step("place-lon")
		if step == nil || step.Status != probe.Unknown || !step.Cause.Is(CauseAgentSilent) || !strings.Contains(step.Detail, "not been heard of since") {
			t.Errorf("%+v", step)
		}
		f.silence("lon", false)
		minutes(3, "fra", "nyc", "lon")
		if got := f.told() + " " + f.verdict("mx"); got != "failure agent lon, recovery agent lon OK" {
			t.Errorf("told %q", got)
		}
		// All of them: the check is not known, and not down.
		for _, place := range []string{"fra", "nyc", "lon"} {
			f.silence(place, true)
		}
		time.Sleep(6 * time.Minute)
		if got := f.verdict("mx"); got != "UNKNOWN no-witness" {
			t.Errorf("without agents: %s", got)
		}
		if n := strings.Count(f.told(), "failure mx"); n != 1 {
			t.Errorf("told %q", f.told())
		}
	})
}

// TestPlacesLate: what is older than the newest result of its place is for the history alone,
// in any order, and what is delivered again changes nothing.
func TestPlacesLate(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		time.Sleep(3 * time.Minute)
		for _, place := range []string{"fra", "nyc", "lon"} {
			f.sees(place, "mx", probe.OK)
		}
		if got := f.verdict("mx"); got != "OK" {
			t.Fatal(got)
		}
		told, runs := f.told(), f.runs(t, "mx from fra")
		var batch []Delivered
		for i := range 500 {
			batch = append(batch, Delivered{ID: "mx", Attempts: 1, Results: []*probe.Result{result("fra", probe.Critical, time.Hour+time.Duration(i)*time.Minute)}})
		}
		for range 3 {
			if err := f.Deliver(t.Context(), "fra", batch); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.verdict("mx"); got != "OK" || f.told() != told {
			t.Errorf("late results: %s, told %q", got, f.told())
		}
		if n := f.runs(t, "mx from fra") - runs; n != 500 {
			t.Errorf("the history has %d of 500 late results", n)
		}
		if got := f.item(t, "mx").Shares[0].State.LastStatus; got != probe.OK {
			t.Errorf("the share is %s", got)
		}
	})
}

// TestPlacesLateFailure: a failure that is the newest that a place has, and is delivered late, as
// after the loss of its link, alarms nobody before the place has looked again.
func TestPlacesLateFailure(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, strings.Replace(threePlaces, "every: 1m", "every: 5m", 1), "fra", "nyc", "lon")
		defer f.stop()
		for _, place := range []string{"fra", "nyc", "lon"} {
			f.sees(place, "mx", probe.OK)
		}
		if got := f.verdict("mx"); got != "OK" {
			t.Fatal(got)
		}
		for _, c := range []struct {
			again probe.Status
			want  string
		}{{probe.OK, "OK"}, {probe.Critical, "WARNING partly-down"}} {
			time.Sleep(4 * time.Minute)
			f.requests()
			f.saw("fra", "mx", probe.Critical, time.Minute)
			if got := f.verdict("mx"); got != "OK" {
				t.Errorf("by a late failure: %s, told %q", got, f.told())
			}
			if got := f.requests(); got != "fra mx, lon mx, nyc mx" {
				t.Errorf("asked %q", got)
			}
			for place, status := range map[string]probe.Status{"fra": c.again, "nyc": probe.OK, "lon": probe.OK} {
				f.sees(place, "mx", status)
			}
			if got := f.verdict("mx"); got != c.want {
				t.Errorf("once all have looked again: %s, want %s", got, c.want)
			}
		}
		if got := f.told(); got != "failure mx" {
			t.Errorf("told %q", got)
		}
	})
}

// TestPlacesAgain: a batch that is delivered again, to the same process or after it was
// killed, changes nothing.
func TestPlacesAgain(t *testing.T) {
	simulated(t, func(t *testing.T) {
		dir := t.TempDir()
		var batch []Delivered
		var before string
		for range 4 {
			f := playFleetIn(t, dir, threePlaces, "fra", "nyc", "lon")
			if batch == nil {
				for _, place := range []string{"nyc", "lon"} {
					f.sees(place, "mx", probe.Critical)
				}
				batch = []Delivered{{ID: "mx", Attempts: 1, Results: []*probe.Result{result("fra", probe.Critical, 0)}}}
			}
			for range 3 {
				if err := f.Deliver(t.Context(), "fra", batch); err != nil {
					t.Fatal(err)
				}
			}
			got := f.verdict("mx") + fmt.Sprint(" ", f.runs(t, "mx from fra"), " ", f.runs(t, "mx"))
			share := f.item(t, "mx").Shares[0].State
			share.Version = 0
			text, err := json.Marshal(share)
			if err != nil {
				t.Fatal(err)
			}
			if now := got + string(text); before == "" {
				before = now
			} else if now != before {
				t.Errorf("%s\nwas %s", now, before)
			}
			incidents, err := f.store.Incidents(t.Context(), history.Filter{})
			if err != nil || len(incidents) != 1 {
				t.Errorf("%d incidents, %v", len(incidents), err)
			}
			f.stop()
		}
		if !strings.HasPrefix(before, "CRITICAL full 1 2") {
			t.Error(before)
		}
	})
}

// TestDeliverRefuses: what cannot be a result of a place is left out and told, and disturbs
// nothing else.
func TestDeliverRefuses(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		future, foreign := result("fra", probe.Critical, -time.Minute), result("fra", probe.Critical, 0)
		foreign.Check = "smtp"
		err := f.Deliver(t.Context(), "fra", []Delivered{
			{ID: "mx"}, {ID: "mx", Results: []*probe.Result{nil}}, {ID: "mx", Results: []*probe.Result{future}}, {ID: "mx", Results: []*probe.Result{foreign}},
			{ID: "mx", Results: slices.Repeat([]*probe.Result{foreign}, 1000)}, {ID: "gone", Results: []*probe.Result{foreign}},
			{ID: "mx from nyc", Results: []*probe.Result{result("nyc", probe.Critical, 0)}},
			{ID: "mx", Results: []*probe.Result{result("fra", probe.OK, 0)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Deliver(t.Context(), "ber", []Delivered{{ID: "mx", Results: []*probe.Result{result("ber", probe.Critical, 0)}}}); err != nil {
			t.Error(err)
		}
		if got := f.item(t, "mx").Shares[0].State.LastStatus; got != probe.OK {
			t.Errorf("fra sees %s", got)
		}
		var said []string
		for _, err := range f.Stats().Problems {
			said = append(said, err.Error())
		}
		if all := strings.Join(said, "; "); strings.Count(all, "was refused") != 4 || !strings.Contains(all, "it is of the future") {
			t.Errorf("%s", all)
		}
		f.stop()
		if err := f.Deliver(context.Background(), "fra", nil); !errors.Is(err, ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// TestPlacesRestart: a centre that begins anew does not take for known what it has not heard
// yet, and tells nothing twice.
func TestPlacesRestart(t *testing.T) {
	simulated(t, func(t *testing.T) {
		dir := t.TempDir()
		f := playFleetIn(t, dir, threePlaces, "fra", "nyc", "lon")
		for _, place := range []string{"fra", "nyc", "lon"} {
			f.sees(place, "mx", probe.Critical)
		}
		if got := f.verdict("mx") + " " + f.told(); got != "CRITICAL full failure mx" {
			t.Fatal(got)
		}
		f.stop()
		time.Sleep(30 * time.Minute)
		f = playFleetIn(t, dir, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		f.sees("fra", "mx", probe.OK) // the others have not told yet
		if got := f.verdict("mx") + " " + f.told(); got != "CRITICAL full " {
			t.Errorf("with one place: %s", got)
		}
		f.sees("nyc", "mx", probe.Critical)
		f.sees("lon", "mx", probe.Critical)
		if got := f.verdict("mx") + " " + f.told(); got != "CRITICAL full " {
			t.Errorf("with all: %s", got)
		}
	})
}

// TestPlacesUnable: a place whose network lets nothing out to port 25 is no witness for a
// mail server, and a job that its rules refuse is not seen from there.
func TestPlacesUnable(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, `checks: [{name: mx, kind: smtp, target: a, from: [fra, nyc], every: 1m}, {name: p, kind: fake, target: a, from: [fra, nyc], every: 1m}]`)
		defer f.stop()
		no := false
		report := func() {
			f.Heard("fra", AgentReport{Version: "1.0", Able: []Ability{{Name: "port-25", Able: &no, Detail: "no connection to port 25 gets out"}, {Name: "clock"}, {Name: "\x1b[2J"}}})
			f.Heard("nyc", AgentReport{Version: "1.0", Refused: map[string]string{"p": "kind fake is not permitted"}})
		}
		for range 4 {
			report()
			for _, place := range []string{"fra", "nyc"} {
				f.sees(place, "p", probe.OK)
				r := result(place, probe.OK, 0)
				if r.Check = "smtp"; place == "fra" {
					r.Status = probe.Critical
				}
				if err := f.Deliver(t.Context(), place, []Delivered{{ID: "mx", Results: []*probe.Result{r}}}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(55 * time.Second)
		}
		for id, want := range map[string]string{"mx": "OK", "p": "OK", "agent fra": "WARNING place-unable", "agent nyc": "WARNING not-allowed"} {
			if got := f.verdict(id); got != want {
				t.Errorf("%s: %s, want %s", id, got, want)
			}
		}
		for id, want := range map[string]string{
			"mx place-fra": "the place is no witness for it: no connection to port 25 gets out",
			"p place-nyc":  "the rules of the place do not permit it: kind fake is not permitted",
		} {
			check, step, _ := strings.Cut(id, " ")
			if s := f.item(t, check).Results[0].Step(step); s == nil || s.Status != probe.Unknown || s.Detail != want {
				t.Errorf("%s: %+v", id, s)
			}
		}
		if err := f.RunNow("agent fra"); !errors.Is(err, ErrPassive) {
			t.Errorf("run of an agent: %v", err)
		}
		f.requests()
		if err := f.RunNow("p"); err != nil {
			t.Error(err)
		}
		if got := f.requests(); got != "fra p" {
			t.Errorf("asked %q", got)
		}
	})
}

// TestPlacesClock: an offset is told beyond a second, and what the centre refuses.
func TestPlacesClock(t *testing.T) {
	simulated(t, func(t *testing.T) {
		const notMeasured = -1
		f := playFleet(t, threePlaces)
		defer f.stop()
		for _, c := range []struct {
			offset  time.Duration
			problem string
			want    string
		}{
			{900 * time.Millisecond, "", "OK"}, {-900 * time.Millisecond, "", "OK"},
			{-3 * time.Second, "", "WARNING agent-clock"}, {notMeasured, "", "WARNING agent-clock"},
			{time.Hour, "the clock is an hour behind", "WARNING agent-refused"}, {notMeasured, "the clock is an hour behind", "WARNING agent-refused"},
			{0, "revoked", "WARNING agent-refused"}, {0, "", "OK"},
		} {
			r := AgentReport{Version: "1.0", Offset: &c.offset, Problem: c.problem}
			if c.offset == notMeasured {
				r.Offset = nil // as in the first greeting of an agent that was started anew
			}
			f.Heard("fra", r)
			if got := f.verdict("agent fra"); got != c.want {
				t.Errorf("%s %q: %s, want %s", c.offset, c.problem, got, c.want)
			}
		}
		if got := f.told(); got != "failure agent fra, changed agent fra, recovery agent fra" {
			t.Errorf("told %q", got)
		}
	})
}

// TestPlacesAlone: a check from one place is confirmed as those that run here: by a second
// failure.
func TestPlacesAlone(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, `checks: [{name: mx, kind: fake, target: a, from: fra, every: 1m}]`, "fra")
		defer f.stop()
		for i, c := range []struct {
			status probe.Status
			told   string
		}{{probe.OK, ""}, {probe.Critical, ""}, {probe.OK, ""}, {probe.Critical, ""}, {probe.Critical, "failure mx"}, {probe.OK, "failure mx, recovery mx"}} {
			f.sees("fra", "mx", c.status)
			time.Sleep(50 * time.Second)
			if got := f.told(); got != c.told {
				t.Errorf("after %d: told %q, want %q", i+1, got, c.told)
			}
		}
	})
}

// TestPlacesReload: a file that has changed goes on with what is known, and a place that is
// new is waited for.
func TestPlacesReload(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon", "ams")
		defer f.stop()
		for _, place := range []string{"fra", "nyc", "lon"} {
			f.sees(place, "mx", probe.Critical)
		}
		if got := f.verdict("mx") + " " + f.told(); got != "CRITICAL full failure mx" {
			t.Fatal(got)
		}
		s, faults := parsePlaces("notify: [{command: 'true'}]\nchecks: [{name: mx, kind: fake, target: a, from: [fra, nyc, ams], every: 1m}]")
		if faults != "" {
			t.Fatal(faults)
		}
		f.Replace(s)
		if got := f.verdict("mx") + " " + f.told(); got != "CRITICAL full failure mx" {
			t.Errorf("after the reload: %s", got)
		}
		if err := f.Deliver(t.Context(), "lon", []Delivered{{ID: "mx", Results: []*probe.Result{result("lon", probe.OK, 0)}}}); err != nil {
			t.Error(err)
		}
		for _, place := range []string{"fra", "nyc", "ams"} {
			f.sees(place, "mx", probe.OK)
		}
		if got := f.verdict("mx") + " " + f.told(); got != "OK failure mx, recovery mx" {
			t.Errorf("with the new place: %s", got)
		}
		if n := len(f.item(t, "mx").Shares); n != 3 {
			t.Errorf("%d shares", n)
		}
		// Run here from now on, and nothing of places is left.
		if s, faults = parsePlaces("checks: [{name: p, kind: fake, target: a, from: fra}]"); faults != "" {
			t.Fatal(faults)
		}
		f.Replace(s)
		time.Sleep(time.Second)
		if n := len(f.Items()); n != 2 {
			t.Errorf("%d items", n)
		}
	})
}

// TestPlacesByCron: a run of its own has no witness for what places run, and says who has.
func TestPlacesByCron(t *testing.T) {
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	o := Options{Store: openHistory(t, func() time.Time { return now }), Now: func() time.Time { return now }}
	s, faults := parsePlaces(threePlaces)
	if faults != "" {
		t.Fatal(faults)
	}
	r := run(t, s, o)
	if got := found(r); got != "UNKNOWN no-witness" || r.Status != probe.Unknown || len(r.Events) != 1 {
		t.Errorf("%s, %s, %d events", got, r.Status, len(r.Events))
	}
	if got := r.Outcomes[0].Worst().Summary; got != "run from fra, nyc, lon by `mailprobe serve --fleet`, of which nothing is heard" {
		t.Error(got)
	}
	now = now.Add(time.Hour)
	if r = run(t, s, o); len(r.Events) != 0 || r.Status != probe.Unknown {
		t.Errorf("again: %s, %d events", r.Status, len(r.Events))
	}
}

// TestDeliverUnrecorded: what the history does not take is not said to be recorded, so that
// it is sent again.
func TestDeliverUnrecorded(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, threePlaces, "fra", "nyc", "lon")
		defer f.stop()
		if err := f.store.Close(); err != nil {
			t.Fatal(err)
		}
		one := []Delivered{{ID: "mx", Results: []*probe.Result{result("fra", probe.OK, 0)}}}
		for range 2 {
			if err := f.Deliver(t.Context(), "fra", one); !errors.Is(err, ErrUnrecorded) {
				t.Errorf("%v", err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := f.Deliver(ctx, "nyc", one); !errors.Is(err, context.Canceled) && !errors.Is(err, ErrUnrecorded) {
			t.Errorf("%v", err)
		}
	})
}

// TestPlacesSpread: of a group two places run a check; where one falls silent the third is
// asked, and what the silent one saw counts no more.
func TestPlacesSpread(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, "places: {eu: [fra, ams, lon]}\nchecks: [{name: mx, kind: fake, target: a, from: 2 of eu, every: 1m, down: all}]", "fra", "ams", "lon")
		defer f.stop()
		has := func() (all []string) {
			for _, place := range []string{"fra", "ams", "lon"} {
				if len(f.Jobs(place)) > 0 {
					all = append(all, place)
				}
			}
			return all
		}
		two := has()
		if len(two) != 2 {
			t.Fatalf("%q run it", two)
		}
		f.sees(two[0], "mx", probe.Critical)
		f.sees(two[1], "mx", probe.OK)
		time.Sleep(time.Minute)
		if got := f.verdict("mx"); got != "WARNING partly-down" {
			t.Errorf("%s", got)
		}
		f.silence(two[0], true)
		time.Sleep(2*time.Minute + 20*time.Second)
		now := has()
		if len(now) != 2 || slices.Contains(now, two[0]) {
			t.Fatalf("with %s silent %q run it", two[0], now)
		}
		for _, place := range now {
			f.sees(place, "mx", probe.OK)
		}
		if got := f.verdict("mx"); got != "OK" {
			t.Errorf("%s", got)
		}
		idle := 0
		for _, s := range f.item(t, "mx").Seen() {
			if s.Idle {
				idle++
			}
			if s.Counts == s.Idle {
				t.Errorf("%s counts: %t, idle: %t", s.Place, s.Counts, s.Idle)
			}
		}
		if idle != 1 {
			t.Errorf("%d are idle", idle)
		}
	})
}

// TestPlacesDepend: while what a check depends on is down, its verdict is skipped.
func TestPlacesDepend(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, "defaults: {every: 1m, from: [fra, nyc]}\nchecks: [{name: net, kind: fake, target: a}, {name: mx, kind: fake, target: a, depends_on: net}]", "fra", "nyc")
		defer f.stop()
		for _, id := range []string{"net", "mx"} {
			for _, place := range []string{"fra", "nyc"} {
				f.sees(place, id, probe.Critical)
			}
			time.Sleep(10 * time.Second)
		}
		if got := f.verdict("net") + ", " + f.verdict("mx") + ", " + f.told(); got != "CRITICAL full, SKIPPED dependency-down, failure net" {
			t.Error(got)
		}
	})
}

// TestPlacesLost: a place that saw a check down and falls silent ends nothing: no message says
// that it is better. That it is up again is told once the others see it.
func TestPlacesLost(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, `checks: [{name: mx, kind: fake, target: a, from: [fra, nyc], every: 1m}]`, "fra", "nyc")
		defer f.stop()
		for _, place := range []string{"fra", "nyc"} {
			f.sees(place, "mx", probe.Critical)
		}
		if got := f.verdict("mx") + ", " + f.told(); got != "CRITICAL full, failure mx" {
			t.Fatal(got)
		}
		minutes := func(n int, status probe.Status) {
			for range n {
				f.sees("fra", "mx", status)
				time.Sleep(time.Minute)
			}
		}
		f.silence("nyc", true)
		minutes(6, probe.Critical)
		if got := f.verdict("mx") + ", " + f.told(); got != "CRITICAL full, failure mx, failure agent nyc" {
			t.Error(got)
		}
		if got := f.item(t, "mx").Results[0].Summary; !strings.HasPrefix(got, "still down from fra (1 of 2 places)") {
			t.Error(got)
		}
		// Nobody sees it for a while: the incident goes on afterwards.
		f.silence("fra", true)
		time.Sleep(6 * time.Minute)
		if got := f.verdict("mx"); got != "UNKNOWN no-witness" {
			t.Error(got)
		}
		f.silence("fra", false)
		time.Sleep(20 * time.Second)
		minutes(2, probe.Critical)
		if got := f.verdict("mx"); got != "CRITICAL full" || strings.Contains(f.told(), "recovery mx") {
			t.Errorf("%s, told %s", got, f.told())
		}
		minutes(2, probe.OK)
		if got := f.verdict("mx"); got != "OK" || strings.Count(f.told(), "recovery mx") != 1 {
			t.Errorf("%s, told %s", got, f.told())
		}
	})
}

// TestPlacesNever: an agent that never comes is told, and so is that nothing is known of what
// it alone should run.
func TestPlacesNever(t *testing.T) {
	simulated(t, func(t *testing.T) {
		f := playFleet(t, `checks: [{name: mx, kind: fake, target: a, from: [fra, nyc], every: 1m}, {name: p, kind: fake, target: a, from: ams, every: 1m}]`, "fra", "nyc")
		defer f.stop()
		for range 5 {
			f.sees("fra", "mx", probe.OK)
			f.sees("nyc", "mx", probe.OK)
			time.Sleep(time.Minute)
		}
		if got := f.verdict("mx") + ", " + f.verdict("agent ams"); got != "OK, UNKNOWN agent-silent" {
			t.Error(got)
		}
		if got := f.told(); got != "failure agent ams" && got != "failure agent ams, failure p" && got != "failure p, failure agent ams" {
			t.Error(got)
		}
	})
}
