package suite

import (
	"maps"
	"slices"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// published returns the facts of a result that its owner publishes, of several with one
// name the last.
func published(r *probe.Result) (all []probe.Fact) {
	for _, s := range r.Steps {
		for _, f := range s.Facts {
			if f.Role == probe.Published {
				all = append(slices.DeleteFunc(all, func(g probe.Fact) bool { return g.Name == f.Name }), f)
			}
		}
	}
	return all
}

// publishedNow returns the published texts that are known after a result. What a run did
// not learn, as where a look-up failed, stays as it was known before, and so does all that
// was known of a check that is silenced: what is changed then is announced afterwards.
func publishedNow(known map[string]string, r *probe.Result, silenced bool) map[string]string {
	facts := published(r)
	if len(facts) == 0 {
		return known
	}
	now := map[string]string{}
	maps.Copy(now, known)
	for _, f := range facts {
		now[f.Name] = f.Text
	}
	if silenced {
		maps.Copy(now, known)
	}
	return now
}

// publishedChanges returns which published texts a result has otherwise than they were
// known in a state. What was not known is no change.
func publishedChanges(old history.State, r *probe.Result) (changes []notify.Change) {
	facts := published(r)
	if len(facts) == 0 {
		return nil
	}
	known := memoOf(old).Published
	for _, f := range facts {
		if was, ok := known[f.Name]; ok && was != f.Text {
			changes = append(changes, notify.Change{Name: f.Name, Was: was, Now: f.Text})
		}
	}
	return changes
}

// withChanges adds changes of what is published to the event of the same run, or makes
// one of them where there is none.
func (r *Report) withChanges(e *notify.Event, changes []notify.Change, out *Outcome, old, now history.State) *notify.Event {
	if len(changes) == 0 {
		return e
	}
	if e == nil {
		made := r.newEvent(notify.Published, out, old, now)
		e = &made
	}
	e.AddChanges(changes, old)
	return e
}
