package suite

import (
	"context"
	"slices"
	"time"

	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// contest is a failure that some places see and that others are asked about.
type contest struct {
	by     string    // the place that saw it begin, or end
	began  time.Time // when its check began
	failed bool      // it saw it begin
	until  time.Time // how long the verdict waits for the others
}

// sameTime is how far two results are apart at most that are of the same moment: what one
// has seen the other confirms.
const sameTime = 2 * time.Second

// concludeNow draws the verdict of an item that places run, or on an agent, and hands it over
// to be recorded where it is new.
func (s *Scheduler) concludeNow(ctx context.Context, j *job, i *Item, at time.Time) {
	defer s.running.Done()
	out := s.drawn(j, i, at)
	if out != nil && i.Afar() {
		if other, root := s.hopeless(ctx, i, time.Time{}); root != "" {
			out = i.skipped(other, root)
		} else if s.isNews(out) {
			if other, root := s.hopeless(ctx, i, at); root != "" {
				out = i.skipped(other, root)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	close(j.done)
	j.done, j.started = nil, time.Time{}
	if s.forget(j); j.gone || s.context == nil {
		return
	}
	if out != nil {
		out.At, out.interval = at, i.every()
		j.last, j.ended = out, s.now()
		s.fresh = append(s.fresh, out)
		signal(s.ended)
	}
	s.plan(j, j.next)
}

// drawn returns the verdict on an item, nil where there is nothing new to record, and sets
// when it is looked at next.
func (s *Scheduler) drawn(j *job, i *Item, now time.Time) *Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	var r *probe.Result
	if i.isAgent() {
		r = s.drawnOfAgent(j, i, now)
	} else {
		r = s.drawnOfPlaces(j, i, now)
	}
	if r == nil {
		return nil
	}
	return &Outcome{Item: i, Results: []*probe.Result{r}, Attempts: 1, At: now, began: now}
}

// drawnOfPlaces returns the verdict of places on an item, nil where it is not to be recorded
// now.
func (s *Scheduler) drawnOfPlaces(j *job, i *Item, now time.Time) *probe.Result {
	shares, begun := s.sharesOf(i, now)
	r := conclude(i, i.Check.Down, j.wasDown(), shares, now)
	j.look = nextLook(i, shares, now)
	if until := s.waits(j, r, shares, now); now.Before(until) {
		j.look = until
		return nil
	}
	wanted := !j.wanted.IsZero() && !slices.ContainsFunc(shares, func(one share) bool {
		return one.awaited() || one.fresh && one.result.Start.Before(j.wanted)
	})
	if !wanted && !j.isNew(r, begun, now) {
		return nil
	}
	j.contest, j.drawnFrom = contest{}, begun
	if wanted {
		j.wanted = time.Time{}
	}
	return r
}

// sharesOf returns what is known of the places that run an item, and when the newest of their
// results began.
func (s *Scheduler) sharesOf(i *Item, now time.Time) (all []share, begun time.Time) {
	for _, place := range i.chosen(func(p string) bool { return s.unable(i, p, now) }) {
		one := s.shareOf(i, place, now)
		if one.result != nil {
			begun = later(begun, one.result.Start)
		}
		all = append(all, one)
	}
	return all, begun
}

func (s *Scheduler) shareOf(i *Item, place string, now time.Time) share {
	one, h := share{place: place}, s.heard[place]
	if j := s.jobs[shareID(i.ID, place)]; j != nil && len(j.results) > 0 {
		one.result = (&Outcome{Item: j.Item, Results: j.results}).Worst()
	}
	switch refusal := h.refusal(i); {
	case s.silent(place, now):
		one.why, one.cause = s.sinceHeard(place), CauseAgentSilent
	case refusal != "":
		one.why, one.cause = refusal, h.refusalCause(i)
	case one.result == nil:
		one.why = "no result yet"
	case !now.Before(i.freshUntil(one.result.Start)):
		one.why = "the last result is of " + notify.Clock(one.result.Start)
	default:
		one.fresh = true
	}
	return one
}

// sinceHeard says since when an agent is silent.
func (s *Scheduler) sinceHeard(place string) string {
	if h := s.heard[place]; !h.at.IsZero() {
		return "its agent has not been heard of since " + notify.Clock(h.at)
	}
	return "its agent has not been heard of"
}

// refusal returns why a place does not run an item, or is no witness for it; empty where it
// is.
func (h heard) refusal(i *Item) string {
	if why, ok := h.Refused[i.ID]; ok {
		return "the rules of the place do not permit it: " + why
	}
	if a := h.lacks(i); a != nil {
		return "the place is no witness for it: " + a.Detail
	}
	return h.Problem
}

func (h heard) refusalCause(i *Item) *probe.Cause {
	switch _, refused := h.Refused[i.ID]; {
	case refused:
		return CauseNotAllowed
	case h.lacks(i) != nil:
		return CausePlaceUnable
	}
	return CauseAgentRefused
}

// abilityPort25 is that to connect to port 25 of foreign hosts.
const abilityPort25 = "port-25"

// lacks returns what a place would have to be able to for an item and is not, nil for nothing.
func (h heard) lacks(i *Item) *Ability {
	if i.Check.Kind.Name != "smtp" || i.Target.Port != 25 {
		return nil
	}
	for n, a := range h.Able {
		if a.Name == abilityPort25 && a.Able != nil && !*a.Able {
			return &h.Able[n]
		}
	}
	return nil
}

// freshUntil is until when a result of a place counts that began at a time: for twice the
// interval, and where the item runs in a window until after its next turn, which is that by the
// clock of the place, on the same day.
func (i *Item) freshUntil(began time.Time) time.Time {
	until := began.Add(i.freshFor())
	if i.Check.Between.text == "" {
		return until
	}
	return later(until, i.following(began, began).Add(i.freshFor()-i.every()+wholeDay))
}

// nextLook is when a verdict has to be drawn again if nothing is heard: when a result of a
// place ceases to count, and where none does an interval later.
func nextLook(i *Item, shares []share, now time.Time) time.Time {
	next := now.Add(i.every())
	for _, s := range shares {
		if !s.fresh {
			continue
		}
		if until := i.freshUntil(s.result.Start); until.Before(next) {
			next = until
		}
	}
	return later(next, now.Add(time.Second))
}

// waits returns until when a verdict is not told yet; zero where it is. It waits for places
// that have not been heard since the scheduler began, and where a failure is contested for
// those that were asked to look, unless enough have confirmed it.
func (s *Scheduler) waits(j *job, r *probe.Result, shares []share, now time.Time) time.Time {
	contested := s.contests(j, r, shares, now)
	begin := later(s.listens, j.since).Add(SilentAfter)
	switch {
	case r.Status == probe.Critical:
		if !contested || j.contest.confirmed(shares) >= j.Check.Down.needed(counted(shares), len(shares)) {
			return time.Time{}
		}
	case now.Before(begin) && slices.ContainsFunc(shares, share.awaited):
		return begin
	}
	if contested && slices.ContainsFunc(shares, j.contest.awaits) {
		return j.contest.until
	}
	return time.Time{}
}

// confirmed is how many places have seen the failure since it is contested.
func (c contest) confirmed(shares []share) (n int) {
	for _, one := range shares {
		if one.status() == probe.Critical && !c.awaits(one) {
			n++
		}
	}
	return n
}

// awaits reports whether a place has not looked since the failure is contested, and may do so
// yet. A failure is seen at the end of a check, success is of its beginning. What contradicts
// must be of a check that is not older than the one that it contradicts.
func (c contest) awaits(one share) bool {
	switch {
	case one.place == c.by || one.cause != nil:
		return false
	case one.result == nil:
		return true
	}
	failed, seen, since := one.status() == probe.Critical, one.result.Start, c.began
	if failed {
		seen = one.ended()
	}
	if failed == c.failed {
		since = since.Add(-sameTime)
	}
	return seen.Before(since)
}

// awaited reports whether a place may yet tell what it sees.
func (s share) awaited() bool { return !s.fresh && s.cause == nil }

// contests reports whether a failure is contested: some places have begun or ceased to see it,
// too few for the verdict, and that has not been told yet. The others are asked to look, once.
func (s *Scheduler) contests(j *job, r *probe.Result, shares []share, now time.Time) bool {
	if failureOf(r) == failureOf(j.known()) {
		j.contest = contest{}
		return false
	}
	if j.contest.until.IsZero() {
		j.contest = begunBy(shares, now)
		j.contest.until = now.Add(j.patienceFor())
		if now.Sub(j.asked) >= j.every()/10 { // a place that flaps does not have the others hammer at a server
			j.asked = now
			s.ask(j.Item, j.contest.by, now)
		}
	}
	return true
}

// lateAfter is after which time a result is late: its place had no link, or was busy.
const lateAfter = 10 * time.Second

// begunBy returns the contest that the newest result begins. One that is late is of the past, so
// its place has to look again as well.
func begunBy(shares []share, now time.Time) (c contest) {
	var latest time.Time
	for _, one := range shares {
		if one.fresh && one.ended().After(latest) {
			latest = one.ended()
			c.by, c.began, c.failed = one.place, one.result.Start, one.status() == probe.Critical
		}
	}
	if now.Sub(latest) > lateAfter {
		c.by, c.began = "", now
	}
	return c
}

// failureOf returns what a verdict says of failures: that it is down, partly, or not.
func failureOf(r *probe.Result) string {
	switch {
	case r == nil:
		return ""
	case r.Status == probe.Critical:
		return r.Status.String()
	case r.Cause.Is(CausePartlyDown):
		return r.Cause.Name
	}
	return ""
}

// ended is when a place had its result.
func (s share) ended() time.Time { return s.result.Start.Add(s.result.Elapsed) }

// known is the last verdict on an item, nil where there is none.
func (j *job) known() *probe.Result {
	switch {
	case j.last != nil:
		return j.last.Worst()
	case len(j.results) > 0:
		return j.results[0]
	}
	return nil
}

// wasDown reports whether an item was down when somebody saw it last: also an incident that
// was, of which nothing is known now, is not over.
func (j *job) wasDown() bool {
	known := j.known()
	switch {
	case known == nil:
		return false
	case known.Status == probe.Unknown:
		return j.state.Incident != "" && memoOf(j.state).Worst == probe.Critical
	}
	return known.Status == probe.Critical
}

// isNew reports whether a verdict is to be recorded: where it differs from the last one, and
// else once an interval, where the places have seen it anew or nobody has. Of a place alone
// each result is.
func (j *job) isNew(r *probe.Result, begun, now time.Time) bool {
	last := j.known()
	if last == nil || !sameVerdict(last, r) {
		return true
	}
	heard := begun.After(later(j.drawnFrom, j.state.LastRun))
	again := now.Sub(last.Start) >= j.every()-j.every()/10
	return heard && (again || j.Check.From.atOnce() == 1) || again && r.Status == probe.Unknown
}

// sameVerdict reports whether two verdicts say the same, for the same reasons at the same
// places.
func sameVerdict(a, b *probe.Result) bool {
	return a.Status == b.Status && causeName(a.Cause) == causeName(b.Cause) && slices.EqualFunc(a.Steps, b.Steps, func(a, b probe.Step) bool {
		return a.Name == b.Name && a.Status == b.Status && causeName(a.Cause) == causeName(b.Cause)
	})
}

func causeName(c *probe.Cause) string {
	if c == nil {
		return ""
	}
	return c.Name
}
