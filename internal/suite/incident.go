package suite

import (
	"cmp"
	"encoding/json"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// memo is what a state keeps beyond the fields that the history knows.
type memo struct {
	// Opened, Worst, Kind and Target are those of the open incident.
	Opened       time.Time    `json:"opened,omitzero"`
	Worst        probe.Status `json:"worst"`
	Kind, Target string
	// LastSuccess is when the check succeeded last.
	LastSuccess time.Time `json:"last_success,omitzero"`
	// Deliveries are those to a passive check.
	Deliveries deliveries `json:"deliveries,omitzero"`
	// Published are the texts of the role probe.Published that were seen last, by the
	// name of the fact.
	Published map[string]string `json:"published,omitempty"`
	// Held is the silence or the maintenance because of which something that was seen has
	// not been announced.
	Held *Silenced `json:"held,omitempty"`
}

// memoOf returns the memo of a state.
func memoOf(s history.State) memo {
	var m memo
	_ = json.Unmarshal(s.Memo, &m) // a state without one has none of it
	if m.LastSuccess.IsZero() && s.LastStatus == probe.OK {
		m.LastSuccess = s.LastRun
	}
	return m
}

// opened is when the incident began that a state is in, or has just left.
func opened(old, now history.State) time.Time {
	return cmp.Or(memoOf(now).Opened, memoOf(old).Opened, now.Since)
}

// markSuccess sets the time of the last success in the results of the run.
func (r *Report) markSuccess(states map[string]history.State) {
	for _, o := range r.Outcomes {
		last := memoOf(states[o.ID]).LastSuccess
		if worst := o.Worst(); report.Succeeded(worst) {
			last = worst.Start
		}
		for _, result := range o.Results {
			result.LastSuccess = last
		}
	}
}

// incident keeps the record of an incident in step with a state, and returns it as
// it is to be written; nil where nothing has changed.
func (r *Report) incident(e notify.EventKind, o *Outcome, old, now *history.State) *history.Incident {
	seen := o.Worst()
	m := memoOf(*old)
	m.LastSuccess, m.Held = seen.LastSuccess, m.held(old, now, seen)
	m.Published, m.Deliveries = publishedNow(m.Published, seen, now.Silenced != nil), m.Deliveries.after(o)
	defer func() { now.Memo, _ = json.Marshal(m) }()
	if e == notify.Failure {
		m.Opened, m.Worst, m.Kind, m.Target = now.Since, now.Status, seen.Check, seen.Target
		now.Incident = history.IncidentID(now.Name, m.Opened, r.Suite.key())
	}
	if incidentWords[e] == "" || now.Incident == "" {
		return nil
	}
	if now.Status.Worse(m.Worst) {
		m.Worst = now.Status
	}
	i := &history.Incident{
		ID: now.Incident, Name: now.Name, Kind: m.Kind, Target: m.Target, Opened: m.Opened,
		Status: now.Status, Worst: m.Worst, Summary: now.Summary,
		Events: []history.Event{{At: now.LastRun, Kind: incidentWords[e], Status: now.Status, Summary: seen.Summary, Result: seen}},
	}
	if e == notify.Recovery {
		i.Closed, i.Summary = now.Since, old.Summary
		now.Incident = ""
		m = memo{LastSuccess: m.LastSuccess, Published: m.Published, Held: m.Held, Deliveries: m.Deliveries}
	}
	return i
}

// incidentWords are the history's words for the events.
var incidentWords = map[notify.EventKind]string{
	notify.Failure: history.EventOpened, notify.Worse: history.EventWorse, notify.Better: history.EventBetter,
	notify.Changed: history.EventChanged, notify.Recovery: history.EventClosed,
}
