package suite

import (
	"context"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// readSilences reads what silences checks as the outcomes are judged, and marks the
// results. What cannot be read silences nothing.
func (r *Report) readSilences(ctx context.Context, o Options) {
	r.judged = time.Now()
	if o.Now != nil {
		r.judged = o.Now()
	}
	first := r.judged
	for _, out := range r.Outcomes {
		if at := out.Results[0].Start; at.Before(first) {
			first = at
		}
	}
	var err error
	r.silences, err = r.Suite.ReadSilences(ctx, o.Store, first)
	r.Problems.Add(err)
	r.quiet = map[string]bool{}
	for _, out := range r.Outcomes {
		why := r.silenced(out)
		for _, result := range out.Results {
			result.Silenced = why
		}
		if why != nil {
			r.quiet[out.ID] = true
		}
	}
	for i := range r.Resting {
		if rest := &r.Resting[i]; rest.mark(r.silences.Of(rest.Item, r.judged)) {
			r.quiet[rest.ID] = true
		}
	}
}

// silenced returns why nothing bad is announced of an outcome, nil where it is not
// silenced. It counts whether it was when the check began, and whether it is now: what
// was broken by the beginning of a maintenance is within it, and nobody gets a message
// about what he has just silenced. Problems of mailprobe itself are never silenced.
func (r *Report) silenced(out *Outcome) *Silenced {
	if out.own != "" {
		return nil
	}
	if why := r.silences.Of(out.Item, r.judged); why != nil {
		return why
	}
	return r.silences.Of(out.Item, out.Results[0].Start)
}

// mark sets why the item is silenced, nil where it is not, in its last result, and reports
// whether it is.
func (rest *Resting) mark(why *Silenced) (silenced bool) {
	if rest.Result != nil {
		rest.Result = Marked([]*probe.Result{rest.Result}, why)[0]
	}
	return why != nil
}

// Marked returns results with why their check is silenced, nil where it is not. Those that
// have to be changed are copied.
func Marked(results []*probe.Result, why *Silenced) []*probe.Result {
	all := slices.Clone(results)
	for i, r := range all {
		if why != nil || r.Silenced != nil {
			marked := *r
			marked.Silenced = why
			all[i] = &marked
		}
	}
	return all
}

// advance advances the state of an item by an outcome.
func (r *Report) advance(old history.State, out *Outcome, at time.Time, p Patience) (history.State, notify.EventKind) {
	seen := out.sight(at)
	why := r.silenced(out)
	seen.Silenced = why != nil
	if r.silences != nil && old.Incident != "" {
		_, seen.Acknowledged = r.silences.Acknowledged[old.Incident]
	}
	now, kind := Advance(old, seen, p)
	now.Silenced = why
	return now, kind
}

// publishedChanges returns which published texts are to be announced.
func (r *Report) publishedChanges(old history.State, out *Outcome) []notify.Change {
	if r.silenced(out) != nil {
		return nil
	}
	return publishedChanges(old, out.Worst())
}

// held returns because of what something of a check has not been announced: it is pending,
// or is published otherwise than it was.
func (m memo) held(old, now *history.State, seen *probe.Result) *Silenced {
	switch {
	case now.Silenced == nil && now.Count == 0, now.Silenced != nil && now.Count == 0 && len(publishedChanges(*old, seen)) == 0:
		return nil
	case now.Silenced != nil:
		return now.Silenced
	}
	return m.Held
}

// silenceOf returns the silence that an event of a check is within, or by which it was
// held back; nil for none.
func silenceOf(kind notify.EventKind, old, now history.State) *notify.Silence {
	if now.Silenced != nil {
		return &notify.Silence{Silenced: *now.Silenced}
	}
	if held := memoOf(old).Held; held != nil && kind != notify.Recovery {
		return &notify.Silence{Silenced: *held, Ended: true}
	}
	return nil
}

// audible is the worst status of the items that are not silenced.
func (r *Report) audible() probe.Status {
	worst := probe.OK
	for _, o := range r.Outcomes {
		if !r.quiet[o.ID] {
			worst = probe.Worst(worst, o.Worst().Status)
		}
	}
	for _, rest := range r.Resting {
		if !rest.State.LastRun.IsZero() && !r.quiet[rest.ID] {
			worst = probe.Worst(worst, rest.State.LastStatus)
		}
	}
	return worst
}
