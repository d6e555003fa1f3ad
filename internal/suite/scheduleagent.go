package suite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mailprobe/probe"
)

// maxRefusedNamed is how many jobs a place's refusals name.
const maxRefusedNamed = 5

// drawnOfAgent returns how an agent stands, nil where it is not to be recorded now.
func (s *Scheduler) drawnOfAgent(j *job, i *Item, now time.Time) *probe.Result {
	h, known := s.heard[i.Place]
	silent := s.silent(i.Place, now)
	if !known && !silent {
		j.look = s.listens.Add(SilentAfter)
		return nil
	}
	if !silent && h.hasJustBegun(j.known()) {
		j.look = h.at.Add(SilentAfter)
		return nil
	}
	r := agentResult(i, h, silent, s.sinceHeard(i.Place), now)
	j.look = later(h.at, s.listens).Add(SilentAfter)
	if silent {
		j.look = now.Add(i.every())
	}
	if j.silent != silent {
		j.silent = silent
		s.lookFrom(i.Place)
	}
	if last := j.known(); last != nil && sameVerdict(last, r) && now.Sub(last.Start) < i.every()-time.Second {
		return nil
	}
	return r
}

// hasJustBegun reports whether an agent was started anew and does not know yet whether what was
// last found of it is over: it has to measure its clock, and to test itself.
func (h heard) hasJustBegun(last *probe.Result) bool {
	if h.Problem != "" || last == nil {
		return false
	}
	was := func(name string) bool { s := last.Step(name); return s != nil && s.Status == probe.Warning }
	tested := slices.ContainsFunc(h.Able, func(a Ability) bool { return a.Name == abilityPort25 })
	return h.Offset == nil && (was("clock") || last.Cause.Is(CauseAgentRefused)) || !tested && was(abilityPort25)
}

// agentResult makes the result of an agent from what it says of itself.
func agentResult(i *Item, h heard, silent bool, since string, now time.Time) *probe.Result {
	c := probe.New(agentKindOf())
	r := c.Record(context.Background(), i.Target, func(r *probe.Result) error {
		r.Took(0)
		_ = r.Run("seen", func(s *probe.Step) error { return seenStep(s, h, silent, since, now) })
		if silent {
			return nil
		}
		_ = r.Run("clock", func(s *probe.Step) error { return clockStep(s, h) })
		_ = r.Run("spool", func(s *probe.Step) error { return spoolStep(s, h) })
		_ = r.Run("jobs", func(s *probe.Step) error { return jobsStep(s, h) })
		for _, a := range h.known() {
			_ = r.Run(a.Name, func(s *probe.Step) error { return a.record(s) })
		}
		return nil
	})
	r.Start, r.Name = now, i.ID
	return r
}

func seenStep(s *probe.Step, h heard, silent bool, since string, now time.Time) error {
	if !h.at.IsZero() {
		s.Learn(probe.Duration("last_seen", now.Sub(h.at)), probe.Text("version", h.Version).As(probe.Label))
	}
	switch {
	case silent:
		s.RaiseFor(CauseAgentSilent, since)
	case h.Problem != "":
		s.RaiseFor(CauseAgentRefused, "its results are not taken: "+h.Problem)
	default:
		s.Say("mailprobe " + h.Version)
	}
	return nil
}

// maxOffset is how far an agent's clock may be off before it is told.
const maxOffset = time.Second

func clockStep(s *probe.Step, h heard) error {
	if h.Offset == nil {
		return s.Skip("not measured yet")
	}
	off := *h.Offset
	s.Learn(probe.Number("clock_offset", off.Seconds(), probe.Seconds))
	way := "behind"
	if off < 0 {
		way = "ahead"
	}
	says := fmt.Sprintf("%s %s that of the centre", probe.FormatDuration(off.Abs()), way)
	if off.Abs() > maxOffset && h.Problem == "" { // else that says it
		s.RaiseFor(CauseAgentClock, "the clock is "+says)
		return nil
	}
	s.Say(says)
	return nil
}

func spoolStep(s *probe.Step, h heard) error {
	s.Learn(probe.Number("spooled", float64(h.Spooled), probe.Bytes), probe.Number("dropped", float64(h.Dropped), probe.Counter))
	s.Say("all results are sent")
	if h.Spooled > 0 {
		s.Detail = fmt.Sprintf("%d bytes of results wait to be sent", h.Spooled)
	}
	if h.Dropped > 0 {
		s.Say(probe.Count(int(h.Dropped), "result") + " dropped so far")
	}
	return nil
}

func jobsStep(s *probe.Step, h heard) error {
	s.Learn(probe.Number("refused", float64(len(h.Refused)), probe.None))
	if len(h.Refused) == 0 {
		s.Say("all permitted")
		return nil
	}
	var names []string
	for id := range h.Refused {
		names = append(names, id)
	}
	slices.Sort(names)
	s.RaiseFor(CauseNotAllowed.As(probe.Warning), fmt.Sprintf("its rules refuse %s: %s: %s", probe.Names(names, maxRefusedNamed), names[0], h.Refused[names[0]]))
	return nil
}

// record adds an ability as a step. That a place is unable is no fault of it, but the checks
// that need it are not seen from there.
func (a Ability) record(s *probe.Step) error {
	switch {
	case a.Able == nil:
		return s.Skip(a.Detail)
	case !*a.Able && a.Name == abilityPort25:
		s.RaiseFor(CausePlaceUnable.As(probe.Warning), a.Detail)
		return nil
	}
	s.Say(a.Detail)
	return nil
}

// abilities are the names of those that are shown, in their order.
var abilities = []string{abilityPort25, "ipv6", "ptr", "resolver"}

// known returns the abilities that are shown, each once.
func (h heard) known() (all []Ability) {
	for _, name := range abilities {
		if i := slices.IndexFunc(h.Able, func(a Ability) bool { return a.Name == name }); i >= 0 {
			all = append(all, h.Able[i])
		}
	}
	return all
}

// agentKindOf is the kind of the items of agents.
func agentKindOf() probe.Kind {
	return probe.Kind{Name: kindAgent, Short: "the agent of a place", Steps: append([]string{"seen", "clock", "spool", "jobs"}, abilities...), New: func(*probe.Options) (probe.Checker, []probe.Option) { return agentChecker{}, nil }}
}

type agentChecker struct{}

func (agentChecker) Prepare(context.Context) error { return nil }

func (agentChecker) Check(context.Context, probe.Target, *probe.Result) error { return nil }
