package api

import (
	"encoding/json"
	"net/http"
	"time"

	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// The names below are a promise. Times are RFC 3339, spans of time are in seconds; what is
// not known is left out.

// checkJSON is how an item stands. Status is that of the last result, UNKNOWN where there
// is none that is up to date; Since is when it began.
type checkJSON struct {
	Name     string          `json:"name"`
	Check    string          `json:"check"`
	Target   string          `json:"target"`
	Group    string          `json:"group,omitempty"`
	Tags     []string        `json:"tags,omitempty"`
	Every    float64         `json:"every,omitempty"`
	Status   probe.Status    `json:"status"`
	Stale    bool            `json:"stale,omitempty"`
	Since    *time.Time      `json:"since,omitempty"`
	Summary  string          `json:"summary,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	Blame    probe.Blame     `json:"blame,omitempty"`
	Silenced *probe.Silenced `json:"silenced,omitempty"`
	Incident string          `json:"incident,omitempty"`
	LastRun  *time.Time      `json:"last_run,omitempty"`
	Next     *time.Time      `json:"next,omitempty"`
	Started  *time.Time      `json:"started,omitempty"`
	// Down is how many of several places must see it fail, Places what they see, and Differs
	// in what they differ; only of a single check.
	Down    string           `json:"down,omitempty"`
	Places  []placeJSON      `json:"places,omitempty"`
	Differs []differenceJSON `json:"differs,omitempty"`
	// Latest are the results of the last run, in full but for transcripts.
	Latest []json.RawMessage `json:"latest,omitempty"`
}

// checks answers with all items, or those that a word selects or that have a status.
func (a *API) checks(r *http.Request) (*answer, error) {
	q, err := parameters(r, "only", "status")
	if err != nil {
		return nil, err
	}
	var status *probe.Status
	if text := q.text("status"); text != "" {
		status = new(probe.Status)
		if status.UnmarshalText([]byte(text)) != nil {
			return nil, wrong("status is OK, WARNING, CRITICAL or UNKNOWN, not %s", quoted(text))
		}
	}
	only := q.text("only")
	all, selected := []checkJSON{}, only == ""
	for _, i := range a.Scheduler.Items() {
		if only != "" && !i.Is(only) {
			continue
		}
		selected = true
		if c := a.encode(i); status == nil || c.Status == *status {
			all = append(all, c)
		}
	}
	if !selected {
		return nil, wrong("only: %s is no name, tag or group of a check; %s", quoted(only), probe.Meant(only, a.Scheduler.Suite().Words(), root+"/checks lists them"))
	}
	return &answer{body: map[string]any{"checks": all}}, nil
}

// check answers with one item and its last results.
func (a *API) check(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	return a.whole(r.PathValue("id"))
}

// whole returns an item with its last results.
func (a *API) whole(id string) (*answer, error) {
	i, ok := a.item(id)
	if !ok {
		return nil, a.noCheck(id)
	}
	c := a.encode(i)
	c.addPlaces(i)
	for _, result := range i.Results {
		text, err := report.JSON(result, false)
		if err != nil {
			return nil, err
		}
		c.Latest = append(c.Latest, text)
	}
	return &answer{body: c}, nil
}

// noCheck is the error of an item that is not in the file.
func (a *API) noCheck(id string) error {
	var ids []string
	for _, i := range a.Scheduler.Suite().Items() {
		ids = append(ids, i.ID)
	}
	return &problem{status: http.StatusNotFound, detail: "there is no check " + quoted(id) + "; " + probe.Meant(id, ids, root+"/checks lists them")}
}

// encode returns how an item stands.
func (a *API) encode(i suite.Scheduled) checkJSON {
	c := checkJSON{
		Name: report.Clean(i.ID), Check: i.Check.Kind.Name, Target: report.Clean(i.Target.Text), Group: report.Clean(i.Check.Group),
		Every: i.Check.Every.Seconds(), Incident: i.State.Incident, Silenced: i.State.Silenced,
		LastRun: known(i.State.LastRun), Next: known(i.Next), Started: known(i.Started),
	}
	for _, tag := range i.Check.Tags {
		c.Tags = append(c.Tags, report.Clean(tag))
	}
	if c.LastRun == nil {
		return c
	}
	c.Stale = !i.State.Expected.IsZero() && a.Now().After(i.State.Expected)
	if !c.Stale {
		c.Status = i.State.LastStatus
	}
	since := i.State.Since
	if i.State.LastStatus != i.State.Status {
		since = i.State.PendingSince
	}
	c.Since, c.Summary = known(since), report.Clean(i.State.LastSummary)
	if worst := worstOf(i.Results); worst != nil && worst.Cause != nil {
		c.Cause, c.Blame = report.Clean(worst.Cause.Name), worst.Cause.Blame
	}
	return c
}

// known returns a time in UTC, nil for the zero time.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Round(0)
	return &t
}

// worstOf returns the result that counts, nil of none.
func worstOf(results []*probe.Result) (worst *probe.Result) {
	for _, r := range results {
		if worst == nil || r.Status.Worse(worst.Status) {
			worst = r
		}
	}
	return worst
}
