package suite

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// ownKind is the kind of events about mailprobe itself.
const ownKind = "mailprobe"

// ownRun is the name of the state of the runs themselves in the history. No check can have
// it: it begins with a blank.
const ownRun = " run"

// The causes of events about mailprobe itself.
var (
	CauseNotifierRefused = &probe.Cause{
		Name: "notifier-refused", Blame: probe.BlameSender, Status: probe.Warning,
		Meaning: "The receiver of a notifier refused messages for good, in full, shortened and without any text from a server; they were given up.",
		Hint:    "see what the receiver refuses, and change the notifier in the file; the next message that it accepts ends this",
		Source:  "mailprobe check: notify",
	}
	CauseStuckRun = &probe.Cause{
		Name: "run-stuck", Blame: probe.BlameSender, Status: probe.Unknown,
		Meaning: "An earlier run of the same file goes on for longer than its deadline, so nothing is checked.",
		Hint:    "see what the process that holds the lock waits for, and end it",
		Source:  "mailprobe check: lock",
	}
)

// ownSight is what a run sees of mailprobe itself.
type ownSight struct {
	name  string // that of the state
	cause *probe.Cause
	text  string // what is wrong, empty where nothing is
	since time.Time
}

// unsolved is the error for what somebody has to act on.
func (s ownSight) unsolved() error { return fmt.Errorf("%s: %s", strings.TrimSpace(s.name), s.text) }

// settleOwn determines whether what runs see of mailprobe itself has changed, by the rules
// for checks, and notifies of it. It returns the states as they are then.
func (r *Report) settleOwn(ctx context.Context, o Options, states map[string]history.State, sights []ownSight) map[string]history.State {
	committed := false
	states, err := r.commit(ctx, o, states, func(o Options, states map[string]history.State) *history.Batch {
		r.Unsolved = nil
		batch := &history.Batch{}
		var events []notify.Event
		for _, s := range sights {
			if e := r.judgeOwn(o, s, states[s.name], batch); e != nil {
				events = append(events, *e)
			}
		}
		if committed = len(batch.States) > 0; !committed {
			return nil
		}
		batch.Notifications = r.notifications(events)
		return batch
	})
	r.Problems.Add(err)
	if committed && err == nil {
		r.deliver(ctx, o)
	}
	return states
}

// judgeOwn advances one state, and returns the event, nil for none.
func (r *Report) judgeOwn(o Options, s ownSight, old history.State, batch *history.Batch) *notify.Event {
	seen := s.outcome(r)
	if s.text != "" {
		r.Unsolved = append(r.Unsolved, s.unsolved())
	} else if old.LastRun.IsZero() || old.Status == probe.OK {
		return nil
	}
	old.Name = s.name
	now, kind := r.advance(old, seen, r.Start, Patience{AlertAfter: 1, RecoverAfter: 1, Remind: o.Remind})
	if kind == notify.Failure && !s.since.IsZero() {
		now.Since = s.since
	}
	if i := r.incident(kind, seen, &old, &now); i != nil {
		batch.Incidents = append(batch.Incidents, *i)
	}
	batch.States = append(batch.States, now)
	if kind == "" {
		return nil
	}
	e := r.newEvent(kind, seen, old, now)
	return &e
}

// outcome returns a sight as the outcome of a check.
func (s ownSight) outcome(r *Report) *Outcome {
	name := strings.TrimSpace(s.name)
	result := &probe.Result{Name: name, Check: ownKind, Target: r.Suite.key(), Start: r.Start, Status: probe.OK, Summary: "all is well again"}
	step := probe.Step{Name: strings.Fields(name)[0], Detail: result.Summary}
	if s.text != "" {
		result.Status, result.Summary, result.Cause = s.cause.Status, s.text, s.cause
		step.Detail, step.Hint, step.Cause = s.text, s.cause.Hint, s.cause
	}
	step.Status = result.Status
	result.Steps = []probe.Step{step}
	return &Outcome{Item: &Item{ID: name, Check: &Check{Name: name}, own: s.name}, Results: []*probe.Result{result}}
}

// notifierSights are those of all notifiers. What one has given up counts until it
// gets a message through, or the file is changed.
func (r *Report) notifierSights(ctx context.Context, o Options) []ownSight {
	var changed time.Time
	if info, err := os.Stat(r.Suite.Name); err == nil {
		changed = info.ModTime()
	}
	given, err := o.Store.GivenUp(ctx, changed)
	r.Problems.Add(err)
	var sights []ownSight
	for _, n := range r.Suite.Notifiers {
		s := ownSight{name: n.State(), cause: CauseNotifierRefused}
		for _, g := range given {
			if g.Notifier == n.Name {
				s.since = g.Since
				s.text = fmt.Sprintf("gave up %s; the last: %s", probe.Count(g.Count, "message"), g.Error)
			}
		}
		sights = append(sights, s)
	}
	return sights
}

// Stuck records that another run goes on for longer than its deadline, and notifies of it.
// Nothing is checked.
func (s *Suite) Stuck(ctx context.Context, o Options, by *Running) *Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Report{Suite: s, Start: o.Now(), Status: probe.Unknown, Problems: slices.Clone(o.Problems), record: s.openRecord(o.Dir)}
	sight := ownSight{name: ownRun, cause: CauseStuckRun, since: by.Since}
	sight.text = fmt.Sprintf("the one that began at %s has not ended after %s, and nothing is checked; %s holds the lock",
		notify.Clock(by.Since), probe.FormatSpan(r.Start.Sub(by.Since)), by.process())
	if o.Store == nil {
		r.Unsolved = []error{sight.unsolved()}
		return r
	}
	states := r.readStates(ctx, o)
	r.interval = r.intervalOf(states)
	for _, i := range s.Items() {
		r.Resting = append(r.Resting, Resting{Item: i, State: states[i.ID]})
	}
	r.settleOwn(ctx, o, states, []ownSight{sight})
	if len(r.Unsolved) == 0 {
		r.Unsolved = []error{sight.unsolved()}
	}
	return r
}

// Longest returns the maximum duration of a run, notifications included. deadline is that
// of its checks.
func (s *Suite) Longest(deadline time.Duration) time.Duration {
	longest := 2 * notify.HeartbeatTimeout
	for _, n := range s.Notifiers {
		longest = max(longest, n.Limit())
	}
	return deadline + longest
}
