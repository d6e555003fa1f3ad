package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// The step and the items of a verdict.
const (
	stepPlaces = "places" // what a verdict is about, whichever place is the worst
	itemPlace  = "place"
)

// share is what is known of one of the places that run a check, when its verdict is drawn.
type share struct {
	place  string
	result *probe.Result // the last one, the worst of several; nil where there is none
	fresh  bool          // it counts
	why    string        // it does not
	cause  *probe.Cause  // why it does not, where the place itself says so; else nil
}

// status is what the share says of the check: UNKNOWN where it does not count.
func (s share) status() probe.Status {
	if !s.fresh || s.result == nil {
		return probe.Unknown
	}
	return s.result.Status
}

// counts reports whether the share has seen the check at all.
func (s share) counts() bool {
	switch s.status() {
	case probe.OK, probe.Warning, probe.Critical:
		return true
	}
	return false
}

// conclude draws the verdict from what the places see: a result with a step for each of them.
//
// The check is down where as many places as the rule needs see it so. Where fewer do it is
// partly down, a Warning. What a place could not determine, or has not told in time, is never
// taken for a failure; where no place has seen anything the verdict is Unknown. But a check that
// was down is not better because a place that saw it so has fallen silent: while others see the
// check, that counts as it was.
func conclude(i *Item, rule Down, wasDown bool, shares []share, at time.Time) *probe.Result {
	r := &probe.Result{Name: i.ID, Group: i.Check.Group, Tags: i.Check.Tags, Check: i.Check.Kind.Name, Target: i.Target.Text, Start: at}
	for _, s := range shares {
		r.Steps = append(r.Steps, s.step())
		if s.fresh && s.result != nil {
			r.Elapsed = max(r.Elapsed, s.result.Elapsed)
		}
	}
	setVerdict(r, rule, wasDown, shares)
	if r.Status == probe.OK || r.Status == probe.Warning {
		if others := places(shares, probe.Unknown); len(others) > 0 {
			r.Summary += "; not known from " + strings.Join(others, ", ")
		}
	}
	return r
}

// setVerdict sets status, cause and summary of a result that has a step for each share.
func setVerdict(r *probe.Result, rule Down, wasDown bool, shares []share) {
	n, held := map[probe.Status]int{}, 0
	for _, s := range shares {
		n[s.status()]++
		if s.sawItDown() {
			held++
		}
	}
	switch down, known := n[probe.Critical], counted(shares); {
	case wasDown && held > 0 && known > 0 && down+held >= rule.needed(known+held, len(shares)):
		r.Status = probe.Critical
		r.Cause, r.Also = frequent(shares, func(s share) bool { return s.status() == probe.Critical || s.sawItDown() })
		r.Summary = stillDown(shares)
	case down > 0 && down >= rule.needed(known, len(shares)):
		r.Status = probe.Critical
		r.Cause, r.Also = frequent(shares, func(s share) bool { return s.status() == probe.Critical })
		r.Summary = of(shares, "down from", probe.Critical)
	case down > 0:
		r.Status, r.Cause = probe.Warning, CausePartlyDown
		r.Summary = of(shares, "partly down from", probe.Critical)
		adviseAt(r, probe.Critical, r.Cause.Hint)
	case n[probe.Warning] > 0:
		r.Status = probe.Warning
		r.Cause, r.Also = frequent(shares, func(s share) bool { return s.status() == probe.Warning })
		r.Summary = of(shares, "WARNING from", probe.Warning)
	case n[probe.OK] > 0:
		r.Status = probe.OK
		r.Summary = "OK from " + strings.Join(places(shares, probe.OK), ", ")
	case n[probe.Skipped] > 0:
		r.Status, r.Cause = probe.Skipped, CauseDependency
		r.Summary = of(shares, "skipped at", probe.Skipped)
	default:
		r.Status, r.Cause = probe.Unknown, unknownFor(shares)
		r.Summary = "no place has seen it: " + unseen(shares)
	}
}

// unknownFor is why nothing is known: what all places have in common, as where the rules of
// each refuse the check. That agents are silent is told of them.
func unknownFor(shares []share) (common *probe.Cause) {
	for n, s := range shares {
		c := s.cause
		if s.fresh && s.result != nil {
			c = s.result.Cause
		}
		if c == nil || c.Is(CauseAgentSilent) || n > 0 && !c.Is(common) {
			return CauseNoWitness
		}
		common = c
	}
	if common == nil {
		return CauseNoWitness
	}
	return common.As(probe.Unknown)
}

// counted is how many places have seen the check.
func counted(shares []share) (n int) {
	for _, s := range shares {
		if s.counts() {
			n++
		}
	}
	return n
}

// adviseAt gives the steps in a status a hint.
func adviseAt(r *probe.Result, status probe.Status, hint string) {
	for n := range r.Steps {
		if r.Steps[n].Status == status {
			r.Steps[n].Hint = hint
		}
	}
}

// of says which places see the check in a status, and what: once where they see the same.
func of(shares []share, what string, status probe.Status) string {
	where := places(shares, status)
	var says, each []string
	for _, s := range shares {
		if s.status() != status {
			continue
		}
		each = append(each, s.place+": "+s.result.Summary)
		if !slices.Contains(says, s.result.Summary) {
			says = append(says, s.result.Summary)
		}
	}
	if len(says) > 1 {
		says = each
	}
	return fmt.Sprintf("%s %s (%d of %s): %s", what, strings.Join(where, ", "), len(where), probe.Count(len(shares), "place"), strings.Join(says, "; "))
}

// places returns the places that see the check in a status.
func places(shares []share, status probe.Status) (all []string) {
	for _, s := range shares {
		if s.status() == status {
			all = append(all, s.place)
		}
	}
	return all
}

// unseen says why no place has seen the check.
func unseen(shares []share) string {
	var all []string
	for _, s := range shares {
		all = append(all, s.place+": "+s.reason())
	}
	return strings.Join(all, "; ")
}

// reason is why a share does not count, or what it says where it does.
func (s share) reason() string {
	if s.why != "" || s.result == nil {
		return s.why
	}
	return s.result.Summary
}

// sawItDown reports whether what is no longer known of a place was that the check is down.
func (s share) sawItDown() bool {
	return !s.fresh && s.result != nil && s.result.Status == probe.Critical
}

// stillDown says which places see the check fail, and which did so when they were heard last.
func stillDown(shares []share) string {
	var held []string
	for _, s := range shares {
		if s.sawItDown() {
			held = append(held, s.place)
		}
	}
	not := fmt.Sprintf("not known now from %s, which saw it down", strings.Join(held, ", "))
	if len(places(shares, probe.Critical)) == 0 {
		return "not seen to be up again: " + not
	}
	return "still " + of(shares, "down from", probe.Critical) + "; " + not
}

// frequent returns the cause that most of some places have, of several as frequent the first,
// and the others.
func frequent(shares []share, is func(share) bool) (first *probe.Cause, others []*probe.Cause) {
	var all []*probe.Cause
	n := map[string]int{}
	for _, s := range shares {
		if !is(s) || s.result.Cause == nil {
			continue
		}
		for _, c := range append([]*probe.Cause{s.result.Cause}, s.result.Also...) {
			if !slices.ContainsFunc(all, c.Is) {
				all = append(all, c)
			}
		}
		n[s.result.Cause.Name]++
	}
	if len(all) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(all, func(a, b *probe.Cause) int { return n[b.Name] - n[a.Name] })
	return all[0], all[1:]
}

// step returns the share as a step of the verdict. What is not known is aside: it does not
// make the verdict worse.
func (s share) step() probe.Step {
	step := probe.Step{Name: itemPlace + "-" + s.place, Item: itemPlace, Status: s.status(), Detail: s.reason(), Cause: s.cause}
	if s.fresh && s.result != nil {
		step.Elapsed, step.Address = s.result.Elapsed, s.result.Address
		step.Cause, step.Also = s.result.Cause, s.result.Also
		step.Facts = numbers(s.result)
		if worst := s.result.Worst(); worst != nil {
			step.Hint = worst.Hint
		}
	} else if s.cause != nil {
		step.Hint = s.cause.Hint
	}
	step.Aside = !s.counts()
	return step
}

// maxNumbers bounds the facts of a place in a verdict.
const maxNumbers = 16

// numbers returns the facts of a result that are numbers, for the metrics of its place.
func numbers(r *probe.Result) (all []probe.Fact) {
	for _, f := range r.Facts() {
		if f.Value != nil && len(all) < maxNumbers {
			all = append(all, f)
		}
	}
	return all
}
