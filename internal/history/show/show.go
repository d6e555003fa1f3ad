// Package show presents a history: as tables and plots to people, as JSON and CSV
// to programs, and as one page of HTML.
//
// Everything a server said is made printable by report.Clean first, and then
// escaped by each format for its own grammar.
package show

import (
	"context"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// Data is what is shown of a history.
type Data struct {
	// Since and Until are the time that is told of.
	Since, Until time.Time
	// Each is how much time one entry of Check.Days stands for: a day, or an
	// hour where the time is too short for days.
	Each time.Duration
	// Checks are all series, by name and target.
	Checks []Check
	// Incidents are those that were open at some time of it, the latest first.
	Incidents []history.Incident
	// Run is the last run, nil where there was none.
	Run *history.Run
}

// Check is one series.
type Check struct {
	history.Series
	// Days are what happened, in order; All is all of them together.
	Days []history.Day
	All  history.Day
	// Latest is the last result, nil where it is older than what is told of;
	// Began is when its status began.
	Latest *probe.Result
	Began  time.Time
	// Stale is set where the last result says nothing of the present: another should
	// have followed by now, or a clock that was ahead has dated it.
	Stale bool
	// Group is the check's group in its file, Title the title of that file; empty for none.
	Group, Title string
}

// Status is that of the last result, Unknown of a stale one.
func (c Check) Status() probe.Status {
	if c.Latest == nil || c.Stale {
		return probe.Unknown
	}
	return c.Latest.Status
}

// hourly is up to which span hours are told instead of days.
const hourly = 2 * 24 * time.Hour

// clockSlack is by how much a result may be ahead: it may have been written since Until.
const clockSlack = time.Minute

// Gather asks the history for what there is of a check, or of all where the name
// is empty.
func Gather(ctx context.Context, s *history.Store, f history.Filter, until time.Time) (*Data, error) {
	d := &Data{Since: f.Since, Until: until, Each: 24 * time.Hour}
	if until.Sub(f.Since) <= hourly {
		d.Each = time.Hour
	}
	days, err := d.days(ctx, s, f)
	if err != nil {
		return nil, err
	}
	latest, err := s.Latest(ctx, f)
	if err != nil {
		return nil, err
	}
	standings, err := s.Standings(ctx)
	if err != nil {
		return nil, err
	}
	d.join(days, latest, standings)
	if d.Incidents, err = s.Incidents(ctx, f); err != nil {
		return nil, err
	}
	run, found, err := s.LastRun(ctx)
	if found {
		d.Run = &run
	}
	return d, err
}

func (d *Data) days(ctx context.Context, s *history.Store, f history.Filter) ([]history.SeriesDays, error) {
	if d.Each < 24*time.Hour {
		return s.Hours(ctx, f)
	}
	return s.Days(ctx, f)
}

// join makes the checks of their days and their latest results, which are both in
// order of name and target.
func (d *Data) join(days []history.SeriesDays, latest []history.Latest, standings map[string]history.Standing) {
	daysOf := map[history.Series][]history.Day{}
	for _, s := range days {
		daysOf[s.Series] = s.Days
	}
	for _, l := range latest {
		c := Check{Series: l.Series, Days: daysOf[l.Series], Latest: l.Result, Began: l.Since}
		of := standings[l.Name]
		c.Group, c.Title = of.Group, of.Title
		c.Stale = !of.Expected.IsZero() && d.Until.After(of.Expected) || l.Result.Start.After(d.Until.Add(clockSlack))
		for _, day := range c.Days {
			c.All.Merge(day)
		}
		d.Checks = append(d.Checks, c)
	}
}

// incidents counts those of a check.
func (d *Data) incidents(name string) int {
	n := 0
	for _, i := range d.Incidents {
		if i.Name == name {
			n++
		}
	}
	return n
}
