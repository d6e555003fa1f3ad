package page

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// The limits of a check's page.
const (
	pageResults  = 25 // in a list
	chartPoints  = 120
	listedOfItem = 20 // incidents
)

// checkPage is the data of a check's page.
type checkPage struct {
	Card      card
	Legend    []show.Bar
	Span      span
	Places    *placesPart // nil where it is run here
	Of        *checkLink  // the check of which this is what one place sees, else nil
	Series    []series
	Incidents []incidentRow
	Results   resultList
	Seq       string
	Words     []string // by which the check can be silenced
	ackForm
}

// checkLink is a check and the address of its page.
type checkLink struct{ Name, Page string }

// ackForm is the form that acknowledges an incident.
type ackForm struct {
	Ack, Page string // the address that it is sent to, empty where there is nothing to acknowledge, and that of its page
	By        string // who asks, where the server knows
}

func newAckForm(r *http.Request, ack, page string) ackForm {
	by, _, _ := r.BasicAuth()
	return ackForm{Ack: ack, Page: page, By: report.Clean(by)}
}

// series is one target of a check.
type series struct {
	Name    string // empty where there is one
	Bars    show.Bars
	Uptime  string
	Charts  []show.Chart
	Summary string
	Steps   []probe.Step
	Facts   []probe.Fact
	Result  string
}

// resultList is a page of results.
type resultList struct {
	Failing               bool
	Rows                  []resultRow
	All, Failures, Latest string // addresses
	Older                 string
}

// resultRow is a result in the list.
type resultRow struct {
	Page, At, Target, Took, Cause, Summary string
	Machine                                string
	Status                                 probe.Status
	Whole                                  bool
}

// check serves the page of a check.
func (p *Page) check(w http.ResponseWriter, r *http.Request) {
	id, now := r.PathValue("id"), p.o.Now()
	if err := p.board.ready(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var c card
	var words []string
	var first time.Time
	var of *checkLink
	var places *placesPart
	if !p.board.with(id, func(i *item) {
		if r, err := p.board.draw(i, now); err == nil { // its changes are sent from now on
			c = r.card
		}
		words, first, places = wordsOf(i), i.first(now), p.places(i, now)
		if v := i.Verdict(); v != nil {
			of = &checkLink{report.Clean(v.ID), p.link("check", v.ID)}
		}
	}) {
		p.notFound(w, r, "the file has no such check")
		return
	}
	f := p.frame(r, c.Status.String()+" · "+c.Name)
	f.Status, f.Refresh, f.Live, f.Always = c.Status, 60, true, of != nil // no changes of it are sent
	seq := p.hub.last()
	out := p.begin(w, f)
	data := checkPage{Card: c, Seq: seq, Words: words, Places: places, Of: of, ackForm: newAckForm(r, c.Ack, c.Page)}
	if err := p.fillCheck(r, id, first, now, &data); err != nil {
		p.fail(w, err)
	} else if err := p.templates.execute(w, "check", data); err != nil {
		p.fail(w, err)
	}
	out.end()
}

// wordsOf returns what an item can be silenced by: the name of its check, its group and its
// tags.
func wordsOf(i *item) []string {
	words := []string{i.ID, i.Check.Name}
	if i.Check.Group != "" {
		words = append(words, i.Check.Group)
	}
	words = append(words, i.Check.Tags...)
	return slices.CompactFunc(words, func(a, b string) bool { return a == b })
}

// with calls do with an item, and reports whether there is one of that name.
func (b *board) with(id string, do func(*item)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := b.byID[id]
	if i != nil {
		do(i)
	}
	return i != nil
}

// fillCheck reads the past of a check, whose first results are of the day first.
func (p *Page) fillCheck(r *http.Request, id string, first, now time.Time, data *checkPage) error {
	q := r.URL.Query()
	data.Span = newSpan(p.link("check", id), q, first, now)
	s := data.Span
	past, err := show.GatherEach(r.Context(), p.o.Store, history.Filter{Name: id, Since: s.from, Until: s.to}, s.to, s.each)
	if err != nil {
		return err
	}
	past.Points = chartPoints
	data.Legend = show.Legend(slices.ContainsFunc(past.Checks, func(c show.Check) bool { return c.All.Silenced > 0 }))
	for _, c := range past.Checks {
		data.Series = append(data.Series, p.series(past, c, id))
	}
	if len(data.Series) == 1 {
		data.Series[0].Name = ""
	}
	for _, i := range past.Incidents[:min(len(past.Incidents), listedOfItem)] {
		data.Incidents = append(data.Incidents, p.incidentRow(i, now))
	}
	data.Results, err = p.results(r, id, q, s)
	return err
}

func (p *Page) series(past *show.Data, c show.Check, id string) series {
	r := show.Cleaned(c.Latest)
	out := series{
		Name: report.Clean(c.Target), Bars: past.Bars(c), Uptime: show.Uptime(c.All.Counts), Charts: past.Charts(c),
		Summary: r.Summary, Steps: r.Steps, Facts: show.Facts(r), Result: p.resultLink(id, c.Latest.Start),
	}
	return out
}

// results reads the list of results: those before a time, or before the end of the span.
func (p *Page) results(r *http.Request, id string, q url.Values, s span) (resultList, error) {
	before := s.to
	if t, ok := parseTime(q.Get("before"), p.o.Now()); ok {
		before = t
	}
	list := resultList{Failing: q.Get("results") == "failures"}
	found, err := p.o.Store.Before(r.Context(), id, before, pageResults+1, list.Failing)
	if err != nil {
		return list, err
	}
	with := func(set map[string]string) string {
		out := url.Values{}
		for _, name := range []string{"from", "to", "results"} {
			if v := q.Get(name); v != "" {
				out.Set(name, v)
			}
		}
		for name, v := range set {
			out.Set(name, v)
		}
		if out.Get("results") == "" {
			out.Del("results")
		}
		return p.link("check", id) + "?" + out.Encode() + "#results"
	}
	list.All, list.Failures = with(map[string]string{"results": ""}), with(map[string]string{"results": "failures"})
	if q.Get("before") != "" {
		list.Latest = with(nil)
	}
	for _, one := range found[:min(len(found), pageResults)] {
		list.Rows = append(list.Rows, p.resultRow(id, one))
	}
	if len(found) > pageResults {
		list.Older = with(map[string]string{"before": found[pageResults-1].Result.Start.UTC().Format(stampFormat)})
	}
	return list, nil
}

func (p *Page) resultRow(id string, one history.Single) resultRow {
	r := one.Result
	row := resultRow{
		Page: p.resultLink(id, r.Start), At: r.Start.UTC().Format("2 Jan 2006, 15:04:05"), Machine: r.Start.UTC().Format(time.RFC3339),
		Target: report.Clean(one.Target), Took: report.Took(r.Elapsed), Status: r.Status, Summary: report.Clean(r.Summary), Whole: one.Whole,
	}
	if r.Cause != nil && r.Status.ExitCode() != 0 {
		row.Cause = report.Clean(r.Cause.Name)
	}
	return row
}

// span is the time that a check's page shows.
type span struct {
	from, to time.Time
	each     time.Duration // of an entry

	From, To                   string // for the form
	Name, EachName             string
	Presets                    []preset
	Earlier, Later, In, Out    string // addresses, empty where it goes no further
	FirstDay, LastDay, Address string
}

// preset is a link to a usual length.
type preset struct {
	Name, Page string
	Current    bool
}

// The limits of a span. Single results are kept for 90 days by default, and days longer.
const (
	leastSpan = time.Hour
	mostSpan  = 366 * 24 * time.Hour
	latest    = time.Minute // a span that ends within it ends now
)

// lengths are the usual lengths of a span.
var lengths = []struct {
	name, from string
	days       int
}{{"24 hours", "-1d", 1}, {"7 days", "-7d", 7}, {"30 days", "-30d", 30}, {"90 days", "-90d", 90}}

// newSpan reads the span that a request asks for by from and to; without them it is the
// shortest usual one since the first results, at most 90 days. Whatever a visitor writes
// there, the span is bounded.
func newSpan(page string, q url.Values, first, now time.Time) span {
	s := span{to: now, Address: page}
	if t, ok := parseTime(q.Get("to"), now); ok && t.Before(now) {
		s.to = t
	}
	s.from = s.to.Add(-usualLength(s.to.Sub(first)))
	if t, ok := parseTime(q.Get("from"), now); ok {
		s.from = t
	}
	if s.to.Sub(s.from) < leastSpan {
		s.from = s.to.Add(-leastSpan)
	}
	if s.to.Sub(s.from) > mostSpan {
		s.from = s.to.Add(-mostSpan)
	}
	s.name(now)
	return s
}

// usualLength returns the shortest usual length that is not less than a time. The longest
// is a day less, as the bars of 90 days begin with a whole one.
func usualLength(least time.Duration) time.Duration {
	for _, l := range lengths {
		if length := time.Duration(l.days) * 24 * time.Hour; l.days < shownDays && length >= least {
			return length
		}
	}
	return (shownDays - 1) * 24 * time.Hour
}

// name sets the length of entries and the addresses of other spans.
func (s *span) name(now time.Time) {
	length := s.to.Sub(s.from)
	switch {
	case length > 4*24*time.Hour:
		s.each, s.EachName = 24*time.Hour, "days"
	case length > 6*time.Hour:
		s.each, s.EachName = time.Hour, "hours"
	default:
		s.each, s.EachName = 5*time.Minute, "5 minutes each"
	}
	s.From, s.To = s.from.UTC().Format("2006-01-02T15:04"), s.to.UTC().Format("2006-01-02T15:04")
	s.Name = s.from.UTC().Format("2 Jan 2006, 15:04") + " to " + s.to.UTC().Format("2 Jan 2006, 15:04")
	open := now.Sub(s.to) < latest
	for _, l := range lengths {
		off := now.Sub(s.from) - time.Duration(l.days)*24*time.Hour
		s.Presets = append(s.Presets, preset{l.name, s.Address + "?from=" + l.from + "#times", open && off.Abs() < time.Duration(l.days)*2*time.Hour})
	}
	s.Earlier = s.at(s.from.Add(-length/2), s.to.Add(-length/2))
	if !open {
		to := s.to.Add(length / 2)
		if to.After(now) {
			to = now
		}
		s.Later = s.at(to.Add(-length), to)
	}
	if length > leastSpan {
		s.In = s.at(s.from.Add(length/4), s.to.Add(-length/4))
	}
	if length < mostSpan {
		to := s.to.Add(length / 2)
		if to.After(now) {
			to = now
		}
		s.Out = s.at(to.Add(-2*length), to)
	}
}

// at returns the address of a span.
func (s *span) at(from, to time.Time) string {
	return s.Address + "?" + url.Values{"from": {from.UTC().Format("2006-01-02T15:04")}, "to": {to.UTC().Format("2006-01-02T15:04")}}.Encode() + "#times"
}

// timeFormats are how a time may be written in an address, in UTC.
var timeFormats = []string{time.RFC3339Nano, "2006-01-02T15:04", "2006-01-02T15:04:05", time.DateOnly}

// parseTime reads a time in an address: one of the formats, or days ago as -7d.
func parseTime(text string, now time.Time) (time.Time, bool) {
	if len(text) > 1 && text[0] == '-' {
		d, err := probe.ParseDuration(text[1:])
		return now.Add(-d), err == nil && d > 0
	}
	for _, format := range timeFormats {
		if t, err := time.ParseInLocation(format, text, time.UTC); err == nil && t.Year() >= 1970 && t.Year() < 2200 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Several reports whether the rows are of several targets.
func (l resultList) Several() bool {
	return slices.ContainsFunc(l.Rows, func(r resultRow) bool { return r.Target != l.Rows[0].Target })
}
