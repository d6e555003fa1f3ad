package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

// views are all that can be known of a place: what counts first.
var views = []string{"ok", "warning slow", "down", "unknown", "skipped", "stale", "silent", "refused", "never"}

// combinations calls with all selections of up to five views, each order of them but once.
func combinations(call func(all []string)) {
	var extend func(all []string, from int)
	extend = func(all []string, from int) {
		if len(all) > 0 {
			call(all)
		}
		for i := from; i < len(views) && len(all) < 5; i++ {
			extend(append(slices.Clip(all), views[i]), i)
		}
	}
	extend(nil, 0)
}

// verdictOn draws the verdict of places with views.
func verdictOn(rule Down, wasDown bool, all []string) *probe.Result {
	var shares []share
	for n, view := range all {
		shares = append(shares, seen(fmt.Sprintf("p%d %s", n, view)))
	}
	return conclude(&Item{ID: "mx", Check: &Check{Name: "mx"}}, rule, wasDown, shares, time.Unix(1e9, 0))
}

// counts are how many of the views are that of a place that has seen the check, and seen it down.
func countsOf(all []string) (fresh, down, warning, skipped int) {
	for _, view := range all {
		switch view {
		case "ok":
			fresh++
		case "warning slow":
			fresh, warning = fresh+1, warning+1
		case "down":
			fresh, down = fresh+1, down+1
		case "skipped":
			skipped++
		}
	}
	return fresh, down, warning, skipped
}

// neededOf says in other words than Down.needed how many places have to see it.
func neededOf(rule string, fresh, places int) int {
	var k int
	switch {
	case rule == downAny:
		return 1
	case rule == downAll:
		k = fresh
	case rule == "" || rule == downMajority:
		for k*2 <= fresh {
			k++
		}
	default:
		_, _ = fmt.Sscan(rule, &k) // "2" and "2 of 3"
		return k
	}
	if places > 1 && k < 2 {
		k = 2 // one place alone never brings down a check of several
	}
	return max(k, 1)
}

// TestVerdictProperties holds the verdicts on all combinations of up to five places, by all
// rules, to the promises that are made of them.
func TestVerdictProperties(t *testing.T) {
	faults := 0
	combinations(func(all []string) {
		rules := []string{"", downMajority, downAll, downAny}
		for k := range len(all) {
			rules = append(rules, []string{fmt.Sprint(k + 1), fmt.Sprintf("%d of %d", k+1, len(all))}[k%2])
		}
		for _, text := range rules {
			var rule Down
			if text != "" {
				if err := rule.UnmarshalText([]byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			r := verdictOn(rule, false, all)
			if fault := verdictFault(text, rule, all, r); fault != "" {
				t.Errorf("%q of %s: %s %v: %s", text, strings.Join(all, ", "), r.Status, r.Cause, fault)
				if faults++; faults > 20 {
					t.FailNow()
				}
			}
		}
	})
}

// verdictFault returns what is wrong with a verdict, or nothing.
func verdictFault(text string, rule Down, all []string, r *probe.Result) string {
	fresh, down, warning, skipped := countsOf(all)
	isDown := down > 0 && down >= neededOf(text, fresh, len(all))
	isPartly := r.Status == probe.Warning && r.Cause.Is(CausePartlyDown)
	switch {
	case (r.Status == probe.Critical) != isDown:
		return "down is not what the rule says"
	case r.Status == probe.Critical && !r.Cause.Is(&probe.Cause{Name: "full"}):
		return "it is down for another cause than the places have"
	case isPartly != (down > 0 && !isDown):
		return "partly-down is not some and too few"
	case down == 0 && warning > 0 && r.Status != probe.Warning:
		return "a warning is lost"
	case down == 0 && warning == 0 && fresh > 0 && r.Status != probe.OK:
		return "what is not known makes it worse"
	case fresh == 0 && skipped > 0 && r.Status != probe.Skipped, fresh == 0 && skipped == 0 && (r.Status != probe.Unknown || r.Cause == nil):
		return "nobody has seen it, and it is something"
	case r.Status == probe.OK && r.Cause != nil:
		return "it has a cause"
	}
	if wrong := r.Wrong(); r.Status.ExitCode() != 0 && r.Status != probe.Unknown && (len(wrong) == 0 || wrong[0].Status != probe.Critical && down > 0) {
		return "no step says what is wrong"
	}
	for n, s := range r.Steps {
		if !strings.Contains(s.Name, fmt.Sprint("p", n)) || s.Aside == slices.Contains(views[:3], all[n]) {
			return "a step is not that of its place"
		}
	}
	switch still := verdictOn(rule, true, all); {
	case r.Status == probe.Critical && still.Status != probe.Critical:
		return "it is no longer down because it was"
	case still.Status == probe.Critical && fresh == 0:
		return "it stays down though no place is heard"
	case still.Status != r.Status && !slices.ContainsFunc(all, func(view string) bool { return view == "stale" || view == "silent" }):
		return "that it was down matters though every place is heard"
	}
	if len(all) > 3 { // more are as three are
		return ""
	}
	return changedFault(rule, all, r)
}

// changedFault changes what is known of each place in turn, and returns what follows that must
// not.
func changedFault(rule Down, all []string, r *probe.Result) string {
	back := slices.Clone(all)
	slices.Reverse(back)
	if other := verdictOn(rule, false, back); other.Status != r.Status || !sameCause(other.Cause, r.Cause) {
		return "the order of the places matters"
	}
	for n, view := range all {
		with := func(other string) *probe.Result {
			changed := slices.Clone(all)
			changed[n] = other
			return verdictOn(rule, false, changed)
		}
		lost := with("silent")
		switch absolute := rule.k > 0 || rule.rule == downAny; {
		case absolute && lost.Status == probe.Critical && r.Status != probe.Critical:
			return "silence makes it down"
		case lost.Status == probe.Critical && view == "down" && r.Status != probe.Critical:
			return "the silence of who sees it down makes it down"
		case view == "down" && with("ok").Status == probe.Critical && r.Status != probe.Critical:
			return "it is down once a place sees it well"
		case view == "ok" && r.Status == probe.Critical && with("down").Status != probe.Critical:
			return "it is no longer down once another place sees it so"
		case slices.Contains(views[5:], view) && lost.Status != r.Status:
			return "it matters why nothing is known of a place"
		}
	}
	return ""
}

func sameCause(a, b *probe.Cause) bool { return causeName(a) == causeName(b) }
