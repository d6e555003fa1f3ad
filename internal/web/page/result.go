package page

import (
	"net/http"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/internal/shellword"
	"mailprobe/probe"
)

// resultPage is the data of the page of the results of a check at a time.
type resultPage struct {
	Name, Check    string // and the address of the check's page
	At             show.Moment
	Earlier, Later string // addresses
	Results        []wholeResult
	Command        string
}

// wholeResult is one result as it is kept.
type wholeResult struct {
	Target, Address, Summary string
	Status                   probe.Status
	Took, Cause, Who         string
	Steps                    []probe.Step
	Facts                    []probe.Fact
	Transcript               string
	Whole, Sparse            bool
	Nearest                  string // the address of the nearest one with its texts
	NearestAt                string
}

// result serves the results of a check at a time, by default the last ones.
func (p *Page) result(w http.ResponseWriter, r *http.Request) {
	id, now := r.PathValue("id"), p.o.Now()
	at := now
	if text := r.URL.Query().Get("at"); text != "" {
		var ok bool
		if at, ok = parseTime(text, now); !ok {
			http.Error(w, "at is no time such as 2026-11-28T03:10:05Z", http.StatusBadRequest)
			return
		}
	}
	found, err := p.o.Store.At(r.Context(), id, at)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if len(found) == 0 {
		p.notFound(w, r, "there is no result of such a check by then")
		return
	}
	data, err := p.resultPage(r, id, found, now)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	f := p.frame(r, data.Results[0].Status.String()+" · "+data.Name+", "+data.At.Full)
	f.Status = data.Results[0].Status
	p.whole(w, f, "result", data)
}

func (p *Page) resultPage(r *http.Request, id string, found []history.Single, now time.Time) (resultPage, error) {
	first, last := found[0].Result.Start, found[0].Result.Start
	data := resultPage{Name: report.Clean(id), Check: p.link("check", id)}
	for _, one := range found {
		if one.Result.Start.After(last) {
			last = one.Result.Start
		}
		if one.Result.Start.Before(first) {
			first = one.Result.Start
		}
		data.Results = append(data.Results, p.wholeResult(id, one))
	}
	data.At = show.Ago(last, now)
	data.At.Full = last.UTC().Format("2 Jan 2006, 15:04:05")
	data.Command = "mailprobe history " + shellword.Quote(data.Name) + " --at " + last.UTC().Format(time.RFC3339) + " -v"
	before, err := p.o.Store.Before(r.Context(), id, first, 1, false)
	if err == nil && len(before) > 0 {
		data.Earlier = p.resultLink(id, before[0].Result.Start)
	}
	if err != nil {
		return data, err
	}
	next, found2, err := p.o.Store.Next(r.Context(), id, last)
	if found2 {
		data.Later = p.resultLink(id, next)
	}
	return data, err
}

func (p *Page) wholeResult(id string, one history.Single) wholeResult {
	r := show.Cleaned(one.Result)
	out := wholeResult{
		Target: report.Clean(one.Target), Address: r.Address, Summary: r.Summary, Status: r.Status, Took: report.Took(r.Elapsed),
		Steps: r.Steps, Facts: show.Facts(r), Whole: one.Whole, Sparse: one.Sparse,
	}
	if out.Address == out.Target {
		out.Address = ""
	}
	if c := one.Result.Cause; c != nil && r.Status.ExitCode() != 0 {
		out.Cause, out.Who = report.Clean(c.Name), c.Blame.Who()
	}
	if one.Result.Transcript != nil {
		var lines []string
		for _, line := range one.Result.Transcript.Lines() {
			lines = append(lines, report.Clean(line))
		}
		out.Transcript = strings.Join(lines, "\n")
	}
	if !one.Nearest.IsZero() {
		out.Nearest, out.NearestAt = p.resultLink(id, one.Nearest), one.Nearest.UTC().Format("2 Jan, 15:04:05")
	}
	return out
}

// incidentPage is the data of the page of an incident.
type incidentPage struct {
	show.Incident
	ackForm
	Check string // the address of the check's page, empty where it is no longer in the file
}

// incident serves the page of an incident.
func (p *Page) incident(w http.ResponseWriter, r *http.Request) {
	i, found, err := p.o.Store.Incident(r.Context(), r.PathValue("id"))
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	case !found:
		p.notFound(w, r, "there is no such incident")
		return
	}
	data := incidentPage{Incident: show.NewIncident(i, p.o.Now(), true)}
	for n, e := range i.Events {
		if e.Result != nil {
			data.Events[n].Page = p.resultLink(i.Name, e.Result.Start)
		}
	}
	if p.board.ready(r.Context()) == nil && p.board.with(i.Name, func(*item) {}) {
		data.Check = p.link("check", i.Name)
	}
	f := p.frame(r, "Incident of "+data.Name+", "+data.Opened)
	if f.Status = data.Worst; data.Open {
		f.Refresh, f.Always = 60, true
	}
	if data.Open && !data.Acknowledged {
		data.ackForm = newAckForm(r, p.link("ack", i.ID), p.link("incident", i.ID))
		f.Refresh = 600 // it would lose what is being written
	}
	p.whole(w, f, "incident", data)
}
