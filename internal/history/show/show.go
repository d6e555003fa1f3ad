// Package show formats a history: as tables and plots for people, as JSON and CSV for
// programs, and as one page of HTML.
//
// Everything a server said is made printable by report.Clean first, and then escaped by
// each format for its own grammar.
package show

import (
	"context"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// Data is what is shown of a history.
type Data struct {
	// Since and Until are the limits of the time shown.
	Since, Until time.Time
	// Each is the length of one entry of Check.Days: a day, or an hour if the time shown
	// is short.
	Each time.Duration
	// Points is the maximum number of points in a chart, each with the limits of its time;
	// 0 is what suits a page of many checks, without them.
	Points int
	// Checks are all series, sorted by name and target.
	Checks []Check
	// Incidents are those that were open at some time shown, the latest first.
	Incidents []history.Incident
	// Run is the last run, nil if there was none.
	Run *history.Run
}

// Check is one series.
type Check struct {
	history.Series
	// Days are the days with results, in order; All is their sum.
	Days []history.Day
	All  history.Day
	// Latest is the last result, nil if it is older than the time shown; Began is when
	// its status began.
	Latest *probe.Result
	Began  time.Time
	// Stale reports whether the last result is out of date: another one should have
	// followed by now, or it was dated by a clock that was ahead.
	Stale bool
	// Group is the check's group in its file, Title the title of that file; empty for none.
	Group, Title string
	// Silenced is why nothing bad is announced of the check, as of its last run; nil where
	// it is not silenced, or that has ended.
	Silenced *probe.Silenced
}

// Status returns the status of the last result, Unknown if it is stale.
func (c Check) Status() probe.Status {
	if c.Latest == nil || c.Stale {
		return probe.Unknown
	}
	return c.Latest.Status
}

// hourly is the longest time that is shown by the hour.
const hourly = 2 * 24 * time.Hour

// clockSlack is how far in the future a result may be: it may have been written after
// Until.
const clockSlack = time.Minute

// Gather reads what there is of a check, or of all checks if the name is empty.
func Gather(ctx context.Context, s *history.Store, f history.Filter, until time.Time) (*Data, error) {
	each := 24 * time.Hour
	if until.Sub(f.Since) <= hourly {
		each = time.Hour
	}
	return GatherEach(ctx, s, f, until, each)
}

// GatherEach is Gather with the length of an entry: a day, or less that divides one.
func GatherEach(ctx context.Context, s *history.Store, f history.Filter, until time.Time, each time.Duration) (*Data, error) {
	d := &Data{Since: f.Since, Until: until, Each: each}
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
		return s.Slots(ctx, f, d.Each)
	}
	return s.Days(ctx, f)
}

// join sets Checks from days and latest results.
func (d *Data) join(days []history.SeriesDays, latest []history.Latest, standings map[string]history.Standing) {
	daysOf := map[history.Series][]history.Day{}
	for _, s := range days {
		daysOf[s.Series] = s.Days
	}
	for _, l := range latest {
		c := Check{Series: l.Series, Days: daysOf[l.Series], Latest: l.Result, Began: l.Since}
		of := standings[l.Name]
		c.Group, c.Title = of.Group, of.Title
		if of.Silenced != nil && of.Silenced.Until.After(d.Until) {
			c.Silenced = of.Silenced
		}
		c.Stale = !of.Expected.IsZero() && d.Until.After(of.Expected) || l.Result.Start.After(d.Until.Add(clockSlack))
		for _, day := range c.Days {
			c.All.Merge(day)
		}
		d.Checks = append(d.Checks, c)
	}
}

// incidents returns the number of incidents of a check.
func (d *Data) incidents(name string) int {
	n := 0
	for _, i := range d.Incidents {
		if i.Name == name {
			n++
		}
	}
	return n
}
