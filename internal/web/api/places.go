package api

import (
	"time"

	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// placeJSON is what one place sees of a check. Status is what counts for the verdict: UNKNOWN
// where it is not known from there, and none where other places run the check instead.
type placeJSON struct {
	Place   string        `json:"place"`
	Name    string        `json:"name"`
	Status  *probe.Status `json:"status,omitempty"`
	Summary string        `json:"summary,omitempty"`
	Cause   string        `json:"cause,omitempty"`
	Address string        `json:"address,omitempty"`
	Elapsed float64       `json:"elapsed,omitempty"`
	LastRun *time.Time    `json:"last_run,omitempty"`
}

// differenceJSON is something that places see differently.
type differenceJSON struct {
	What   string      `json:"what"`
	Values []valueJSON `json:"values"`
}

type valueJSON struct {
	Value  string   `json:"value"`
	Places []string `json:"places"`
}

// addPlaces adds what places see of a check.
func (c *checkJSON) addPlaces(i suite.Scheduled) {
	seen := i.Seen()
	if len(seen) > 0 {
		c.Down = i.Check.DownRule()
	}
	for _, s := range seen {
		c.Places = append(c.Places, place(s))
	}
	for _, d := range suite.Differences(seen) {
		out := differenceJSON{What: report.Clean(d.What)}
		for _, v := range d.Values {
			out.Values = append(out.Values, valueJSON{report.Clean(v.Text), v.Places})
		}
		c.Differs = append(c.Differs, out)
	}
}

func place(s suite.Seen) placeJSON {
	p := placeJSON{Place: s.Place, Name: report.Clean(s.ID), LastRun: known(s.State.LastRun)}
	if s.Step == nil {
		return p
	}
	p.Status, p.Summary = &s.Step.Status, report.Clean(s.Step.Detail)
	if s.Step.Cause != nil {
		p.Cause = report.Clean(s.Step.Cause.Name)
	}
	if r := s.Last(); r != nil && s.Counts {
		p.Address, p.Elapsed = report.Clean(r.Address), r.Elapsed.Seconds()
	}
	return p
}

// item returns an item, or what a place sees of one, by its name.
func (a *API) item(id string) (suite.Scheduled, bool) {
	for _, i := range a.Scheduler.Items() {
		if i.ID == id {
			return i, true
		}
		for _, share := range i.Shares {
			if share.ID == id {
				return share, true
			}
		}
	}
	return suite.Scheduled{}, false
}
