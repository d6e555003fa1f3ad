package api

import (
	"context"
	"net/http"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/suite"
)

// incidentsJSON are incidents, open ones first, then the latest. More is set where there
// are earlier ones.
type incidentsJSON struct {
	Incidents []any `json:"incidents"`
	More      bool  `json:"more"`
}

// incidents answers with the incidents that were open at some time.
func (a *API) incidents(r *http.Request) (*answer, error) {
	q, err := parameters(r, "check", "open", "since", "until", "limit")
	if err != nil {
		return nil, err
	}
	f := history.Filter{}
	if f.Since, f.Until, err = q.period(a.Now(), usualPeriod); err != nil {
		return nil, err
	}
	open, given, err := q.truth("open")
	if err != nil {
		return nil, err
	}
	limit, err := q.number("limit", usualIncident, maxIncidents)
	if err != nil {
		return nil, err
	}
	if f.Name, err = a.recorded(r, q.text("check")); err != nil {
		return nil, err
	}
	all, err := a.Store.Incidents(r.Context(), f)
	if err != nil {
		return nil, err
	}
	out := incidentsJSON{Incidents: []any{}}
	for _, first := range []bool{true, false} {
		for _, i := range all {
			switch {
			case i.Open() != first || given && i.Open() != open:
			case len(out.Incidents) == limit:
				out.More = true
			default:
				out.Incidents = append(out.Incidents, show.EncodeIncident(i, a.Now()))
			}
		}
	}
	return &answer{body: out}, nil
}

// incident answers with one incident.
func (a *API) incident(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	i, err := a.findIncident(r.Context(), r.PathValue("incident"))
	if err != nil {
		return nil, err
	}
	return &answer{body: show.EncodeIncident(i, a.Now())}, nil
}

func (a *API) findIncident(ctx context.Context, id string) (history.Incident, error) {
	i, found, err := a.Store.Incident(ctx, id)
	if err == nil && !found {
		err = &problem{status: http.StatusNotFound, detail: "there is no incident " + quoted(id) + "; " + root + "/incidents lists them"}
	}
	return i, err
}

// signature is who does something and why.
type signature struct {
	By     string `json:"by"`
	Reason string `json:"reason"`
}

// acknowledge records that somebody has taken an incident on.
func (a *API) acknowledge(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	var by signature
	if err := readBody(r, &by, "by", "reason"); err != nil {
		return nil, err
	}
	i, err := a.openIncident(r)
	if err != nil {
		return nil, err
	}
	done, err := a.Scheduler.Suite().Acknowledge(r.Context(), a.Store, i.ID, author(r, by.By), by.Reason, a.Now())
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusCreated, body: suite.ListAcknowledgement(done[0])}, nil
}

// openIncident returns the incident of a request, which must be open.
func (a *API) openIncident(r *http.Request) (history.Incident, error) {
	i, err := a.findIncident(r.Context(), r.PathValue("incident"))
	if err == nil && !i.Open() {
		err = &problem{status: http.StatusConflict, detail: "the incident is over since " + i.Closed.UTC().Format("2006-01-02 15:04 UTC")}
	}
	return i, err
}

// withdraw ends the acknowledgement of an incident.
func (a *API) withdraw(r *http.Request) (*answer, error) {
	if _, err := parameters(r); err != nil {
		return nil, err
	}
	i, err := a.openIncident(r)
	if err != nil {
		return nil, err
	}
	if i.Acknowledged() == nil {
		return nil, &problem{status: http.StatusNotFound, detail: "nobody has acknowledged the incident"}
	}
	_, err = a.Scheduler.Suite().EndSilence(r.Context(), a.Store, i.ID, author(r, ""), a.Now())
	return &answer{status: http.StatusNoContent}, err
}

// author is who makes a request: by the body, or by the log-in, which the server has
// verified before.
func author(r *http.Request, by string) string {
	if user, _, ok := r.BasicAuth(); ok && by == "" {
		return user
	}
	if by == "" {
		return "API"
	}
	return by
}
