package suite

import (
	"encoding/json"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// opened is when the incident began that a state is in, or has just left.
func opened(old, now history.State) time.Time {
	for _, s := range []history.State{now, old} {
		var m memo
		if json.Unmarshal(s.Memo, &m) == nil && !m.Opened.IsZero() {
			return m.Opened
		}
	}
	return now.Since
}

// memo is what a state remembers beside what the history knows of it.
type memo struct {
	Opened       time.Time    `json:"opened"`
	Worst        probe.Status `json:"worst"`
	Kind, Target string
}

// incident keeps the record of an incident in step with a state, and returns it as
// it is to be written; nil where nothing has changed.
func (run *Report) incident(e EventKind, o *Outcome, old, now *history.State) *history.Incident {
	r := o.Worst()
	var m memo
	_ = json.Unmarshal(old.Memo, &m)
	if e == Failure {
		m = memo{Opened: now.Since, Worst: now.Status, Kind: r.Check, Target: r.Target}
		now.Incident = history.IncidentID(now.Name, m.Opened, run.Suite.key())
	}
	if e == "" || e == Reminder || now.Incident == "" {
		return nil
	}
	if now.Status.Worse(m.Worst) {
		m.Worst = now.Status
	}
	i := &history.Incident{
		ID: now.Incident, Name: now.Name, Kind: m.Kind, Target: m.Target, Opened: m.Opened,
		Status: now.Status, Worst: m.Worst, Summary: now.Summary,
		Events: []history.Event{{At: now.LastRun, Kind: incidentWords[e], Status: now.Status, Summary: r.Summary, Result: r}},
	}
	now.Memo, _ = json.Marshal(m)
	if e == Recovery {
		i.Closed, i.Summary = now.Since, old.Summary
		now.Incident, now.Memo = "", nil
	}
	return i
}

// incidentWords are the history's words for the events.
var incidentWords = map[EventKind]string{
	Failure: history.EventOpened, Worse: history.EventWorse, Better: history.EventBetter, Changed: history.EventChanged,
	Recovery: history.EventClosed,
}
