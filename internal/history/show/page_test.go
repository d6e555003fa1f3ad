package show

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// TestGroups: failing checks come first, and groups with failing checks.
func TestGroups(t *testing.T) {
	check := func(name, group, title string, status probe.Status) Check {
		return Check{Series: history.Series{Name: name}, Group: group, Title: title, Latest: &probe.Result{Status: status}}
	}
	a, b, c, d := check("a", "", "", probe.OK), check("b", "in", "Mail", probe.OK), check("c", "out", "Mail", probe.OK), check("d", "out", "Mail", probe.Critical)
	for _, e := range []struct {
		checks []Check
		title  string
		want   string
	}{
		{[]Check{a}, "Mail servers", ": a"},
		{[]Check{b, c}, "Mail", "in: b|out: c"},
		{[]Check{a, b, c, d}, "Mail", "out: d c|Others: a|in: b"},
		{[]Check{b, check("e", "", "Other mail", probe.OK)}, "Mail servers", "in: b|Others: e"},
	} {
		data := &Data{Checks: e.checks, Since: until.AddDate(0, 0, -7), Until: until, Each: 24 * time.Hour}
		p := data.page("")
		var got []string
		for _, g := range p.Groups {
			text := g.Name + ":"
			for _, c := range g.Checks {
				text += " " + c.Name
			}
			got = append(got, text)
		}
		if strings.Join(got, "|") != e.want || p.Title != e.title {
			t.Errorf("%q: %q, want %q: %q", p.Title, got, e.title, e.want)
		}
	}
}

// TestShapes: statuses differ in shape, not only in colour.
func TestShapes(t *testing.T) {
	seen := map[string]string{}
	for name, c := range map[string]history.Counts{
		"ok": {OK: 4}, "warning": {Warning: 4}, "critical": {Critical: 4}, "unknown": {Unknown: 4},
		"some warning": {OK: 2, Warning: 2}, "some critical": {OK: 2, Critical: 2}, "some unknown": {OK: 2, Unknown: 2},
	} {
		drawn := ""
		for _, p := range paint(c) {
			if p.Width <= 0 || p.Height <= 0 || p.X < 0 || p.X+p.Width > barWidth || p.Y < 0 || p.Y+p.Height > barHeight {
				t.Errorf("%s: a part is outside of the bar: %+v", name, p)
			}
			drawn += fmt.Sprint(p.X, p.Y, p.Width, p.Height, ";")
		}
		if other := seen[drawn]; other != "" {
			t.Errorf("%s is drawn as %s is", name, other)
		}
		seen[drawn] = name
	}
	if parts := paint(history.Counts{OK: 10_000, Critical: 1}); parts[0].Class != "critical" || parts[0].Height != leastPart {
		t.Errorf("a failure among many is drawn as %+v", parts)
	}
}

// TestCards: a closed card has the response time, and dates below its bars; it links to
// its incidents, which have the command that shows them.
func TestCards(t *testing.T) {
	d := data(t, "ESMTP", "", 5*24*time.Hour)
	p := d.page("")
	c := p.Groups[0].Checks[0]
	if c.Name != "inbound mx" || c.Median == "" || !slices.Equal(c.Bars.Dates, []string{"3 Sep 2026", "6 Sep 2026", "8 Sep 2026"}) {
		t.Errorf("%s, median %q, dates %q", c.Name, c.Median, c.Bars.Dates)
	}
	if len(c.Incidents) != 2 || !p.Incidents[0].Open || p.Incidents[1].Open {
		t.Fatalf("%+v", c.Incidents)
	}
	first := p.Incidents[0].Events[0]
	if len(first.Steps) != 9 || first.Transcript == "" || first.Command != "mailprobe history 'inbound mx' --at 2026-09-08T12:00:00Z -v" {
		t.Errorf("%+v", first)
	}
	var out bytes.Buffer
	if err := d.HTML(&out, ""); err != nil {
		t.Fatal(err)
	}
	for _, i := range c.Incidents {
		for _, want := range []string{`<a href="#` + i.ID + `">`, `<ol class="more" id="` + i.ID + `">`} {
			if strings.Count(out.String(), want) != 1 {
				t.Errorf("%q is not there once", want)
			}
		}
	}
	if text := out.String(); strings.Index(text, c.Median) > strings.Index(text, `<div class="more">`) {
		t.Error("the response time is not on the closed card")
	}
}
