package page

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/show"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// The times that the overview shows.
const (
	shownDays = 90                 // of bars and uptime
	recent    = 7 * 24 * time.Hour // of the median
)

// board has in memory what the overview shows of all items: reading it for each visitor
// would take a second. It is read from the history once, and kept current by what the
// scheduler reports; once an hour it is read anew, as other processes write too.
type board struct {
	page    *Page
	first   sync.Mutex // held by the visitor for whom the history is read
	loading sync.Mutex // held by who reads it

	mu        sync.Mutex
	loaded    time.Time // zero: not yet
	items     []*item   // in the order of the file
	byID      map[string]*item
	incidents []history.Incident
	silences  *suite.Silences
	asked     time.Time // when they were read
	parts     parts
}

// item is one item of the file with its past.
type item struct {
	suite.Scheduled
	order    int
	days     []history.Day // with counts alone
	all      history.Counts
	times    history.Times            // of the last days
	last     map[history.Series]int64 // the latest result that is counted, in milliseconds
	before   []*probe.Result          // the last results of earlier runs of the program
	rendered rendered
}

func newBoard(p *Page) *board {
	return &board{page: p, byID: map[string]*item{}, silences: &suite.Silences{}}
}

// ready reads the board if it was not read yet.
func (b *board) ready(ctx context.Context) error {
	if b.isLoaded() {
		return nil
	}
	b.first.Lock()
	defer b.first.Unlock()
	if b.isLoaded() { // by who was faster
		return nil
	}
	return b.load(ctx)
}

func (b *board) isLoaded() bool { return !b.loadedAt().IsZero() }

// loadedAt returns when the history was read last, zero for never.
func (b *board) loadedAt() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loaded
}

// load reads everything anew. Pages are drawn from what was known before until it is read.
func (b *board) load(ctx context.Context) error {
	b.loading.Lock()
	defer b.loading.Unlock()
	now := b.page.o.Now()
	past, err := b.read(ctx, now)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loaded = now
	b.arrange(past)
	return errors.Join(b.readIncidents(ctx), b.readSilences(ctx))
}

// read reads the past of all items, by their names.
func (b *board) read(ctx context.Context, now time.Time) (map[string]*item, error) {
	since := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-shownDays)
	latest, err := b.page.o.Store.Latest(ctx, history.Filter{Since: since})
	if err != nil {
		return nil, err
	}
	days, err := b.page.o.Store.Tallies(ctx, history.Filter{Since: since}, now.Add(-recent))
	if err != nil {
		return nil, err
	}
	past := map[string]*item{}
	of := func(name string) *item {
		if past[name] == nil {
			past[name] = newItem()
		}
		return past[name]
	}
	for _, l := range latest {
		l.Result.Transcript = nil
		i := of(l.Name)
		i.last[l.Series] = l.Result.Start.UnixMilli()
		i.before = append(i.before, l.Result)
	}
	for _, series := range days {
		of(series.Name).addDays(series.Days)
	}
	return past, nil
}

// first returns the first day that has results, the present one where none has.
func (i *item) first(now time.Time) time.Time {
	first := now
	for _, d := range i.days {
		if d.Date.Before(first) {
			first = d.Date
		}
	}
	return first
}

func newItem() *item { return &item{last: map[history.Series]int64{}} }

// silencesAge is how old what is known of silences may be: the command line sets them too.
const silencesAge = 5 * time.Second

// readSilences reads what silences items.
func (b *board) readSilences(ctx context.Context) (err error) {
	b.asked = b.page.o.Now()
	if s := b.page.o.Scheduler.Suite(); s != nil {
		b.silences, err = s.ReadSilences(ctx, b.page.o.Store, b.asked)
	}
	return err
}

// readIncidents reads the incidents that the overview lists.
func (b *board) readIncidents(ctx context.Context) (err error) {
	f := history.Filter{Since: b.page.o.Now().AddDate(0, 0, -shownDays)}
	b.incidents, err = b.page.o.Store.RecentIncidents(ctx, f, 3*maxIncidents)
	return err
}

// arrange sets the items to those of the scheduler, with what is known of their past. What
// was drawn of them is what the streams have.
func (b *board) arrange(past map[string]*item) {
	drawn := b.byID
	b.items, b.byID, b.parts.at = nil, map[string]*item{}, time.Time{}
	for n, s := range b.page.o.Scheduler.Items() {
		i := past[s.ID]
		if i == nil {
			i = newItem()
		}
		if before := drawn[s.ID]; before != nil {
			i.rendered = before.rendered
			i.rendered.at = time.Time{}
		}
		i.order = n
		i.set(s)
		b.items, b.byID[s.ID] = append(b.items, i), i
		b.arrangeShares(s, past)
	}
}

// arrangeShares sets what the places see of an item, which has pages of its own, and no line
// in the overview.
func (b *board) arrangeShares(of suite.Scheduled, past map[string]*item) {
	for n, s := range of.Shares {
		i := past[s.ID]
		if i == nil {
			i = newItem()
		}
		i.order = n
		i.set(s)
		b.byID[s.ID] = i
	}
}

// set takes in how the item stands.
func (i *item) set(s suite.Scheduled) {
	i.Scheduled = s
	if len(s.Results) > 0 {
		i.before = nil
	}
}

// addDays adds the days of a series.
func (i *item) addDays(days []history.Day) {
	for _, d := range days {
		i.day(d.Date).Merge(d.Counts)
		i.all.Merge(d.Counts)
		if t := d.Times[history.Total]; t != nil {
			i.times.Merge(t)
		}
	}
}

// day returns the counts of a day.
func (i *item) day(date time.Time) *history.Counts {
	at, found := slices.BinarySearchFunc(i.days, date, func(d history.Day, t time.Time) int { return d.Date.Compare(t) })
	if !found {
		i.days = slices.Insert(i.days, at, history.Day{Date: date})
	}
	return &i.days[at].Counts
}

// count adds the results of an outcome that are not counted yet, as the history does.
func (i *item) count(o *suite.Outcome) {
	for _, r := range o.Results {
		of := history.Series{Name: i.ID, Kind: r.Check, Target: r.Target}
		if at := r.Start.UnixMilli(); at > i.last[of] {
			i.last[of] = at
			var d history.Day
			d.Add(r)
			d.Date = r.Start.UTC().Truncate(24 * time.Hour)
			i.addDays([]history.Day{d})
		}
	}
}

// changed returns the items that changes are of, and without any change all of them.
func (b *board) changed(batch []suite.Change) (all []suite.Scheduled) {
	if len(batch) == 0 {
		return b.page.o.Scheduler.Items()
	}
	within := map[string]bool{}
	for _, c := range batch {
		if s, is := b.page.o.Scheduler.Item(c.ID); is && !within[s.ID] {
			within[s.ID] = true
			all = append(all, s)
		}
	}
	return all
}

// apply takes changes in. reloaded is set where the items have changed, so that pages have
// to be fetched anew.
func (b *board) apply(ctx context.Context, batch []suite.Change) (reloaded bool, err error) {
	now := b.page.o.Now()
	for _, c := range batch {
		reloaded = reloaded || c.Reloaded
	}
	if at := b.loadedAt(); reloaded || now.Sub(at) >= time.Hour || now.UTC().Truncate(24*time.Hour).After(at) {
		return reloaded, b.load(ctx)
	}
	items := b.changed(batch)
	b.mu.Lock()
	defer b.mu.Unlock()
	incidents := false
	for _, s := range items {
		i := b.byID[s.ID]
		if i == nil {
			return true, nil // Reloaded follows
		}
		incidents = incidents || i.State.Incident != s.State.Incident
		i.set(s)
		for _, share := range s.Shares {
			if i := b.byID[share.ID]; i != nil {
				i.set(share)
			}
		}
	}
	for _, c := range batch {
		if i := b.byID[c.ID]; i != nil {
			i.rendered.at = time.Time{}
			if c.Outcome != nil {
				i.count(c.Outcome)
			}
		}
	}
	if incidents {
		err = b.readIncidents(ctx)
	}
	if len(batch) == 0 || now.Sub(b.asked) >= silencesAge {
		err = errors.Join(err, b.hush(ctx, now))
	}
	b.parts.at = time.Time{} // drawn anew
	return false, err
}

// hush reads what silences items, and has those drawn anew for which it has changed.
func (b *board) hush(ctx context.Context, now time.Time) error {
	err := b.readSilences(ctx)
	for _, i := range b.items {
		if i.rendered.card.Silenced != silencedText(b.silences.Of(i.Item, now)) || i.rendered.card.Acknowledged != b.acknowledged(i) {
			i.rendered.at = time.Time{}
		}
	}
	b.parts.at = time.Time{}
	return err
}

// refresh reads what a page has changed.
func (b *board) refresh(ctx context.Context) error {
	if err := b.ready(ctx); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hush(ctx, b.page.o.Now())
}

// results returns the results of the last run.
func (i *item) results() []*probe.Result {
	if len(i.Results) > 0 {
		return i.Results
	}
	return i.before
}

// worst returns the result that counts, nil if there is none.
func (i *item) worst() (worst *probe.Result) {
	for _, r := range i.results() {
		if worst == nil || r.Status.Worse(worst.Status) {
			worst = r
		}
	}
	return worst
}

// checks returns the results of the last run as show takes them.
func (i *item) checks() (all []show.Check) {
	for _, r := range i.results() {
		all = append(all, show.Check{Series: history.Series{Name: i.ID, Target: r.Target}, Latest: r})
	}
	return all
}

// strip returns the bars of the item.
func (i *item) strip(now time.Time) show.Strip {
	d := show.Data{Since: now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-shownDays), Until: now, Each: 24 * time.Hour}
	return d.Strip(show.Check{Days: i.days, All: history.Day{Counts: i.all}})
}
