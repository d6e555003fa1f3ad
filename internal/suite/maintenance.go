package suite

import (
	"fmt"
	"slices"
	"time"
	_ "time/tzdata" // time zones have names on machines without a database of them, too

	"mailprobe/internal/report"
	"mailprobe/internal/settings"
)

// Maintenance is a time in the file within which nothing bad is announced of checks: once,
// or again every week.
type Maintenance struct {
	// Only are names, tags or groups of the checks; empty for all.
	Only []string
	// Every is when it is, by the clock of Zone; its zero value for From to To.
	Every    Window
	From, To time.Time
	// Zone is the time zone, Reason why, empty where none is given.
	Zone   *time.Location
	Reason string

	line int
	only []settings.Node // where the words of Only stand
}

// Has reports whether the window is for an item.
func (m *Maintenance) Has(i *Item) bool { return len(m.Only) == 0 || slices.ContainsFunc(m.Only, i.Is) }

// When returns when it is, for people.
func (m *Maintenance) When() string {
	if m.Every.text != "" {
		return m.Every.text + " " + m.Zone.String()
	}
	return m.From.In(m.Zone).Format(maintenanceLayout) + " to " + m.To.In(m.Zone).Format(maintenanceLayout+" MST")
}

// At reports whether it is at a time.
func (m *Maintenance) At(t time.Time) bool {
	_, in := m.until(t)
	return in
}

// until returns when the window ends that a time is in.
func (m *Maintenance) until(t time.Time) (end time.Time, in bool) {
	if m.Every.text == "" {
		return m.To, !t.Before(m.From) && t.Before(m.To)
	}
	t = t.In(m.Zone)
	if !m.Every.Has(t) {
		return time.Time{}, false
	}
	return m.Every.end(t), true
}

// over reports whether it will never be again.
func (m *Maintenance) over(now time.Time) bool { return m.Every.text == "" && !m.To.After(now) }

// maintenanceLayout is how a time is written, by the clock of the zone.
const maintenanceLayout = "2006-01-02 15:04"

// readMaintenance reads the list of windows; a single one need not be a list.
func (p *parser) readMaintenance(at settings.Pair) {
	for _, n := range at.Value.Items() {
		if !n.IsMapping() {
			p.Fault(n, "maintenance is a mapping with every, or with from and to")
			continue
		}
		m := &Maintenance{Zone: time.Local, line: n.Line()}
		var from, to settings.Node
		before := len(p.Problems.Errors())
		p.Read(n, "maintenance", p.maintenanceFields(m, &from, &to), nil, nil)
		if len(p.Problems.Errors()) > before {
			continue
		}
		m.Reason = report.Clean(m.Reason)
		if p.placeMaintenance(n, m, from, to) {
			p.suite.Maintenance = append(p.suite.Maintenance, m)
		}
	}
}

func (p *parser) maintenanceFields(m *Maintenance, from, to *settings.Node) []settings.Field {
	node := func(into *settings.Node) settings.Reader { return func(at settings.Pair) { *into = at.Value } }
	return []settings.Field{
		{Name: "every", About: "when it is each week or day, such as sun 02:00-04:00", Into: &m.Every},
		{Name: "from", About: "when it begins, where it is once, such as 2026-12-01 22:00", Into: node(from), Schema: settings.Text},
		{Name: "to", About: "when it ends", Into: node(to), Schema: settings.Text},
		{Name: "timezone", About: "the time zone of these times, such as Europe/Berlin (that of this machine)", Into: func(at settings.Pair) { p.readZone(at, m) }, Schema: settings.Text},
		{Name: "only", About: "names, tags or groups of the checks (all)", Into: func(at settings.Pair) { m.Only, m.only = p.Texts(at.Value, "only"), at.Value.Items() }, Schema: settings.OneOrMore},
		{Name: "reason", About: "what is done, for those who wonder", Into: &m.Reason},
	}
}

func maintenanceSchema() settings.Schema {
	p := &parser{}
	return settings.ListOf(settings.Object(p.maintenanceFields(&Maintenance{}, new(settings.Node), new(settings.Node)), nil))
}

func (p *parser) readZone(at settings.Pair, m *Maintenance) {
	name, ok := p.Text(at.Value, "timezone")
	if !ok {
		return
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		p.Fault(at.Value, "there is no time zone %q; it has a name such as Europe/Berlin or UTC", name)
		return
	}
	m.Zone = zone
}

// placeMaintenance sets the time of a window that is once, and reports whether its time is
// right.
func (p *parser) placeMaintenance(n settings.Node, m *Maintenance, from, to settings.Node) bool {
	once := !from.IsZero() || !to.IsZero()
	switch {
	case m.Every.text != "" && once:
		p.Fault(n, "maintenance has either every, or from and to")
		return false
	case m.Every.text != "":
		return true
	case from.IsZero() || to.IsZero():
		p.Fault(n, "maintenance has every, such as sun 02:00-04:00, or from and to")
		return false
	}
	var okFrom, okTo bool
	m.From, okFrom = p.readMoment(from, "from", m.Zone, time.Time.Before)
	m.To, okTo = p.readMoment(to, "to", m.Zone, time.Time.After)
	if !okFrom || !okTo {
		return false
	}
	if !m.From.Before(m.To) {
		p.Fault(to, "the maintenance ends before it begins")
		return false
	}
	if m.over(time.Now()) {
		p.Warn(n, "this maintenance is over since %s; nothing needs it any more", m.To.In(m.Zone).Format(maintenanceLayout))
	}
	return true
}

// readMoment reads a time by the clock of a zone, or one with an offset of its own. Of a
// time that the clock shows twice it takes the one that is preferred to the other.
func (p *parser) readMoment(n settings.Node, what string, zone *time.Location, prefer func(a, b time.Time) bool) (time.Time, bool) {
	text, ok := p.Text(n, what)
	if !ok {
		return time.Time{}, false
	}
	t, exact, err := parseMoment(text, zone, prefer)
	if err != nil {
		p.Fault(n, "%s: %v", what, err)
		return t, false
	}
	if !exact {
		p.Warn(n, "%s: the clock of %s leaves %s out; it is taken as %s", what, zone, text, t.Format("15:04"))
	}
	return t, true
}

// parseMoment returns the time of a text. exact is false where the clock was set forward
// over it: then it is when that was done.
func parseMoment(text string, zone *time.Location, prefer func(a, b time.Time) bool) (t time.Time, exact bool, err error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true, nil
		}
	}
	for _, layout := range []string{maintenanceLayout, "2006-01-02T15:04", time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			if shown := t.Format(layout); shown != text {
				return setForward(t), false, nil
			}
			return preferred(t, prefer), true, nil
		}
	}
	return t, false, fmt.Errorf("%q is not a time such as %s", text, "2026-12-01 22:00")
}

// setForward returns when the clock was set forward over a time that it does not show,
// for which t was taken.
func setForward(t time.Time) time.Time {
	begin, end := t.ZoneBounds()
	if end.IsZero() || !begin.IsZero() && t.Sub(begin) < end.Sub(t) {
		return begin
	}
	return end
}

// preferred returns the preferred one of the two times at which the clock shows the same,
// where it was set back.
func preferred(t time.Time, prefer func(a, b time.Time) bool) time.Time {
	best := t
	begin, end := t.ZoneBounds()
	for _, change := range []time.Time{begin, end} {
		if change.IsZero() {
			continue
		}
		_, before := change.Add(-time.Second).Zone()
		_, after := change.Zone()
		back := time.Duration(before-after) * time.Second
		for _, other := range []time.Time{t.Add(back), t.Add(-back)} {
			if other.Format(time.DateTime) == t.Format(time.DateTime) && prefer(other, best) {
				best = other
			}
		}
	}
	return best
}

// checkMaintenance finds words of `only` that select no check.
func (p *parser) checkMaintenance() {
	for _, m := range p.suite.Maintenance {
		for i, word := range m.Only {
			if err := p.suite.selects(word); err != nil && i < len(m.only) {
				p.Fault(m.only[i], "%v", err)
			}
		}
	}
}
