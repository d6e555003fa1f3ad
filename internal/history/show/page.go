package show

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

//go:embed page.html
var pageText string

//go:embed page.js
var pageOnly string

// policy returns the Content Security Policy (Level 3) of the page: it allows the style
// sheet and the script of the page, by their hashes, but no requests and no forms.
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(Style) + "; script-src " + hash(pageScript()) +
		"; img-src data:; base-uri 'none'; form-action 'none'"
}

// pageScript returns the script of the page.
func pageScript() string { return Ages + pageOnly }

// page is the data of the template. Every text in it is clean.
type page struct {
	Policy           string
	Style            template.CSS
	Script           template.JS
	Title, Verdict   string
	Status           probe.Status
	From, To, Period string
	Made, LastRun    Moment
	Legend           []Bar
	Groups           []pageGroup
	Incidents        []Incident
	MoreIncidents    int
	Certificates     []Certificate
	Version, DayName string
}

// pageGroup has the checks of a group. Name is empty if no check of the page has a group.
type pageGroup struct {
	Name   string
	Checks []pageCheck
}

// pageCheck is one series.
type pageCheck struct {
	Name, Kind, Target, Address string
	Status                      probe.Status
	Summary, Uptime, Median     string
	Silenced                    string // why, until when; empty where it is not
	Began, Checked              Moment
	Bars                        Bars
	Steps                       []probe.Step
	Facts                       []probe.Fact
	Charts                      []Chart
	Incidents                   []Incident
	Open                        bool
}

// The limits of a page, so that any browser can display it.
const (
	maxPageIncidents  = 200
	maxPageTranscript = 50 // incidents with their transcripts
	maxCheckIncidents = 5  // links to incidents from a check
)

// HTML writes the data as one self-contained page.
func (d *Data) HTML(w io.Writer, version string) error {
	t, err := Parts()
	if err == nil {
		t, err = t.New("page").Parse(pageText)
	}
	if err != nil {
		return err
	}
	return t.Execute(w, d.page(version))
}

func (d *Data) page(version string) page {
	p := page{
		Policy: policy(), Style: template.CSS(Style), Script: template.JS(pageScript()), Title: d.title(), Version: version,
		From: d.Since.UTC().Format("2 Jan 2006"), To: d.Until.UTC().Format("2 Jan 2006"),
		Made: NewMoment(d.Until), Period: period(d.Until.Sub(d.Since)), Legend: Legend(slices.ContainsFunc(d.Checks, func(c Check) bool { return c.All.Silenced > 0 })),
		Certificates: Certificates(d.Checks, d.Until), DayName: "day",
	}
	if d.Each < 24*time.Hour {
		p.DayName = "hour"
	}
	if d.Run != nil {
		p.LastRun = Ago(d.Run.Start, d.Until)
	}
	p.Status, p.Verdict = d.verdict()
	incidents := d.openFirst()
	for i, inc := range incidents[:min(len(incidents), maxPageIncidents)] {
		p.Incidents = append(p.Incidents, NewIncident(inc, d.Until, i < maxPageTranscript))
	}
	p.MoreIncidents = len(incidents) - len(p.Incidents)
	p.Groups = d.groups(p.Incidents)
	return p
}

// title returns the title of the file of checks, if it is the same for all checks that
// have one.
func (d *Data) title() string {
	const none = "Mail servers"
	title := ""
	for _, c := range d.Checks {
		if title != "" && c.Title != "" && c.Title != title {
			return none
		}
		title = cmp.Or(title, c.Title)
	}
	return cmp.Or(report.Clean(title), none)
}

// groups returns the checks by group: failing checks first, and groups with failing
// checks first. Checks without a group are named Others if there are groups.
func (d *Data) groups(incidents []Incident) []pageGroup {
	var all []pageGroup
	for _, c := range d.byStatus() {
		name := report.Clean(c.Group)
		at := slices.IndexFunc(all, func(g pageGroup) bool { return g.Name == name })
		if at < 0 {
			at, all = len(all), append(all, pageGroup{Name: name})
		}
		all[at].Checks = append(all[at].Checks, d.pageCheck(c, incidents))
	}
	for i := range all {
		if len(all) > 1 && all[i].Name == "" {
			all[i].Name = "Others"
		}
	}
	return all
}

// byStatus returns the checks, the worst first.
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

// verdict returns the overall status, and a sentence about it.
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
		return probe.Unknown, "There are no results for this time"
	case stale > 0:
		return probe.Worst(all...), outOfDate(len(all), bad, stale)
	case bad == 0 && len(all) == 1:
		return probe.OK, "The check is OK"
	case bad == 0:
		return probe.OK, fmt.Sprintf("All %d checks are OK", len(all))
	case len(all) == 1:
		return all[0], "The check is not OK"
	case bad == 1:
		return probe.Worst(all...), fmt.Sprintf("1 of %d checks is not OK", len(all))
	}
	return probe.Worst(all...), fmt.Sprintf("%d of %d checks are not OK", bad, len(all))
}

// outOfDate returns the sentence if some results are out of date.
func outOfDate(all, bad, stale int) string {
	switch {
	case all == 1:
		return "The check is out of date"
	case stale == all:
		return fmt.Sprintf("All %d checks are out of date", all)
	case bad > 0:
		return fmt.Sprintf("Of %d checks %d not OK, %d out of date", all, bad, stale)
	case stale == 1:
		return fmt.Sprintf("1 of %d checks is out of date", all)
	}
	return fmt.Sprintf("%d of %d checks are out of date", stale, all)
}

// pageCheck returns the card of a check; incidents are those of the page.
func (d *Data) pageCheck(c Check, incidents []Incident) pageCheck {
	r := Cleaned(c.Latest)
	out := pageCheck{
		Name: report.Clean(c.Name), Kind: report.Clean(c.Kind), Target: report.Clean(c.Target),
		Status: c.Status(), Uptime: Uptime(c.All.Counts), Bars: d.Bars(c), Charts: d.Charts(c),
		Summary: r.Summary, Address: r.Address, Steps: r.Steps, Facts: Facts(r),
		Checked: Ago(r.Start, d.Until), Began: NewMoment(c.Began).Counting(d.Until, ""), Open: len(d.Checks) == 1,
	}
	if out.Address == out.Target {
		out.Address = ""
	}
	if c.Silenced != nil {
		out.Silenced = report.Clean(c.Silenced.In(time.UTC))
	}
	if t := c.All.Times[history.Total]; t != nil && t.Count > 0 {
		out.Median = probe.FormatDuration(t.Percentile(50))
	}
	for _, i := range incidents {
		if i.Name == out.Name && len(out.Incidents) < maxCheckIncidents {
			out.Incidents = append(out.Incidents, i)
		}
	}
	return out
}

// Facts returns the facts of a result but the total, which is in the charts.
func Facts(r *probe.Result) []probe.Fact {
	return slices.DeleteFunc(r.Facts(), func(f probe.Fact) bool { return f.Name == probe.TotalFact })
}

// Cleaned returns a copy of a result with printable texts.
func Cleaned(r *probe.Result) *probe.Result {
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

// Moment is a moment on a page.
type Moment struct {
	Machine, Full string // RFC 3339, and for people
	// Text is its age when the page was made, After the part of it after the number.
	// Counts reports whether the script updates it.
	Text, After string
	Counts      bool
}

// NewMoment returns a moment without its age.
func NewMoment(t time.Time) Moment {
	return Moment{Machine: t.UTC().Format(time.RFC3339), Full: t.UTC().Format("2 Jan 2006, 15:04")}
}

// Counting returns the moment with its age.
func (p Moment) Counting(now time.Time, after string) Moment {
	t, _ := time.Parse(time.RFC3339, p.Machine) // as it was written
	p.Text, p.After, p.Counts = probe.FormatSpan(now.Sub(t))+after, after, true
	return p
}

// Ago returns a moment with how long ago it was.
func Ago(t, now time.Time) Moment {
	p := NewMoment(t)
	switch d := now.Sub(t); {
	case d < -clockSlack:
		p.Text = "by a clock that was ahead"
	case d < 2*time.Second:
		p.Text, p.After, p.Counts = "just now", " ago", true
	default:
		return p.Counting(now, " ago")
	}
	return p
}

// period formats a duration in days.
func period(d time.Duration) string {
	if days := int(d.Hours()+0.5) / 24; days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return fmt.Sprintf("%d hours", int(d.Hours()+0.5))
}
