package page

import (
	"fmt"
	"net/http"
	"time"

	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// publicItem is all that everybody may know of a public check: there is no field for a
// target, an address or what a server said.
type publicItem struct {
	Name           string
	Status         probe.Status
	Never          bool
	Uptime, Median string
	Strip          show.Strip
}

// publicGroup has the public checks of a group.
type publicGroup struct {
	Name  string
	Items []publicItem
}

// publicPage is the data of the page for everybody.
type publicPage struct {
	Title, Verdict string
	Status         probe.Status
	Made           show.Moment
	Groups         []publicGroup
	Legend         []show.Bar
}

// publicName returns what everybody may call an item: the ID of one of several targets has
// the target in it.
func publicName(i *item) string {
	for n, t := range i.Check.Targets {
		if len(i.Check.Targets) > 1 && t.Text == i.Target.Text {
			return fmt.Sprintf("%s %d", report.Clean(i.Check.Name), n+1)
		}
	}
	return report.Clean(i.Check.Name)
}

// public serves the page for everybody. It does not change by itself, but is loaded anew
// every minute.
func (p *Page) public(w http.ResponseWriter, r *http.Request) {
	if err := p.board.ready(r.Context()); err != nil {
		http.Error(w, "the history cannot be read", http.StatusInternalServerError)
		return
	}
	data := p.publicPage(p.o.Now())
	f := p.frame(r, data.Verdict+" · "+data.Title)
	f.Status, f.Refresh, f.Always, f.Public, f.MayChange, f.Version = data.Status, 60, true, true, false, ""
	p.whole(w, f, "public", data)
}

func (p *Page) publicPage(now time.Time) publicPage {
	data := publicPage{Title: p.title(), Made: show.NewMoment(now)}
	b := p.board
	b.mu.Lock()
	defer b.mu.Unlock()
	data.Legend = show.Legend(b.silenced())
	of := map[string]int{}
	var all []probe.Status
	count, bad, never := 0, 0, 0
	for _, i := range b.items {
		if !i.Check.Public {
			continue
		}
		group := report.Clean(i.Check.Group)
		if _, ok := of[group]; !ok {
			of[group] = len(data.Groups)
			data.Groups = append(data.Groups, publicGroup{Name: group})
		}
		shown := newPublicItem(i, now)
		g := &data.Groups[of[group]]
		g.Items = append(g.Items, shown)
		if count++; shown.Never {
			never++
		} else if all = append(all, shown.Status); shown.Status.ExitCode() != 0 {
			bad++
		}
	}
	data.Status, data.Verdict = probe.Worst(all...), verdict(count, bad, never, 0)
	return data
}

func newPublicItem(i *item, now time.Time) publicItem {
	shown := publicItem{Name: publicName(i), Status: i.status(now), Never: i.worst() == nil, Uptime: show.Uptime(i.all), Strip: i.strip(now)}
	if i.times.Count > 0 {
		shown.Median = probe.FormatDuration(i.times.Percentile(50))
	}
	return shown
}
