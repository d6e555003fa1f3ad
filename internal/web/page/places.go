package page

import (
	"strings"
	"time"

	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// placesPart is what several places see of a check, side by side.
type placesPart struct {
	Rule    string // how many of them must see it fail
	Numbers []string
	Rows    []placeRow
	Differs []differenceRow
}

// placeRow is what one place sees.
type placeRow struct {
	Place, Page, Took, Cause, Address, Says string
	Status                                  probe.Status
	Idle                                    bool // others run the check instead
	Known                                   bool // it has a result
	Checked                                 show.Moment
	Numbers                                 []string
}

// differenceRow is something that the places see differently.
type differenceRow struct {
	What   string
	Values []differenceValue
}

type differenceValue struct {
	Text, Places string
	Status       probe.Status
}

// placeNumbers are the numbers of places that are shown: what a line does to a check.
var placeNumbers = []string{"loss", "rtt_avg", "jitter", "hops"}

// places returns what the places see of an item, nil where it is run here.
func (p *Page) places(i *item, now time.Time) *placesPart {
	seen := i.Seen()
	if len(seen) == 0 {
		return nil
	}
	part := &placesPart{Rule: i.Check.DownRule()}
	for _, name := range placeNumbers {
		for _, s := range seen {
			if _, ok := numberOf(s, name); ok {
				part.Numbers = append(part.Numbers, name)
				break
			}
		}
	}
	for _, s := range seen {
		part.Rows = append(part.Rows, p.placeRow(s, part.Numbers, now))
	}
	for _, d := range suite.Differences(seen) {
		row := differenceRow{What: report.Clean(d.What)}
		for _, v := range d.Values {
			row.Values = append(row.Values, differenceValue{report.Clean(v.Text), strings.Join(v.Places, ", "), v.Status})
		}
		part.Differs = append(part.Differs, row)
	}
	return part
}

func (p *Page) placeRow(s suite.Seen, numbers []string, now time.Time) placeRow {
	row := placeRow{Place: s.Place, Page: p.link("check", s.ID), Idle: s.Idle, Took: "-"}
	if s.Step != nil {
		row.Status, row.Says = s.Step.Status, report.Clean(s.Step.Detail)
		if s.Step.Cause != nil {
			row.Cause = report.Clean(s.Step.Cause.Name)
		}
	}
	r := s.Last()
	if r == nil {
		return row
	}
	row.Known, row.Checked = true, show.Ago(r.Start, now)
	if s.Counts {
		row.Took, row.Address = report.Took(r.Elapsed), report.Clean(r.Address)
	}
	for _, name := range numbers {
		text := "-"
		if f, ok := numberOf(s, name); ok && s.Counts {
			text = report.Clean(f.Text)
		}
		row.Numbers = append(row.Numbers, text)
	}
	return row
}

func numberOf(s suite.Seen, name string) (probe.Fact, bool) {
	r := s.Last()
	if r == nil {
		return probe.Fact{}, false
	}
	f, ok := r.Fact(name)
	return f, ok && f.Value != nil
}
