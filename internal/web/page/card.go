package page

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// card is an item as the overview shows it. All texts are clean.
type card struct {
	Key, Place                  string // for the script: which item it is, and the list it is in
	Order                       int    // in that list
	Name, Kind, Target, Address string
	Group                       string
	Tags                        []string
	Status                      probe.Status
	Attention                   bool // it is among those that need attention
	Stale, Never, Running       bool
	Summary, Hint, Cause, Who   string
	Pending                     string // how often it was seen, where it is not announced yet
	Since, Checked              show.Moment
	Uptime, Median              string
	Strip                       show.Strip
	Incident                    string // the address of the open one, Ack of what acknowledges it
	Ack                         string
	Silenced, Acknowledged      string // by whom, until when and why; empty where it is not
	Page, Result, Run           string // addresses; Run is empty where there is nothing to run
}

// attention is the place of what is not OK.
const attention = "attention"

// card returns the item as it is now.
func (p *Page) card(i *item, now time.Time) card {
	c := card{
		Key: keyOf("c", i.ID), Place: groupKey(i.Check.Group), Order: i.order,
		Name: report.Clean(i.ID), Kind: report.Clean(i.Check.Kind.Name), Target: report.Clean(i.Target.Text),
		Group: report.Clean(i.Check.Group), Status: i.status(now), Stale: i.stale(now), Running: !i.Started.IsZero(),
		Uptime: show.Uptime(i.all), Strip: i.strip(now), Page: p.link("check", i.ID),
	}
	if i.CanRun() {
		c.Run = p.link("run", i.ID)
	}
	for _, tag := range i.Check.Tags {
		c.Tags = append(c.Tags, report.Clean(tag))
	}
	if c.Median = "-"; i.times.Count > 0 {
		c.Median = probe.FormatDuration(i.times.Percentile(50))
	}
	if i.State.Incident != "" {
		c.Incident, c.Ack = p.link("incident", i.State.Incident), p.link("ack", i.State.Incident)
	}
	c.Silenced, c.Acknowledged = silencedText(p.board.silences.Of(i.Item, now)), p.board.acknowledged(i)
	c.Attention = c.Status.ExitCode() != 0
	if c.Attention {
		c.Place = attention
		c.Order += severityOrder(c.Status) * maxItems
		if c.Silenced != "" {
			c.Order += 3 * maxItems // nobody has to get up for it
		}
	}
	c.addResult(p, i, now)
	return c
}

// silencedText returns why nothing is announced of an item, empty where it is not silenced.
func silencedText(s *suite.Silenced) string {
	if s == nil {
		return ""
	}
	text := "silenced"
	if s.ID == "" {
		text = "in maintenance"
	}
	if !s.Until.IsZero() {
		text += " until " + s.Until.UTC().Format("2 Jan, 15:04") + " UTC"
	}
	return text + signedBy(s.By, s.Reason)
}

// signedBy returns by whom something was done and why.
func signedBy(by, reason string) (text string) {
	if by != "" {
		text += " by " + report.Clean(by)
	}
	if reason != "" {
		text += ": " + report.Clean(reason)
	}
	return text
}

// acknowledged returns who has taken the incident of an item on, empty for nobody.
func (b *board) acknowledged(i *item) string {
	if b.silences == nil || i.State.Incident == "" {
		return ""
	}
	a, ok := b.silences.Acknowledged[i.State.Incident]
	if !ok {
		return ""
	}
	return "acknowledged" + signedBy(a.By, a.Reason)
}

// maxItems is more items than a file has.
const maxItems = 1_000_000

// severityOrder orders what needs attention, the worst first.
func severityOrder(s probe.Status) int {
	switch s {
	case probe.Critical:
		return 0
	case probe.Warning:
		return 1
	}
	return 2
}

// addResult adds what the last run found.
func (c *card) addResult(p *Page, i *item, now time.Time) {
	r := i.worst()
	if r == nil {
		c.Never, c.Attention, c.Place, c.Order = true, false, groupKey(i.Check.Group), i.order
		c.Summary = "not checked yet"
		if !i.Next.IsZero() {
			c.Summary += ", first at " + i.Next.UTC().Format("15:04:05") + " UTC"
		}
		return
	}
	c.Checked, c.Since = show.Ago(r.Start, now), show.NewMoment(i.since()).Counting(now, "")
	c.Result = p.resultLink(i.ID, r.Start)
	c.Summary = report.Clean(r.Summary)
	if c.Stale {
		c.Summary = "out of date: the check should have run again by " + i.State.Expected.UTC().Format("2 Jan, 15:04") + " UTC; it was " +
			r.Status.String() + ": " + c.Summary
	}
	if c.Address = report.Clean(r.Address); strings.HasSuffix(c.Target, c.Address) {
		c.Address = ""
	}
	if r.Status.ExitCode() == 0 {
		return
	}
	if worst := r.Worst(); worst != nil {
		c.Hint = report.Clean(worst.Hint)
	}
	if r.Cause != nil {
		c.Cause, c.Who = report.Clean(r.Cause.Name), r.Cause.Blame.Who()
	}
	if s := i.State; s.Count > 0 && s.Pending == s.LastStatus && s.Status != s.Pending && i.Check.AlertAfter > s.Count {
		c.Pending = fmt.Sprintf("not announced yet: %d of %d runs in a row", s.Count, i.Check.AlertAfter)
	}
}

// status returns the status of the last run, Unknown where there is none or it is out of
// date.
func (i *item) status(now time.Time) probe.Status {
	r := i.worst()
	if r == nil || i.stale(now) {
		return probe.Unknown
	}
	return r.Status
}

// stale reports whether another run should have ended by now.
func (i *item) stale(now time.Time) bool {
	return !i.State.Expected.IsZero() && now.After(i.State.Expected) && i.Started.IsZero()
}

// since returns when the current status began.
func (i *item) since() time.Time {
	s := i.State
	switch r := i.worst(); {
	case s.Count > 0 && s.Pending == r.Status && !s.PendingSince.IsZero():
		return s.PendingSince
	case s.Status == r.Status && !s.Since.IsZero():
		return s.Since
	default:
		return r.Start
	}
}

// groupKey returns the place of the items of a group that are OK.
func groupKey(group string) string { return keyOf("g", group) }

// rendered is an item as it was drawn last.
type rendered struct {
	card card
	html []byte
	at   time.Time // the minute of it, zero where the item has changed since
}

// same reports whether two cards differ at most in what is sent apart.
func (c card) same(o card) bool {
	for _, x := range []*card{&c, &o} {
		x.Checked, x.Since.Text, x.Uptime, x.Median, x.Running, x.Result = show.Moment{}, "", "", "", false, ""
		x.Strip.Label = ""
	}
	return fmt.Sprint(c) == fmt.Sprint(o)
}

// draw draws an item, unless that was done in this minute and it has not changed since.
func (b *board) draw(i *item, now time.Time) (*rendered, error) {
	minute := now.Truncate(time.Minute)
	if i.rendered.at.Equal(minute) {
		return &i.rendered, nil
	}
	c := b.page.card(i, now)
	var html bytes.Buffer
	if err := b.page.templates.execute(&html, "item", c); err != nil {
		return nil, err
	}
	i.rendered = rendered{c, html.Bytes(), minute}
	return &i.rendered, nil
}
