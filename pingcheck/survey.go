package pingcheck

import (
	"fmt"
	"strings"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// CauseTooFewAlive is the cause of a sweep that too few addresses answered.
var CauseTooFewAlive = &probe.Cause{
	Name: "too-few-alive", Blame: probe.BlameUnclear, Status: probe.Critical,
	Meaning: "Fewer addresses answered than --min-alive asks for.",
	Hint:    "list those that did not answer with --dead",
	Source:  "--min-alive",
}

// A Survey sums up a sweep. The zero value is empty.
type Survey struct {
	Alive  int // addresses that answered
	Dead   int // addresses that did not
	Failed int // those that this machine could not ask, and names without an address

	MinAlive   int     // so many have to answer
	MinPercent float64 // so many of a hundred have to answer
	// Judged grades the survey by its own facts and minimum alone. Otherwise it is as bad
	// as the worst address.
	Judged bool

	trips   icmp.Stats
	worst   *probe.Result
	missing []string
}

// maxMissing is how many addresses without an answer are named.
const maxMissing = 10

// Facts of a survey that thresholds can apply to. Thresholds on other facts apply to each
// address.
const (
	factAlive  = "alive"
	factDead   = "dead"
	factFailed = "failed"
)

// OfSurvey reports whether a fact is one of a sweep as a whole.
func OfSurvey(fact string) bool {
	return fact == factAlive || fact == factDead || fact == factFailed
}

// Asked returns how many addresses there were.
func (v *Survey) Asked() int { return v.Alive + v.Dead + v.Failed }

// Answered records an address that answered.
func (v *Survey) Answered(r icmp.Reply) {
	v.Alive++
	v.trips.Sent++
	v.trips.Add(r)
}

// Missed records an address that did not answer.
func (v *Survey) Missed(name string) {
	v.Dead++
	v.miss(name)
}

// Unasked records one that could not be asked, or a name without an address.
func (v *Survey) Unasked(name string) {
	v.Failed++
	v.miss(name)
}

func (v *Survey) miss(name string) {
	if len(v.missing) < maxMissing {
		v.missing = append(v.missing, name)
	}
}

// Weigh remembers the result of an address if it is the worst so far.
func (v *Survey) Weigh(r *probe.Result) {
	if r.Status.Worse(probe.OK) && r.Cause != nil && (v.worst == nil || r.Status.Worse(v.worst.Status)) {
		v.worst = r
	}
}

// Record puts the survey into a result, as its only step.
func (v *Survey) Record(r *probe.Result) error {
	return r.Run(stepSweep, func(s *probe.Step) error {
		s.Learn(v.facts()...)
		text := v.text()
		r.Summary = text
		switch {
		case v.Alive < v.MinAlive:
			s.RaiseFor(CauseTooFewAlive, fmt.Sprintf("%s, and %d have to", text, v.MinAlive))
		case float64(v.Alive)*100 < v.MinPercent*float64(v.Asked()):
			s.RaiseFor(CauseTooFewAlive, fmt.Sprintf("%s, and %g%% have to", text, v.MinPercent))
		case !v.Judged && v.worst != nil:
			s.RaiseFor(v.worst.Cause.As(v.worst.Status), text)
		default:
			s.Say(text)
		}
		return nil
	})
}

// text summarises the survey, and names the first that did not answer.
func (v *Survey) text() string {
	text := fmt.Sprintf("%d of %d answered", v.Alive, v.Asked())
	if v.Failed > 0 {
		text += fmt.Sprintf(", %d could not be asked", v.Failed)
	}
	if len(v.missing) == 0 {
		return text
	}
	text += " (not " + strings.Join(v.missing, ", ")
	if more := v.Dead + v.Failed - len(v.missing); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + ")"
}

func (v *Survey) facts() []probe.Fact {
	count := func(name string, n int) probe.Fact { return probe.Number(name, float64(n), probe.None) }
	all := []probe.Fact{count(factAlive, v.Alive), count(factDead, v.Dead), count(factFailed, v.Failed)}
	if v.Alive == 0 {
		return all
	}
	for _, rtt := range []struct {
		name  string
		value time.Duration
	}{{"rtt_min", v.trips.Min}, {"rtt_avg", v.trips.Avg()}, {"rtt_median", v.trips.Percentile(50)}, {"rtt_p95", v.trips.Percentile(95)}, {"rtt_max", v.trips.Max}} {
		all = append(all, probe.Duration(rtt.name, rtt.value))
	}
	return all
}
