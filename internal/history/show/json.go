package show

import (
	"io"
	"maps"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// The names below are a promise: they are what "mailprobe history -o json" prints.
// Times are in seconds, shares from 0 to 1.

type dataJSON struct {
	Since     time.Time      `json:"since"`
	Until     time.Time      `json:"until"`
	Checks    []checkJSON    `json:"checks"`
	Incidents []incidentJSON `json:"incidents"`
}

type checkJSON struct {
	Name     string          `json:"name"`
	Check    string          `json:"check"`
	Target   string          `json:"target"`
	Status   probe.Status    `json:"status"`
	Stale    bool            `json:"stale,omitempty"`
	Silenced *probe.Silenced `json:"silenced,omitempty"`
	Since    time.Time       `json:"since"`
	Summary  string          `json:"summary,omitempty"`
	spanJSON
	Days []spanJSON `json:"days"`
}

// spanJSON summarises a day, or all days.
type spanJSON struct {
	Start   *time.Time           `json:"start,omitempty"`
	Uptime  *float64             `json:"uptime,omitempty"`
	Results countsJSON           `json:"results"`
	Times   map[string]timesJSON `json:"times,omitempty"`
}

type countsJSON struct {
	OK       int64 `json:"ok"`
	Warning  int64 `json:"warning"`
	Critical int64 `json:"critical"`
	Unknown  int64 `json:"unknown"`
	Skipped  int64 `json:"skipped"`
	Refused  int64 `json:"refused"`
	Silenced int64 `json:"silenced"`
}

type timesJSON struct {
	Count   int64   `json:"count"`
	Min     float64 `json:"min"`
	Average float64 `json:"average"`
	P50     float64 `json:"p50"`
	P95     float64 `json:"p95"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

type incidentJSON struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	Opened       time.Time         `json:"opened"`
	Closed       *time.Time        `json:"closed,omitempty"`
	Duration     float64           `json:"duration"`
	Worst        probe.Status      `json:"worst"`
	Summary      string            `json:"summary,omitempty"`
	Acknowledged *acknowledgedJSON `json:"acknowledged,omitempty"`
	Events       []eventJSON       `json:"events,omitempty"`
}

// acknowledgedJSON is that somebody has taken an incident on.
type acknowledgedJSON struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

type eventJSON struct {
	At      time.Time    `json:"at"`
	Event   string       `json:"event"`
	Status  probe.Status `json:"status"`
	Summary string       `json:"summary,omitempty"`
	By      string       `json:"by,omitempty"`
}

// JSON writes the data as one object.
func (d *Data) JSON(w io.Writer) error { return plainjson.Write(w, d.encode()) }

func (d *Data) encode() dataJSON {
	out := dataJSON{Since: d.Since, Until: d.Until, Checks: []checkJSON{}, Incidents: []incidentJSON{}}
	for _, c := range d.Checks {
		out.Checks = append(out.Checks, c.encode())
	}
	for _, i := range d.Incidents {
		out.Incidents = append(out.Incidents, encodeIncident(i, d.Until))
	}
	return out
}

func (c Check) encode() checkJSON {
	out := checkJSON{
		Name: report.Clean(c.Name), Check: report.Clean(c.Kind), Target: report.Clean(c.Target),
		Status: c.Status(), Stale: c.Stale, Silenced: c.Silenced, Since: c.Began, Summary: report.Clean(c.Latest.Summary),
		spanJSON: encodeSpan(c.All), Days: []spanJSON{},
	}
	out.Start = nil
	for _, d := range c.Days {
		out.Days = append(out.Days, encodeSpan(d))
	}
	return out
}

func encodeSpan(d history.Day) spanJSON {
	out := spanJSON{Start: &d.Date, Results: countsJSON{d.OK, d.Warning, d.Critical, d.Unknown, d.Skipped, d.Refused, d.Silenced}}
	if up, known := d.Up(); known {
		out.Uptime = &up
	}
	for _, name := range slices.Collect(maps.Keys(d.Times)) {
		if out.Times == nil {
			out.Times = map[string]timesJSON{}
		}
		out.Times[report.Clean(name)] = encodeTimes(d.Times[name])
	}
	return out
}

func encodeTimes(t *history.Times) timesJSON {
	return timesJSON{
		Count: t.Count, Min: t.Min.Seconds(), Average: t.Average().Seconds(), P50: t.Percentile(50).Seconds(),
		P95: t.Percentile(95).Seconds(), P99: t.Percentile(99).Seconds(), Max: t.Max.Seconds(),
	}
}

func encodeIncident(i history.Incident, now time.Time) incidentJSON {
	out := incidentJSON{
		ID: i.ID, Name: report.Clean(i.Name), Opened: i.Opened, Duration: i.Duration(now).Seconds(),
		Worst: i.Worst, Summary: report.Clean(i.Summary),
	}
	if !i.Open() {
		out.Closed = &i.Closed
	}
	if e := i.Acknowledged(); e != nil {
		out.Acknowledged = &acknowledgedJSON{e.At, report.Clean(e.By), report.Clean(e.Summary)}
	}
	for _, e := range i.Events {
		out.Events = append(out.Events, eventJSON{e.At, e.Kind, e.Status, report.Clean(e.Summary), report.Clean(e.By)})
	}
	return out
}
