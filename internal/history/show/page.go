package show

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// policy lets the page use its one style sheet, known by its hash, and nothing
// else: no script, no request, no form (Content Security Policy Level 3).
func policy() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; base-uri 'none'; form-action 'none'"
}

// page is what the template is given: every text in it is clean.
type page struct {
	Policy           string
	Style            template.CSS
	Title, Verdict   string
	Status           probe.Status
	From, To, Made   string
	LastRun, Period  string
	Checks           []pageCheck
	Incidents        []pageIncident
	MoreIncidents    int
	Certificates     []certificate
	Version, DayName string
}

// pageCheck is one series.
type pageCheck struct {
	Name, Kind, Target, Address string
	Status                      probe.Status
	Summary, Began, Uptime      string
	Checked                     string
	Bars                        bars
	Steps                       []probe.Step
	Facts                       []probe.Fact
	Charts                      []chart
	Open                        bool
}

type pageIncident struct {
	Name, Summary        string
	Worst                probe.Status
	Opened, Closed, Took string
	Open                 bool
	Events               []pageEvent
}

type pageEvent struct {
	At, Kind, Summary, Hint string
	Status                  probe.Status
	Transcript              string
}

// The limits of a page, so that any browser can show it.
const (
	maxPageIncidents  = 200
	maxPageTranscript = 50 // incidents with their transcripts
)

// HTML writes the data as one page that needs nothing else.
func (d *Data) HTML(w io.Writer, version string) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"word": func(s probe.Status) string { return strings.ToLower(s.String()) },
		"span": probe.FormatDuration,
	}).Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, d.page(version))
}

func (d *Data) page(version string) page {
	p := page{
		Policy: policy(), Style: template.CSS(pageStyle), Title: "Mail servers", Version: version,
		From: d.Since.UTC().Format("2 Jan 2006"), To: d.Until.UTC().Format("2 Jan 2006"),
		Made: d.Until.UTC().Format("2 Jan 2006, 15:04") + " UTC", Period: period(d.Until.Sub(d.Since)),
		Certificates: certificates(d.Checks, d.Until), DayName: "day",
	}
	if d.Each < 24*time.Hour {
		p.DayName = "hour"
	}
	if d.Run != nil {
		p.LastRun = ago(d.Until.Sub(d.Run.Start))
	}
	for _, c := range d.byStatus() {
		p.Checks = append(p.Checks, d.pageCheck(c))
	}
	p.Status, p.Verdict = d.verdict()
	for i, inc := range d.Incidents[:min(len(d.Incidents), maxPageIncidents)] {
		p.Incidents = append(p.Incidents, pageIncidentOf(inc, d.Until, i < maxPageTranscript))
	}
	p.MoreIncidents = len(d.Incidents) - len(p.Incidents)
	return p
}

// byStatus are the checks, the worst first.
func (d *Data) byStatus() []Check {
	all := slices.Clone(d.Checks)
	slices.SortStableFunc(all, func(a, b Check) int {
		switch {
		case a.Status().Worse(b.Status()):
			return -1
		case b.Status().Worse(a.Status()):
			return 1
		}
		return 0
	})
	return all
}

// verdict is how things stand, in a sentence.
func (d *Data) verdict() (probe.Status, string) {
	all := []probe.Status{}
	bad, stale := 0, 0
	for _, c := range d.Checks {
		all = append(all, c.Status())
		switch {
		case c.Stale:
			stale++
		case c.Status().ExitCode() != 0:
			bad++
		}
	}
	switch {
	case len(all) == 0:
		return probe.Unknown, "There are no results in this time"
	case stale > 0:
		return probe.Worst(all...), outOfDate(len(all), bad, stale)
	case bad == 0 && len(all) == 1:
		return probe.OK, "It is well"
	case bad == 0:
		return probe.OK, fmt.Sprintf("All %d are well", len(all))
	case len(all) == 1:
		return all[0], "It is not well"
	case bad == 1:
		return probe.Worst(all...), fmt.Sprintf("1 of %d is not well", len(all))
	}
	return probe.Worst(all...), fmt.Sprintf("%d of %d are not well", bad, len(all))
}

// outOfDate is the sentence where some results say nothing of the present.
func outOfDate(all, bad, stale int) string {
	var others string
	if bad > 0 {
		others = fmt.Sprintf("%d of %d not well, ", bad, all)
	}
	switch {
	case all == 1:
		return "It is out of date"
	case stale == all:
		return fmt.Sprintf("All %d are out of date", all)
	}
	return fmt.Sprintf("%s%d of %d out of date", others, stale, all)
}

func (d *Data) pageCheck(c Check) pageCheck {
	r := cleaned(c.Latest)
	out := pageCheck{
		Name: report.Clean(c.Name), Kind: report.Clean(c.Kind), Target: report.Clean(c.Target),
		Status: c.Status(), Uptime: uptime(c.All.Counts), Bars: d.bars(c), Charts: d.charts(c),
		Summary: r.Summary, Address: r.Address, Steps: r.Steps, Facts: facts(r),
		Checked: ago(d.Until.Sub(r.Start)), Began: since(c.Began, d.Until), Open: len(d.Checks) == 1,
	}
	if out.Address == out.Target {
		out.Address = ""
	}
	return out
}

// facts are those that count, but the total, which the charts tell.
func facts(r *probe.Result) []probe.Fact {
	return slices.DeleteFunc(r.Facts(), func(f probe.Fact) bool { return f.Name == probe.TotalFact })
}

// cleaned is a copy of a result whose texts are printable.
func cleaned(r *probe.Result) *probe.Result {
	out := &probe.Result{
		Address: report.Clean(r.Address), Start: r.Start, Elapsed: r.Elapsed, Status: r.Status,
		Summary: report.Clean(r.Summary), Steps: slices.Clone(r.Steps),
	}
	for i := range out.Steps {
		s := &out.Steps[i]
		s.Name, s.Detail, s.Hint = report.Clean(s.Name), report.Clean(s.Detail), report.Clean(s.Hint)
		s.Facts = slices.Clone(s.Facts)
		for j := range s.Facts {
			s.Facts[j].Name, s.Facts[j].Text = report.Clean(s.Facts[j].Name), report.Clean(s.Facts[j].Text)
		}
	}
	return out
}

func pageIncidentOf(i history.Incident, now time.Time, transcripts bool) pageIncident {
	out := pageIncident{
		Name: report.Clean(i.Name), Summary: report.Clean(i.Summary), Worst: i.Worst, Open: i.Open(),
		Opened: i.Opened.UTC().Format("2 Jan 2006, 15:04"), Took: Span(i.Duration(now)),
	}
	if !i.Open() {
		out.Closed = i.Closed.UTC().Format("2 Jan 2006, 15:04")
	}
	for _, e := range i.Events {
		event := pageEvent{At: e.At.UTC().Format("2 Jan, 15:04:05"), Kind: report.Clean(e.Kind), Status: e.Status, Summary: report.Clean(e.Summary)}
		if e.Result != nil {
			event.told(e.Result, transcripts)
		}
		out.Events = append(out.Events, event)
	}
	return out
}

// told adds what was found.
func (e *pageEvent) told(r *probe.Result, transcript bool) {
	if worst := r.Worst(); worst != nil {
		e.Hint = report.Clean(worst.Hint)
	}
	if !transcript || r.Transcript == nil {
		return
	}
	var lines []string
	for _, line := range r.Transcript.Lines() {
		lines = append(lines, report.Clean(line))
	}
	e.Transcript = strings.Join(lines, "\n")
}

func ago(d time.Duration) string {
	switch {
	case d < -clockSlack:
		return "by a clock that was ahead"
	case d < 2*time.Second:
		return "just now"
	}
	return Span(d) + " ago"
}

func since(t, now time.Time) string {
	return fmt.Sprintf("since %s (%s)", t.UTC().Format("2 Jan 2006, 15:04"), Span(now.Sub(t)))
}

// period names a span in days.
func period(d time.Duration) string {
	if days := int(d.Hours()+0.5) / 24; days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d hours", int(d.Hours()+0.5))
}
