package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A repeated check makes several sessions with a target, one after another, to find what
// comes about only sometimes, such as one server of several behind a name that lacks
// STARTTLS. Its result is that of the worst session, with a step that counts them.

// RepeatStep is the name of the step that counts sessions.
const RepeatStep = "repeat"

// MaxRepeat is how many sessions there can be, as every one is a connection to somebody's
// server.
const MaxRepeat = 1000

const (
	// repeatPause is the time between two sessions.
	repeatPause = 500 * time.Millisecond
	// cutShort is the time below which a session that did not end says nothing about the
	// server: it was begun too late.
	cutShort = 5 * time.Second
	// loginStep is the step that logs in, in every kind that does. After a refusal there are
	// no more sessions, lest an account be locked.
	loginStep = "auth"
	// maxDiffering is how many differences are named.
	maxDiffering = 8
)

// CauseSessionsDiffer is the cause of a server that does not offer the same every time.
var CauseSessionsDiffer = &Cause{
	Name: "sessions-differ", Blame: BlameServer, Status: Warning,
	Meaning: "The server offers in some sessions what it does not offer in others.",
	Hint:    "several servers answer under this name or behind this address: compare their configuration",
	Source:  "--repeat; RFC 5321 §4.1.1.1",
}

// Listing says in which fact a kind's servers list what they offer.
type Listing struct {
	// Fact is its name, empty for none.
	Fact string
	// Separator stands between two things in its text.
	Separator string
}

// RepeatOption declares the option that repeats a check, for kinds that have sessions. Their
// Steps end in RepeatStep.
func (o *Options) RepeatOption() []Option {
	return []Option{{Name: "repeat", Type: TypeNumber, Value: &o.Repeat, Word: "N",
		Usage: "make N sessions one after another: how many fail, how long they take, and in what they differ"}}
}

// prepareRepeat checks the number of sessions.
func (o *Options) prepareRepeat() error {
	whole := cmp.Or(o.Timeout, DefaultTimeout)
	switch pauses := time.Duration(o.Repeat-1) * repeatPause; {
	case o.Repeat < 0 || o.Repeat > MaxRepeat:
		return OptionErrorf("%s %d is not a number of sessions from 1 to %d", OptionName(RepeatStep), o.Repeat, MaxRepeat)
	case o.Repeat > 1 && pauses >= whole:
		return OptionErrorf("%s %d takes more than the %s of %s, as there is a pause of %s after each session", OptionName(RepeatStep), o.Repeat,
			FormatDuration(whole), OptionName("timeout"), FormatDuration(repeatPause))
	}
	return nil
}

// repeatMeasures are the facts of the step.
func repeatMeasures() []Measure {
	return []Measure{
		{Name: "sessions", MoreIsBetter: true}, {Name: "sessions_failed"},
		{Name: "session_min", Unit: Seconds}, {Name: "session_median", Unit: Seconds}, {Name: "session_max", Unit: Seconds},
	}
}

// repetition is the state of a repeated check.
type repetition struct {
	asked   int
	limit   time.Duration
	offers  Listing
	worst   *Result
	times   []time.Duration
	failed  int
	failure map[string]int // sessions by the step and cause of their verdict
	reasons []string       // of each of these the first, in order
	offered []offer
	refused bool // the log-in
}

// offer is one thing that a server offers at a step.
type offer struct {
	step, name string
	sessions   int
}

// repeated checks a target several times. The context bounds all sessions together.
func (c *Check) repeated(ctx context.Context, t Target, lead *Result, start time.Time) *Result {
	p := &repetition{asked: c.Options.Repeat, limit: c.Options.Timeout, offers: c.Kind.Offers, failure: map[string]int{}}
	for len(p.times) < p.asked && !p.refused {
		if len(p.times) > 0 && !(Pause(ctx, repeatPause) && c.Options.Limit.inPace(ctx, t.Host)) {
			break
		}
		r, whole := c.session(ctx, t, lead)
		if !whole && len(p.times) > 0 {
			break
		}
		p.add(r)
	}
	r := p.worst
	r.Start = start
	p.conclude(ctx, r)
	return r
}

// session is one session of a repeated check; whole is not set where time or the user ended
// it.
func (c *Check) session(ctx context.Context, t Target, lead *Result) (r *Result, whole bool) {
	limit := DefaultTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r = c.following(lead, t, time.Now())
	r.finish(timed, r.guard(func() error { return c.checker.Check(timed, t, r) }))
	interrupted := errors.Is(ctx.Err(), context.Canceled)
	late := r.Elapsed >= limit/2 && limit < cutShort && r.Status != OK
	return r, !interrupted && !late
}

// add counts a session.
func (p *repetition) add(r *Result) {
	p.times = append(p.times, r.Elapsed)
	p.countOffers(r)
	if p.worst == nil || r.Status.Worse(p.worst.Status) {
		p.worst = r
	}
	if login := r.Step(loginStep); login != nil && r.Refused && Worst(login.Status, OK) != OK {
		p.refused = true
	}
	if r.Status == OK {
		return
	}
	p.failed++
	key := failureKey(r)
	if p.failure[key]++; p.failure[key] == 1 {
		p.reasons = append(p.reasons, key+"\x00"+r.Transcript.Redact(r.Worst().Reason()))
	}
}

// failureKey is the same for sessions that failed alike.
func failureKey(r *Result) string {
	worst := r.Worst()
	if worst.Cause == nil {
		return worst.Name
	}
	return worst.Name + " " + worst.Cause.Name
}

// countOffers counts what the server offered at each step. An empty name stands for the
// steps themselves.
func (p *repetition) countOffers(r *Result) {
	for _, s := range r.Steps {
		for _, f := range s.Facts {
			if f.Name != p.offers.Fact {
				continue
			}
			p.count(s.Name, "")
			for name := range listed(f.Text, p.offers.Separator) {
				p.count(s.Name, name)
			}
		}
	}
}

// listed returns the things in a list.
func listed(text, separator string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.SplitSeq(text, separator) {
		if name != "" {
			all[name] = true
		}
	}
	return all
}

func (p *repetition) count(step, name string) {
	at := slices.IndexFunc(p.offered, func(o offer) bool { return o.step == step && o.name == name })
	if at < 0 {
		p.offered, at = append(p.offered, offer{step: step, name: name}), len(p.offered)
	}
	p.offered[at].sessions++
}

// differing says what was offered in some of the sessions only.
func (p *repetition) differing() string {
	asked := map[string]int{}
	var found []string
	for _, o := range p.offered {
		if o.name == "" {
			asked[o.step] = o.sessions
		}
	}
	for _, o := range p.offered {
		if o.name != "" && o.sessions < asked[o.step] {
			found = append(found, fmt.Sprintf("%s at %s in %d of %d sessions", o.name, o.step, o.sessions, asked[o.step]))
		}
	}
	slices.Sort(found)
	if more := len(found) - maxDiffering; more > 0 {
		found = append(found[:maxDiffering], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(found, ", ")
}

// conclude adds what is known of all sessions to the result of the worst.
func (p *repetition) conclude(ctx context.Context, r *Result) {
	made := len(p.times)
	if worst := r.verdictStep(); worst != nil {
		in := fmt.Sprintf("in %d of %d sessions", p.failure[failureKey(r)], made)
		worst.reason = in + ": " + strings.TrimPrefix(worst.Reason(), worst.Name+": ")
		worst.Say(in)
	}
	_ = r.Run(RepeatStep, func(s *Step) error {
		p.report(ctx, s)
		return nil
	})
	if errors.Is(ctx.Err(), context.Canceled) && r.Step(stepInterrupted) == nil {
		r.interrupt()
	}
	if r.Summary != "" {
		r.Summary += fmt.Sprintf(", in %d of %d sessions", made-p.failed, made)
	}
	r.conclude()
	r.redact()
	r.bound()
	r.reported = nil
	r.Elapsed = median(p.times)
}

// report says in a step how many sessions failed, and in what they differ.
func (p *repetition) report(ctx context.Context, s *Step) {
	made := len(p.times)
	s.Say(fmt.Sprintf("%s, %d failed", Count(made, "session"), p.failed))
	for _, reason := range p.reasons {
		key, text, _ := strings.Cut(reason, "\x00")
		s.Say(fmt.Sprintf("%d: %s", p.failure[key], text))
	}
	s.Learn(Number("sessions", float64(made), None), Number("sessions_failed", float64(p.failed), None),
		Duration("session_min", slices.Min(p.times)), Duration("session_median", median(p.times)), Duration("session_max", slices.Max(p.times)))
	if differing := p.differing(); differing != "" {
		s.RaiseFor(CauseSessionsDiffer, "not offered every time: "+differing)
	}
	switch interrupted := errors.Is(ctx.Err(), context.Canceled); {
	case made == p.asked:
	case p.refused:
		s.Say(fmt.Sprintf("no more of the %d, as the log-in was refused and more attempts could lock the account", p.asked))
	case interrupted:
		s.Say(fmt.Sprintf("interrupted before the other %d", p.asked-made))
	default:
		s.RaiseFor(CauseNotJudged.Advise("give them more time with --timeout, or make fewer with --repeat"),
			fmt.Sprintf("there was time for %d of %d sessions in the %s of --timeout", made, p.asked, FormatDuration(p.limit)))
	}
}

// median returns the middle of times, of two the mean.
func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// isRepeatFact reports whether a threshold is on a fact of all sessions, which none of them
// has by itself.
func isRepeatFact(name string) bool {
	_, fact, ofStep := strings.Cut(name, ":")
	if !ofStep {
		fact = name
	}
	return slices.ContainsFunc(repeatMeasures(), func(m Measure) bool { return m.Name == fact })
}
