package integration

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/fleet"
	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// TestFleet: three places watch a mail host, each with a trouble of its own: a firewall that
// drops port 25 (fra), a clock that is off (ams), and a link that is lost (nyc). What one place
// alone sees is partly down, what two see is down, each is told once, and the troubles of places
// are never taken for the mail host's. Then processes are killed, and nothing is lost nor told
// twice. What passed on the network has no secret in it.
func TestFleet(t *testing.T) {
	needPostfix(t)
	for name, real := range map[string]bool{"embedded": false, "nats-server": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := startFleetLab(t, real)
			l.join()
			l.outages()
			l.loseLink()
			l.killAll()
			l.compare()
			l.holdNoSecret()
		})
	}
}

// nightly reports whether tests that depend on chance are to be repeated more often.
func nightly() bool { return os.Getenv("MAILPROBE_NIGHTLY") != "" }

// How far the clock of ams is ahead: first by more than is taken, then by what is corrected.
const (
	tooFar = 15 * time.Minute
	ahead  = 90 * time.Second
)

// step logs the time that a part of the test takes.
func (l *fleetLab) step(what string) {
	begin := time.Now()
	l.t.Logf("%s %s", begin.Format("15:04:05.0"), what)
}

// join has the agents join. The clock of ams is too far off at first, and its results are
// refused, until it is nearly right. fra sees within a quarter of a minute that port 25 does not
// get out.
func (l *fleetLab) join() {
	l.t.Helper()
	l.step("join")
	l.agents[fra].start()
	l.agents[nyc].start()
	l.agents[ams].off = tooFar
	l.agents[ams].start()
	l.stands("agent ams", probe.Warning, "agent-refused")
	if list := l.fleet("list", "-o", "json"); !strings.Contains(list, "the clock of this machine is off by 15 min") {
		l.t.Errorf("mailprobe fleet list says nothing of the clock of ams:\n%s", list)
	}
	l.agents[ams].kill()
	l.agents[ams].off = ahead
	l.agents[ams].start()
	l.step("ams has another clock")
	l.stands("agent ams", probe.Warning, "agent-clock")
	l.stands("agent fra", probe.Warning, "place-unable")
	l.stands("inbox", probe.OK, "")
	l.stands("mx", probe.OK, "")
	l.isNoWitness()
	l.tells("agent ams", "failure WARNING agent-refused", "changed WARNING agent-clock")
	l.tells("agent fra", "failure WARNING place-unable")
	l.tells("agent nyc")
	l.tells("inbox")
	l.tells("mx")
}

// isNoWitness demands that fra says why it does not see the exchanger.
func (l *fleetLab) isNoWitness() {
	l.t.Helper()
	s, _ := l.check("mx")
	for _, p := range s.Places {
		switch {
		case p.Place == "fra" && (p.Status == nil || *p.Status != probe.Unknown || !strings.Contains(p.Summary, "no witness")):
			l.t.Errorf("fra says of mx: %+v", p)
		case p.Place != "fra" && (p.Status == nil || *p.Status != probe.OK):
			l.t.Errorf("%s says of mx: %+v", p.Place, p)
		}
	}
}

// tells demands what was told of a check, in order.
func (l *fleetLab) tells(check string, want ...string) {
	l.t.Helper()
	if got := l.told.lines(check); !slices.Equal(got, want) {
		l.t.Errorf("told of %s: %q, want %q", check, got, want)
	}
}

// outages: the mailbox is refused to one place, then to two; and the exchanger is down.
func (l *fleetLab) outages() {
	l.t.Helper()
	l.step("one place is refused")
	l.outageCount++
	l.firewall("add", "refused", ams, l.imaps())
	l.stands("inbox", probe.Warning, "partly-down")
	l.step("two are, and the exchanger is down")
	l.firewall("add", "refused", nyc, l.imaps())
	l.postfix.stop()
	l.stands("inbox", probe.Critical, "refused")
	l.stands("mx", probe.Critical, "refused")
	l.step("all is well again")
	l.firewall("delete", "refused", ams, l.imaps())
	l.firewall("delete", "refused", nyc, l.imaps())
	l.runPostfix()
	l.stands("inbox", probe.OK, "")
	l.stands("mx", probe.OK, "")
	l.eventually("the recoveries are told", func() bool { return len(l.told.all("inbox")) > 2 && len(l.told.all("mx")) > 1 })
	l.tells("inbox", "failure WARNING partly-down", "worse CRITICAL refused", "recovery OK")
	l.tells("mx", "failure CRITICAL refused", "recovery OK")
	inbox, mx := l.told.all("inbox"), l.told.all("mx")
	for _, one := range []struct {
		told notify.Event
		want string
	}{
		{inbox[0], "down from ams (1 of 3 places)"},
		{inbox[1], "down from ams, nyc (2 of 3 places)"},
		{mx[0], "down from ams, nyc (2 of 3 places)"},
	} {
		if !strings.Contains(one.told.Summary, one.want) {
			l.t.Errorf("told %q, without %q", one.told.Summary, one.want)
		}
	}
}

// loseLink: nyc is cut off for a while. Its results of that time come afterwards, and alarm
// nobody.
func (l *fleetLab) loseLink() {
	l.t.Helper()
	lost := 8 * time.Second
	if nightly() {
		lost = time.Minute
	}
	before := len(l.told.all(""))
	l.step("nyc loses its link")
	from := time.Now()
	l.must(l.star.Connect(nyc, false))
	time.Sleep(lost)
	l.must(l.star.Connect(nyc, true))
	to := time.Now()
	l.step("it has it again")
	l.eventually("the results of the time without a link are in the history", func() bool {
		return l.between("inbox from nyc", from, to) >= int(lost.Seconds()/4) && l.between("mx from nyc", from, to) >= int(lost.Seconds()/4)
	})
	l.stands("inbox", probe.OK, "")
	l.stands("mx", probe.OK, "")
	for _, e := range l.told.all("")[before:] {
		l.t.Errorf("told of the link that was lost: %s", describe(e))
	}
}

// history opens that of the centre.
func (l *fleetLab) history() *history.Store {
	l.t.Helper()
	store, err := history.Open(l.t.Context(), filepath.Join(l.dir, "centre", history.FileName), history.Options{})
	l.must(err)
	return store
}

// between is how many results of a check began within a time.
func (l *fleetLab) between(name string, from, to time.Time) (n int) {
	l.t.Helper()
	store := l.history()
	defer store.Close()
	all, err := store.Before(l.t.Context(), name, to, 10_000, false)
	l.must(err)
	for _, one := range all {
		if !one.Result.Start.Before(from) {
			n++
		}
	}
	return n
}

// killAll kills the processes in turn, at random moments, while the mailbox begins to be refused
// to two places, or ceases to be; after some of them that has to be seen.
func (l *fleetLab) killAll() {
	l.t.Helper()
	kills := 5
	if nightly() {
		kills = 50
	}
	victims := []string{"fra", "centre", "nyc", "nats-server", "ams"}
	if l.nats == nil {
		victims[3] = "centre"
	}
	for n := range kills {
		switch n % len(victims) {
		case 0:
			l.refuseBoth("add")
			l.outageCount++
		case 3:
			l.stands("inbox", probe.Critical, "refused")
			l.refuseBoth("delete")
		}
		time.Sleep(rand.N(1500 * time.Millisecond))
		l.kill(victims[n%len(victims)])
		if n%len(victims) == len(victims)-1 {
			l.stands("inbox", probe.OK, "")
		}
	}
}

// kill kills a process, and starts it again a little later.
func (l *fleetLab) kill(name string) {
	l.t.Helper()
	l.step("kill " + name)
	if name == "nats-server" {
		l.nats.Kill()
		time.Sleep(rand.N(time.Second))
		l.nats.Restart()
		return
	}
	p := l.named(name)
	p.kill()
	time.Sleep(rand.N(time.Second))
	p.start()
}

// named returns a program by its name.
func (l *fleetLab) named(name string) *program {
	for _, p := range l.agents {
		if p.name == name {
			return p
		}
	}
	return l.centre
}

// refuseBoth refuses the mailbox to two places, or ends that.
func (l *fleetLab) refuseBoth(what string) {
	l.t.Helper()
	for _, host := range []int{ams, nyc} {
		l.firewall(what, "refused", host, l.imaps())
	}
}

// compare holds what was written down at the places, and what was told, against the history,
// once all is well.
func (l *fleetLab) compare() {
	l.t.Helper()
	l.step("all is well after the kills")
	l.stands("inbox", probe.OK, "")
	l.stands("mx", probe.OK, "")
	l.stands("agent ams", probe.Warning, "agent-clock")
	l.agents[ams].stop()
	l.agents[ams].off = 0
	l.agents[ams].start()
	l.stands("agent ams", probe.OK, "")
	for _, p := range l.agents {
		p.stop()
	}
	for _, w := range l.spools {
		l.compareSpool(w)
	}
	l.eventually("all is told", func() bool { return l.waiting() == 0 })
	l.centre.stop()
	store := l.history()
	defer store.Close()
	if store.Notice() != "" {
		l.t.Error(store.Notice())
	}
	l.compareTold(store)
}

// waiting is how many messages wait.
func (l *fleetLab) waiting() int {
	l.t.Helper()
	store := l.history()
	defer store.Close()
	pending, err := store.Pending(l.t.Context())
	l.must(err)
	return len(pending)
}

// compareSpool demands that each result of a place is in the history in the end, once.
func (l *fleetLab) compareSpool(w *spoolWatch) {
	l.t.Helper()
	if d := w.dropped(l.t); d != "" && d != "0" {
		l.t.Errorf("%s has dropped %s results", w.place, d)
	}
	held := len(w.files())
	var lost, twice []spooled
	for begin := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		lost, twice = l.missing(w)
		if len(lost) == 0 || time.Since(begin) > 3*time.Minute { // the centre may have some before it yet
			break
		}
	}
	l.t.Logf("%s: %d results; %d lost, %d twice", w.place, len(w.results()), len(lost), len(twice))
	if len(lost) > 0 || len(twice) > 0 || held > 0 || len(w.results()) == 0 {
		l.t.Errorf("of %d results of %s are lost: %v, are there twice: %v, and %d batches are not sent", len(w.results()), w.place, lost, twice, held)
	}
}

// missing compares the results of a place with the history.
func (l *fleetLab) missing(w *spoolWatch) (lost, twice []spooled) {
	l.t.Helper()
	store := l.history()
	defer store.Close()
	have := map[string][]time.Time{}
	for _, job := range []string{"inbox", "mx"} {
		all, err := store.Before(l.t.Context(), job+" from "+w.place, time.Now().Add(time.Hour), 1_000_000, false)
		l.must(err)
		for _, one := range all {
			have[mark(job, one.Result.Elapsed)] = append(have[mark(job, one.Result.Elapsed)], one.Result.Start)
		}
	}
	all := w.results()
	for _, s := range all {
		n, alike := 0, 0 // a check that its place does not run takes no time that would tell it apart
		for _, other := range all {
			if apart := time.Duration(other.start - s.start); mark(other.job, other.took) == mark(s.job, s.took) && apart.Abs() < 4*time.Second {
				alike++
			}
		}
		for _, start := range have[mark(s.job, s.took)] {
			if apart := time.Unix(0, s.start).Sub(start); near(apart, 0) || w.place == "ams" && near(apart, ahead) {
				n++
			}
		}
		switch {
		case n == 0:
			lost = append(lost, s)
		case n > alike:
			twice = append(twice, s)
		}
	}
	return lost, twice
}

// mark tells results apart, with the time at which they began: how long they took.
func mark(job string, took time.Duration) string {
	return fmt.Sprint(job, " ", took.Round(time.Microsecond))
}

// near reports whether a difference is one of clocks, within what a clock that was just
// measured may be off.
func near(apart, want time.Duration) bool { return (apart - want).Abs() < 2*time.Second }

// compareTold demands that each incident is over and was told once, and ended once.
func (l *fleetLab) compareTold(store *history.Store) {
	l.t.Helper()
	incidents, err := store.Incidents(l.t.Context(), history.Filter{})
	l.must(err)
	count, want := map[string]int{}, map[string]int{"inbox": l.outageCount, "mx": 1, "agent ams": 1, "agent fra": 1}
	for _, i := range incidents {
		count[i.Name]++
	}
	if !maps.Equal(count, want) {
		l.t.Errorf("incidents: %v, want %v", count, want)
	}
	told := map[string]int{}
	for _, e := range l.told.all("") {
		told[e.Incident+" "+string(e.Kind)]++
	}
	for _, i := range incidents {
		over := i.Name != "agent fra" // which is behind its firewall for ever
		if i.Open() == over {
			l.t.Errorf("the incident of %s from %s to %s: %s", i.Name, i.Opened, i.Closed, i.Summary)
		}
		want := map[notify.EventKind]int{notify.Failure: 1, notify.Recovery: 1}
		if !over {
			want[notify.Recovery] = 0
		}
		for kind, n := range want {
			if got := told[i.ID+" "+string(kind)]; got != n {
				l.t.Errorf("%s of %s was told %d times, want %d", kind, i.Name, got, n)
			}
		}
	}
	l.told.mu.Lock()
	defer l.told.mu.Unlock()
	if len(l.told.doubled) > 0 {
		l.t.Errorf("told twice: %q", l.told.doubled)
	}
	l.t.Logf("%d incidents, %d events told, %d messages repeated with a mark", len(incidents), len(l.told.events), l.told.repeated)
}

// holdNoSecret searches what has passed on the network.
func (l *fleetLab) holdNoSecret() {
	l.t.Helper()
	l.step("search the captures")
	router, centre := l.captures[0], l.captures[1]
	there := map[string]*capture{"EHLO": router}
	if l.nats != nil { // in clear, on the loopback of the centre alone
		there["mailprobe.hello.fra"], there[`"sealed"`], there["inbox"] = centre, centre, centre
	}
	for text, c := range there {
		if !c.holds(text) {
			l.t.Errorf("the capture of %d bytes does not have %q: it is blind", c.size(), text)
		}
	}
	for what, secret := range l.secrets() {
		for _, spelling := range append(spellings(secret), base64.RawURLEncoding.EncodeToString([]byte(secret))) {
			for _, c := range l.captures {
				if c.holds(spelling) {
					l.t.Errorf("the network carries %s as %q", what, spelling)
				}
			}
		}
	}
	l.t.Logf("captured %d bytes at the router, with %d packets missed, and %d at the centre, with %d", router.size(), router.lost(l.t), centre.size(), centre.lost(l.t))
}

// secrets are all that there are, by what they are.
func (l *fleetLab) secrets() map[string]string {
	l.t.Helper()
	all := map[string]string{"the password": l.user.Password}
	for _, text := range l.tokens {
		token, err := fleet.ParseToken(text)
		l.must(err)
		all["the token of "+token.Name], all["its secret, of "+token.Name], all["its hash, of "+token.Name] = text, string(token.Secret), string(token.Hash())
	}
	keys, err := filepath.Glob(filepath.Join(l.dir, "*", "*", "*.nk"))
	l.must(err)
	for _, path := range keys {
		text, err := os.ReadFile(path)
		l.must(err)
		all[path] = strings.TrimSpace(string(text))
	}
	if len(keys) < 6 {
		l.t.Errorf("there are only the keys %q", keys)
	}
	return all
}
