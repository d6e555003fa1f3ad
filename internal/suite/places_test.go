package suite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mailprobe/delivery"
	"mailprobe/internal/push"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// placeKinds are kinds with and without an option from.
func placeKinds() []probe.Kind {
	return append((&fake{}).kinds(), delivery.Kind(), push.Kind())
}

func parsePlaces(text string) (*Suite, string) {
	s, problems := Parse("checks.yaml", []byte(text), placeKinds())
	var all []string
	for _, p := range problems.Errors() {
		all = append(all, p.Text)
	}
	return s, strings.Join(all, " | ")
}

// TestPlacesOfFile reads where checks are run from, and what makes them down.
func TestPlacesOfFile(t *testing.T) {
	const groups = "places: {eu: [fra, ams, lon], us: [nyc]}\n"
	for _, c := range []struct{ file, want string }{
		{`checks: [{name: mx, kind: fake, target: a, from: [fra, nyc]}]`, "fra,nyc 0 majority 1/1"},
		{`checks: [{name: mx, kind: fake, target: a, from: fra}]`, "fra 0 majority 2/1"},
		{`checks: [{name: mx, kind: fake, target: a, from: fra, alert_after: 3}]`, "fra 0 majority 3/1"},
		{groups + `checks: [{name: mx, kind: fake, target: a, from: eu}]`, "fra,ams,lon 0 majority 1/1"},
		{groups + `checks: [{name: mx, kind: fake, target: a, from: [eu, us, fra]}]`, "fra,ams,lon,nyc 0 majority 1/1"},
		{groups + `checks: [{name: mx, kind: fake, target: a, from: 2 of eu, down: 2 of 2}]`, "fra,ams,lon 2 2 of 2 1/1"},
		{`checks: [{name: mx, kind: fake, target: a, from: eu}]` + "\n" + groups, "fra,ams,lon 0 majority 1/1"},
		{`{defaults: {from: [fra, nyc], down: all, alert_after: 3}, checks: [{name: mx, kind: fake, target: a}]}`, "fra,nyc 0 all 1/1"},
		{`{defaults: {from: [fra, nyc], down: all}, checks: [{name: mx, kind: fake, target: a, down: any}]}`, "fra,nyc 0 any 1/1"},
		{`{groups: {g: {from: fra}}, defaults: {from: [nyc, lon]}, checks: [{name: mx, kind: fake, group: g, target: a}]}`, "fra 0 majority 2/1"},
		// A sender is a sender still, and both can be had.
		{`checks: [{name: mx, kind: smtp, target: a, from: bob@example.org}]`, "smtp from=bob@example.org"},
		{`checks: [{name: mx, kind: smtp, target: a, from: ""}]`, "smtp from="},
		{`checks: [{name: mx, kind: smtp, target: a, from: [fra, nyc], smtp: {from: bob@example.org}}]`, "fra,nyc 0 majority 1/1 smtp from=bob@example.org"},
		{`{defaults: {from: [fra, nyc], smtp: {from: bob@example.org}}, checks: [{name: mx, kind: smtp, target: a}]}`, "fra,nyc 0 majority 1/1 smtp from=bob@example.org"},
		{`{defaults: {from: bob@example.org}, checks: [{name: mx, kind: smtp, target: a}, {name: p, kind: fake, target: a}]}`, "smtp from=bob@example.org"},
		// A loop is run from one place at a time, and a push from none.
		{`checks: [{name: d, kind: deliver, via: a, to: bob@example.org, fetch: imaps://b, from: [fra, nyc], deliver: {from: al@example.org}}]`, "fra,nyc 1 majority 2/1 deliver via=a to=bob@example.org fetch=imaps://b from=al@example.org"},
		{`{defaults: {from: [fra, nyc], down: any}, checks: [{name: p, kind: push, every: 1h, token: ` + backupToken + `}]}`, "push token=" + backupToken},
	} {
		s, faults := parsePlaces(c.file)
		if faults != "" {
			t.Errorf("%s\n%s", c.file, faults)
			continue
		}
		check := s.Checks[0]
		words := []string{}
		if f := check.From; len(f.Places) > 0 {
			words = append(words, fmt.Sprintf("%s %d %s %d/%d", strings.Join(f.Places, ","), f.Count, check.Down, check.AlertAfter, check.RecoverAfter))
		}
		if check.Kind.Name != "fake" {
			words = append(words, check.Kind.Name)
			for _, v := range check.options {
				words = append(words, v.Name+"="+v.Text)
			}
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.file, got, c.want)
		}
	}
}

// TestPlacesFaults: what is wrong with from, down and places is said in a line.
func TestPlacesFaults(t *testing.T) {
	const mx = `checks: [{name: mx, kind: fake, target: a, `
	for _, c := range []struct{ file, want string }{
		{mx + `from: 3 of eu}]`, `from: there is no group of places "eu"; add it under places:`},
		{`{places: {eu: [fra, ams]}, ` + mx + `from: 3 of eu}]}`, `from: "3" is no number from 1 to 2, which is how many places eu has`},
		{`{places: {eu: [fra, ams]}, ` + mx + `from: x of eu}]}`, `from: "x" is no number from 1 to 2`},
		{`{places: {eu: [fra, ams]}, ` + mx + `from: 0 of eu}]}`, `from: "0" is no number`},
		{mx + `from: "fra, nyc"}]`, `from: several places are a list: from: [fra, nyc]`},
		{mx + `from: Fra}]`, `"Fra" cannot be the name of a place`},
		{mx + `from: [fra, fra]}]`, `from: fra is here twice`},
		{mx + `from: []}]`, `from has no places`},
		{mx + `from: bob@example.org}]`, `from: "bob@example.org" is no place; from has the places that run the check, such as from: [fra, nyc], and fake has no sender`},
		{mx + `from: "../x"}]`, `"../x" cannot be the name of a place`},
		{mx + `from: "a.b"}]`, `"a.b" cannot be the name of a place`},
		{mx + `from: [fra, nyc], down: 2 of 3}]`, `down: 2 of 3: the check is run from 2 places, so it would be 2 of 2`},
		{mx + `from: [fra, nyc], down: 3}]`, `down: 3: the check is run from 2 places, and would never be down`},
		{mx + `from: [fra, nyc], down: most}]`, `"most" is none of majority, all, any, a number of places such as 2, or 2 of 3`},
		{mx + `from: [fra, nyc], alert_after: 2}]`, `a check from several places has no alert_after and no recover_after`},
		{mx + `from: [fra, nyc], recover_after: 2}]`, `has no alert_after and no recover_after`},
		{mx + `from: fra, down: any}]`, `down says how many of several places must fail; the check is run from one at a time`},
		{mx + `down: any}]`, `down says how many of several places must fail; the check has no from`},
		{`{places: [fra], ` + mx + `from: fra}]}`, `places is no mapping`},
		{`{places: {eu: []}, ` + mx + `from: fra}]}`, `places: eu has no places`},
		{`{places: {EU: [fra]}, ` + mx + `from: fra}]}`, `"EU" cannot be the name of a group of places`},
		{`{places: {eu: [eu, fra]}, ` + mx + `from: fra}]}`, `eu is the name of a group and of a place in it`},
		{`checks: [{name: p, kind: push, every: 1h, token: ` + backupToken + `, from: fra}]`, `a check of kind push waits for what is sent to it: no place runs it, so it has no from`},
		{`checks: [{name: d, kind: deliver, via: a, to: b@example.org, fetch: imaps://b, from: [fra, nyc], down: any}]`, `the check is run from one at a time`},
		// What is on this machine alone.
		{`checks: [{name: mx, kind: smtp, target: a, from: fra, user: bob, password_file: x}]`, `password_file is not at the places that the check is run from: files and commands do not travel; use password_env: the secret is sealed`},
		{`checks: [{name: mx, kind: smtp, target: a, from: fra, user: bob, password_command: x}]`, `password_command is not at the places`},
		{`checks: [{name: mx, kind: smtp, target: a, from: fra, ca_file: x}]`, `ca_file is not at the places`},
		{`{defaults: {ca_file: x}, checks: [{name: mx, kind: smtp, target: a, from: fra}]}`, `ca_file is not at the places`},
		// Names that the results would share.
		{`checks: [{name: mx, kind: fake, target: a, from: [fra]}, {name: mx from fra, kind: fake, target: a}]`, `check mx is run from fra, and its results there have this name, too`},
		{`checks: [{name: mx, kind: fake, target: a, from: [fra]}, {name: agent fra, kind: fake, target: a}]`, `the agent of a place that checks are run from has this name`},
		{`checks: [{name: mx, kind: smtp, target: a, smtp: {from: a@example.org, timeout: 3s}}]`, `smtp: in a check has from alone, for where its key from has places; timeout stands beside it`},
		{mx + `from: [fra], smtp: {timeout: 3s}}]`, `has no key "smtp"`},
	} {
		_, faults := parsePlaces(c.file)
		if !strings.Contains(faults, c.want) {
			t.Errorf("%s\n got %s\nwant %s", c.file, faults, c.want)
		}
	}
}

// TestChosenPlaces: of a group so many run a check as it says, which ones depends on its name
// alone, those that cannot are replaced, and the others keep what they have.
func TestChosenPlaces(t *testing.T) {
	s, faults := parsePlaces(`{places: {eu: [a, b, c, d, e]}, checks: [
		{name: mx, kind: fake, targets: [` + strings.Join(hosts(200), ", ") + `], from: 3 of eu}]}`)
	if faults != "" {
		t.Fatal(faults)
	}
	all := func(string) bool { return false }
	without := func(gone ...string) func(string) bool {
		return func(place string) bool { return slices.Contains(gone, place) }
	}
	n := map[string]int{}
	for _, i := range s.Items() {
		was := i.chosen(all)
		for _, place := range was {
			n[place]++
		}
		now := i.chosen(without("b"))
		for _, place := range was {
			if place != "b" && !slices.Contains(now, place) {
				t.Errorf("%s: %q without b is %q", i.ID, was, now)
			}
		}
		if len(now) != 3 || slices.Contains(now, "b") {
			t.Errorf("%s: %q", i.ID, now)
		}
		if few := i.chosen(without("a", "b", "c")); len(few) != 3 || !slices.Contains(few[:2], "d") || !slices.Contains(few[:2], "e") {
			t.Errorf("%s: with two places left %q", i.ID, few)
		}
	}
	for place, count := range n {
		if count < 90 || count > 150 { // of 120
			t.Errorf("%s has %d of 600", place, count)
		}
	}
	if len(n) != 5 {
		t.Errorf("%v", n)
	}
}

func hosts(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("h%d", i))
	}
	return all
}

// TestJobs: a place gets what it has to run as data, with names of secrets and no more, and
// a loop goes to the first place that is not silent.
func TestJobs(t *testing.T) {
	s, faults := parsePlaces(`{defaults: {every: 1m}, checks: [
		{name: net, kind: fake, target: "h1", from: [fra, nyc]},
		{name: mx, kind: smtp, targets: [h1, h2], from: [fra, nyc], every: 5m, between: "08:00-18:00", attempts: 2, depends_on: [net, here], user: bob, password_env: SECRET},
		{name: here, kind: fake, target: h1},
		{name: loop, kind: deliver, via: a, to: b@example.org, fetch: imaps://b, from: [fra, nyc], deliver: {from: al@example.org}}]}`)
	if faults != "" {
		t.Fatal(faults)
	}
	if got := s.Places(); !slices.Equal(got, []string{"fra", "nyc"}) {
		t.Errorf("places %q", got)
	}
	ids := func(place string, silent ...string) (all []string) {
		for _, j := range s.Jobs(place, func(p string) bool { return slices.Contains(silent, p) }) {
			all = append(all, j.ID)
		}
		return all
	}
	for _, c := range []struct{ got, want []string }{
		{ids("fra"), []string{"net", "mx h1", "mx h2", "loop"}},
		{ids("nyc"), []string{"net", "mx h1", "mx h2"}},
		{ids("nyc", "fra"), []string{"net", "mx h1", "mx h2", "loop"}},
		{ids("fra", "fra"), []string{"net", "mx h1", "mx h2"}},
		{ids("ams"), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	text, err := json.Marshal(s.Jobs("fra", func(string) bool { return false })[1])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"mx h1","kind":"smtp","target":"h1","options":[{"Name":"user","Text":"bob"}],"credentials":[{"option":"password-env","name":"SECRET"}],"every":300000000000,"between":"08:00-18:00","attempts":2,"retry_after":5000000000,"depends_on":["net"]}`
	if string(text) != want {
		t.Errorf("%s\nwant %s", text, want)
	}
}

// TestJobsBuild: the options of a job make the same check as the file does.
func TestJobsBuild(t *testing.T) {
	s, faults := parsePlaces(`checks: [{name: mx, kind: smtp, target: h1, from: fra, timeout: 3s, smtp: {from: a@example.org}, warn: {total: "5"}}]`)
	if faults != "" {
		t.Fatal(faults)
	}
	for _, j := range s.Jobs("fra", func(string) bool { return false }) {
		if _, err := j.Options.Build(smtpcheck.Kind()); err != nil {
			t.Error(err)
		}
	}
}
