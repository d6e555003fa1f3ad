package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// maxIncidents is the maximum number of incidents in the overview.
const maxIncidents = 20

// parts are the pieces of the overview that are not about one item, as they were drawn
// last.
type parts struct {
	at     time.Time // the minute of it, zero where something has changed since
	html   map[string][]byte
	title  string
	status probe.Status
	sent   map[string][]byte // as streams have them
}

// overviewHead is the data of the head of the overview.
type overviewHead struct {
	Title, Verdict string
	Status         probe.Status
	Tally          []tally
	Made           show.Moment
	Certificates   bool
}

// tally is how many items have a status.
type tally struct {
	Status probe.Status
	Text   string
}

// incidentRow is an incident in a list.
type incidentRow struct {
	Name, Summary, Page  string
	Worst                probe.Status
	Opened, Closed, Took string
	Began                show.Moment
	Open                 bool
	Acknowledged         string
}

// drawParts draws the parts, unless that was done in this minute and nothing has changed
// since.
func (b *board) drawParts(now time.Time) error {
	minute := now.Truncate(time.Minute)
	if b.parts.at.Equal(minute) {
		return nil
	}
	head := b.head(now)
	b.parts.title, b.parts.status = head.Verdict+" · "+head.Title, head.Status
	html := map[string][]byte{}
	for _, part := range []struct {
		name, template string
		data           any
	}{
		{"head", "head", head}, {"notices", "notices", b.notices(now)},
		{"incidents", "incidents", b.incidentRows(now)}, {"certificates", "certificatespart", b.certificates(now)},
	} {
		var text bytes.Buffer
		if err := b.page.templates.execute(&text, part.template, part.data); err != nil {
			return err
		}
		html[part.name] = text.Bytes()
	}
	b.parts.at, b.parts.html = minute, html
	return nil
}

// title returns the title of the file, or the one for files without.
func (p *Page) title() string {
	title := ""
	if s := p.o.Scheduler.Suite(); s != nil {
		title = s.Title
	}
	return report.Clean(cmp.Or(title, p.o.Title, "Mail servers"))
}

func (b *board) head(now time.Time) overviewHead {
	h := overviewHead{Title: b.page.title(), Made: show.NewMoment(now.Truncate(time.Minute))}
	count := map[probe.Status]int{}
	var all []probe.Status
	bad, never, silenced := 0, 0, 0
	for _, i := range b.items {
		status := i.status(now)
		if i.worst() == nil {
			never++
			continue
		}
		if status.ExitCode() != 0 && b.silences.Of(i.Item, now) != nil {
			silenced++
			continue
		}
		if all = append(all, status); status.ExitCode() != 0 {
			bad++
		}
		count[status]++
	}
	h.Status, h.Verdict = probe.Worst(all...), verdict(len(b.items), bad, never, silenced)
	for _, s := range []probe.Status{probe.Critical, probe.Warning, probe.Unknown, probe.OK, probe.Skipped} {
		if count[s] > 0 {
			h.Tally = append(h.Tally, tally{s, fmt.Sprintf("%d %s", count[s], s)})
		}
	}
	if silenced > 0 {
		h.Tally = append(h.Tally, tally{probe.Skipped, fmt.Sprintf("%d not OK and silenced", silenced)})
	}
	if never > 0 {
		h.Tally = append(h.Tally, tally{probe.Skipped, fmt.Sprintf("%d not checked yet", never)})
	}
	return h
}

// verdict returns a sentence about all items.
func verdict(all, bad, never, silenced int) string {
	switch {
	case all == 0:
		return "There are no checks"
	case never == all:
		return "No check has run yet"
	case bad == 0 && silenced == all:
		return "All that is not OK is silenced"
	case bad == 0 && all == 1:
		return "The check is OK"
	case bad == 0 && never+silenced == 0:
		return fmt.Sprintf("All %d checks are OK", all)
	case bad == 0:
		return fmt.Sprintf("%d of %d checks are OK", all-never-silenced, all)
	case all == 1:
		return "The check is not OK"
	case bad == 1:
		return fmt.Sprintf("1 of %d checks is not OK", all)
	}
	return fmt.Sprintf("%d of %d checks are not OK", bad, all)
}

// notices are what is said above everything else.
type notices struct {
	Silences []silenceRow
	File     string
	Problems []string // of a file that was not loaded
	Own      []string // of mailprobe itself
}

// silenced reports whether results of any item are counted as silenced.
func (b *board) silenced() bool {
	return slices.ContainsFunc(b.items, func(i *item) bool { return i.all.Silenced > 0 })
}

// silenceRow is a silence or a maintenance window that holds now.
type silenceRow struct {
	ID, Text string // without an ID it is in the file
}

// silenceRows returns what silences items now.
func (b *board) silenceRows(now time.Time) (rows []silenceRow) {
	s := b.page.o.Scheduler.Suite()
	if s == nil || b.silences == nil {
		return nil
	}
	list := s.List(b.silences, now)
	for _, one := range list.Silences {
		rows = append(rows, silenceRow{one.ID, fmt.Sprintf("%s, %s, %s", report.Clean(one.Word), probe.Count(len(one.Checks), "check"),
			silencedText(&suite.Silenced{ID: one.ID, Until: one.Until, By: one.By, Reason: one.Reason}))})
	}
	for _, one := range list.Maintenance {
		if !one.Until.IsZero() {
			rows = append(rows, silenceRow{"", fmt.Sprintf("%s, %s", probe.Count(len(one.Checks), "check"),
				silencedText(&suite.Silenced{Until: one.Until, Reason: one.Reason}))})
		}
	}
	return rows[:min(len(rows), maxNotices)]
}

// maxNotices is the maximum number of lines of each sort.
const maxNotices = 8

func (b *board) notices(now time.Time) notices {
	n := notices{Silences: b.silenceRows(now)}
	if s := b.page.o.Scheduler.Suite(); s != nil {
		n.File = report.Clean(s.Name)
	}
	if b.page.o.Problems != nil {
		n.Problems = lines(b.page.o.Problems())
	}
	var own []string
	for _, err := range b.page.o.Scheduler.Stats().Problems {
		own = append(own, err.Error())
	}
	n.Own = lines(own)
	return n
}

// lines returns the first of some texts, clean.
func lines(all []string) (shown []string) {
	for _, text := range all[:min(len(all), maxNotices)] {
		shown = append(shown, report.Clean(text))
	}
	if over := len(all) - maxNotices; over > 0 {
		shown = append(shown, fmt.Sprintf("and %d more", over))
	}
	return shown
}

// incidentRows returns the incidents of items in the file.
func (b *board) incidentRows(now time.Time) []incidentRow {
	var rows []incidentRow
	for _, i := range b.incidents {
		if b.byID[i.Name] != nil && len(rows) < maxIncidents {
			row := b.page.incidentRow(i, now)
			if a, ok := b.silences.Acknowledged[i.ID]; ok && i.Open() {
				row.Acknowledged = "acknowledged" + signedBy(a.By, a.Reason)
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (p *Page) incidentRow(i history.Incident, now time.Time) incidentRow {
	s := show.NewIncident(i, now, false)
	return incidentRow{
		Name: s.Name, Summary: s.Summary, Page: p.link("incident", i.ID), Worst: s.Worst,
		Opened: s.Opened, Closed: s.Closed, Took: s.Took, Began: s.Began, Open: s.Open,
	}
}

// certificates returns the certificates that items have, by the days that are left.
func (b *board) certificates(now time.Time) []show.Certificate {
	var all []show.Check
	for _, i := range b.items {
		all = append(all, i.checks()...)
	}
	return show.Certificates(all, now)
}

// message is what a stream has of the changes. Its names are those of the script.
type message struct {
	Items []itemChange      `json:"items,omitempty"`
	Parts map[string]string `json:"parts,omitempty"`
	Title string            `json:"title,omitempty"`
	Icon  string            `json:"icon,omitempty"`
	Says  string            `json:"says,omitempty"`
}

// itemChange is one item: all of it where HTML is set, else what changes in every run.
type itemChange struct {
	Key     string `json:"key"`
	Ended   string `json:"ended,omitempty"` // when the last run began
	Running bool   `json:"running"`
	Up      string `json:"up"`
	Median  string `json:"median"`
	HTML    string `json:"html,omitempty"`
}

// change returns what changes in every run.
func (c card) change() itemChange {
	return itemChange{Key: c.Key, Ended: c.Checked.Machine, Running: c.Running, Up: c.Uptime, Median: c.Median}
}

// maxSaid is the maximum number of changes that a screen reader is given at once.
const maxSaid = 3

// news draws what has changed since it was called last, empty where nothing has.
func (b *board) news() []byte {
	now := b.page.o.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	var m message
	var said []string
	for _, i := range b.items {
		before := i.rendered
		r, err := b.draw(i, now)
		if err != nil || before.html == nil { // no page has it
			continue
		}
		change, same := r.card.change(), r.card.same(before.card)
		if same && change == before.card.change() {
			continue
		}
		if !same {
			change.HTML = string(r.html)
		}
		if r.card.Status != before.card.Status {
			said = append(said, r.card.Name+" is "+r.card.Status.String())
		}
		m.Items = append(m.Items, change)
	}
	if over := len(said) - maxSaid; over > 0 {
		said = append(said[:maxSaid], fmt.Sprintf("and %d more have changed", over))
	}
	m.Says = strings.Join(said, "; ")
	b.addParts(&m, now)
	if len(m.Items)+len(m.Parts) == 0 {
		return nil
	}
	text, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	return text
}

// addParts adds the parts that have changed.
func (b *board) addParts(m *message, now time.Time) {
	if b.drawParts(now) != nil {
		return
	}
	for name, html := range b.parts.html {
		if b.parts.sent != nil && bytes.Equal(b.parts.sent[name], html) {
			continue
		}
		if m.Parts == nil {
			m.Parts = map[string]string{}
		}
		m.Parts[name] = string(html)
	}
	b.parts.sent, m.Title, m.Icon = b.parts.html, b.parts.title, b.page.iconOf(b.parts.status)
}

// filter selects items of the overview.
type filter struct {
	Text, Group, Tag string
	Groups, Tags     []string // to choose from
}

func (b *board) filter(q url.Values) filter {
	f := filter{Text: strings.TrimSpace(q.Get("q")), Group: q.Get("group"), Tag: q.Get("tag")}
	for _, i := range b.items {
		if g := i.Check.Group; g != "" && !slices.Contains(f.Groups, g) {
			f.Groups = append(f.Groups, g)
		}
		for _, t := range i.Check.Tags {
			if !slices.Contains(f.Tags, t) {
				f.Tags = append(f.Tags, t)
			}
		}
	}
	slices.Sort(f.Groups)
	slices.Sort(f.Tags)
	return f
}

// Set reports whether something is selected.
func (f filter) Set() bool { return f.Text != "" || f.Group != "" || f.Tag != "" }

// has reports whether an item is selected.
func (f filter) has(i *item) bool {
	if f.Group != "" && i.Check.Group != f.Group || f.Tag != "" && !slices.Contains(i.Check.Tags, f.Tag) {
		return false
	}
	if f.Text == "" {
		return true
	}
	words := append([]string{i.ID, i.Check.Kind.Name, i.Target.Text, i.Check.Group}, i.Check.Tags...)
	return strings.Contains(strings.ToLower(strings.Join(words, "\n")), strings.ToLower(f.Text))
}

// place is a list of items on the overview.
type place struct {
	Key, Name string
	Items     [][]byte
	orders    []int
}

// places returns the lists of the selected items: what needs attention, then the groups.
func (b *board) places(f filter, now time.Time) ([]*place, error) {
	all := []*place{{Key: attention, Name: "Needs attention"}}
	of := map[string]*place{attention: all[0]}
	for _, i := range b.items {
		if !f.has(i) {
			continue
		}
		key := groupKey(i.Check.Group)
		if of[key] == nil {
			of[key] = &place{Key: key, Name: report.Clean(i.Check.Group)}
			all = append(all, of[key])
		}
		r, err := b.draw(i, now)
		if err != nil {
			return nil, err
		}
		at := of[r.card.Place]
		n, _ := slices.BinarySearch(at.orders, r.card.Order)
		at.orders, at.Items = slices.Insert(at.orders, n, r.card.Order), slices.Insert(at.Items, n, r.html)
	}
	for _, p := range all[1:] {
		if p.Name == "" {
			p.Name = "Checks"
			if len(all) > 2 {
				p.Name = "Others"
			}
		}
	}
	return all, nil
}

// soFar returns the title and the status of the overview as they were drawn last.
func (b *board) soFar() (string, probe.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return cmp.Or(b.parts.title, b.page.title()), b.parts.status
}

// overview serves the overview. Its head is sent before anything is drawn.
func (p *Page) overview(w http.ResponseWriter, r *http.Request) {
	title, status := p.board.soFar()
	f := p.frame(r, title)
	f.Status = status
	f.Refresh, f.Live = 60, true
	out := p.begin(w, f)
	if err := p.board.ready(r.Context()); err != nil {
		p.fail(w, err)
		return
	}
	now := p.o.Now()
	text, err := p.drawOverview(r.URL.Query(), now)
	if err != nil {
		p.fail(w, err)
		return
	}
	_, _ = w.Write(text)
	out.end()
}

// drawOverview draws all of the overview below its head.
func (p *Page) drawOverview(q url.Values, now time.Time) ([]byte, error) {
	b := p.board
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.drawParts(now); err != nil {
		return nil, err
	}
	selected := b.filter(q)
	places, err := b.places(selected, now)
	if err != nil {
		return nil, err
	}
	if b.parts.sent == nil {
		b.parts.sent = b.parts.html
	}
	var text bytes.Buffer
	err = p.templates.execute(&text, "overview", overview{
		Seq: p.hub.last(), Parts: b.parts.html, Filter: selected, Places: places, Legend: show.Legend(b.silenced()), Title: b.parts.title,
		Base: p.o.Base, Public: slices.ContainsFunc(b.items, func(i *item) bool { return i.Check.Public }),
	})
	return text.Bytes(), err
}

// overview is the data of its template.
type overview struct {
	Seq, Title, Base string
	Parts            map[string][]byte
	Filter           filter
	Places           []*place
	Legend           []show.Bar
	Public           bool
}
