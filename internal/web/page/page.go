// Package page has the pages of `mailprobe serve`: the overview that is kept current by
// server-sent events, a page for each check, result and incident, what everybody may see
// of public checks, and badges.
//
// The pages are made by the server and work without a script. With it, changes arrive by
// one stream of events for all visitors, and charts can be walked through and zoomed into
// by pointer and keyboard. All texts pass report.Clean and html/template; what everybody
// may see is made of a type of its own that has no field for anything else.
package page

import (
	"context"
	"net/http"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// Scheduler is what the pages need of a suite.Scheduler.
type Scheduler interface {
	// Suite returns the file of checks, Items how its items stand, and Item one of them.
	Suite() *suite.Suite
	Items() []suite.Scheduled
	Item(id string) (suite.Scheduled, bool)
	// RunNow starts an item; the error is suite.ErrNoItem.
	RunNow(id string) error
	// Subscribe returns the changes from now on. The channel is closed where they are not
	// read in time.
	Subscribe() (changes <-chan suite.Change, cancel func())
	// Stats has the problems of mailprobe itself.
	Stats() suite.Stats
}

// Options configure a Page.
type Options struct {
	Scheduler Scheduler
	// Store is the history; results, incidents and uptime are read from it.
	Store *history.Store
	// Base is what links begin with, "/" or "/mail/".
	Base string
	// Title is shown where the file of checks has none, Version in the footer.
	Title, Version string
	// MayChange reports whether a request may run checks and silence them, so that the
	// pages show buttons for it; nil for always. It does not replace the guard.
	MayChange func(*http.Request) bool
	// Problems are what is wrong with the file of checks that was to be loaded last; nil for
	// nothing.
	Problems func() []string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Page is the part of the server that people look at.
type Page struct {
	o         Options
	board     *board
	hub       *hub
	templates *templates
	assets    assets
	touched   chan bool // something was changed from a page
}

// New returns the pages. They show changes once Run follows them.
func New(o Options) (*Page, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Base == "" {
		o.Base = "/"
	}
	p := &Page{o: o, hub: newHub(), assets: newAssets(), touched: make(chan bool, 1)}
	var err error
	if p.templates, err = newTemplates(p); err != nil {
		return nil, err
	}
	p.board = newBoard(p)
	return p, nil
}

// Register adds the routes.
func (p *Page) Register(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", p.overview)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /check/{id...}", p.check)
	mux.HandleFunc("GET /result/{id...}", p.result)
	mux.HandleFunc("GET /incident/{id}", p.incident)
	mux.HandleFunc("GET /public", p.public)
	mux.HandleFunc("GET /badge/{what}/{id...}", p.badge)
	mux.HandleFunc("GET /assets/{name}", p.assets.serve)
	mux.HandleFunc("POST /run/{id...}", p.run)
	mux.HandleFunc("POST /silence", p.silence)
	mux.HandleFunc("POST /ack/{incident}", p.acknowledge)
}

// gather is how long changes are collected before they are drawn and sent.
const gather = 200 * time.Millisecond

// Run follows the changes of the scheduler until the context ends.
func (p *Page) Run(ctx context.Context) {
	for ctx.Err() == nil {
		changes, cancel := p.o.Scheduler.Subscribe()
		if err := p.board.load(ctx); err == nil {
			p.hub.restart()
			p.follow(ctx, changes)
		}
		cancel()
		probe.Pause(ctx, time.Second)
	}
	p.hub.close()
}

// follow draws and sends changes until the channel is closed or the context ends.
func (p *Page) follow(ctx context.Context, changes <-chan suite.Change) {
	minute := time.NewTicker(time.Minute) // for what changes by waiting
	defer minute.Stop()
	for {
		var batch []suite.Change
		select {
		case <-ctx.Done():
			return
		case <-minute.C:
		case <-p.touched:
		case c, ok := <-changes:
			if !ok {
				return
			}
			batch = append(batch, c)
			probe.Pause(ctx, gather)
		}
		for more := true; more; {
			select {
			case c, ok := <-changes:
				if !ok {
					return
				}
				batch = append(batch, c)
			default:
				more = false
			}
		}
		p.publish(ctx, batch)
	}
}

// publish brings the board up to date, and sends what has changed to all streams.
func (p *Page) publish(ctx context.Context, batch []suite.Change) {
	reloaded, err := p.board.apply(ctx, batch)
	switch {
	case err != nil || reloaded:
		p.hub.restart()
	default:
		p.hub.publish(func() []byte { return p.board.news() })
	}
}
