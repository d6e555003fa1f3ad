//go:build unix

// Command page measures the pages of `mailprobe serve`: it creates a history of 100 checks
// that ran every 5 minutes for 90 days, 2.6 million results, in -dir, asks for the pages
// over HTTP, and has 2,000 visitors follow the changes. It prints a Markdown table.
//
//	go run ./bench/page [-days 90] [-checks 100] [-streams 2000] [-dir DIR [-reuse]] [-serve HOST:PORT]
//
// With -serve it then goes on to serve the pages.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/history/historytest"
	"mailprobe/internal/suite"
	"mailprobe/internal/web/page"
	"mailprobe/probe"
)

func main() {
	log.SetFlags(0)
	days := flag.Int("days", 90, "days of results")
	checks := flag.Int("checks", 100, "how many checks there are")
	streams := flag.Int("streams", 2000, "how many visitors follow the changes; 0 measures nothing")
	dir := flag.String("dir", "", "where the history is made; it stays there")
	reuse := flag.Bool("reuse", false, "measure the history that is in -dir already")
	serve := flag.String("serve", "", "go on to serve the pages at this `address`")
	visit := flag.String("visit", "", "follow the pages at this `address`: what the program calls itself for")
	flag.Parse()
	var err error
	if *visit != "" {
		err = follow(*visit, *streams)
	} else {
		err = measure(context.Background(), *dir, *days, *checks, *streams, *reuse, *serve)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, dir string, days, checks, streams int, reuse bool, serve string) error {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "page")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(temporary) }()
		dir = temporary
	}
	store, err := history.Open(ctx, filepath.Join(dir, history.FileName), history.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	plan := historytest.Plan{Checks: checks, Days: days, Every: 5 * time.Minute, Until: time.Now().Truncate(time.Minute), Banner: "ESMTP Postfix"}
	if !reuse {
		if err := plan.Fill(ctx, store); err != nil {
			return err
		}
	}
	site, err := open(ctx, store, dir, plan)
	if err != nil {
		return err
	}
	if streams > 0 {
		if err := errors.Join(site.pages(), site.streams(streams)); err != nil {
			return err
		}
	}
	if serve == "" {
		return nil
	}
	l, err := net.Listen("tcp", serve)
	if err != nil {
		return err
	}
	log.Printf("serving at http://%s/", l.Addr())
	return http.Serve(l, site.mux)
}

// site is a server with the pages of a history.
type site struct {
	mux       *http.ServeMux
	page      *page.Page
	scheduler *suite.Scheduler
	address   string
	firstID   string
}

// open serves the pages of checks that answer at once, and have run by the history.
func open(ctx context.Context, store *history.Store, dir string, plan historytest.Plan) (*site, error) {
	s, problems := suite.Parse(filepath.Join(dir, "checks.yaml"), []byte(file(plan.Checks)), []probe.Kind{instant(plan)})
	if errs := problems.Errors(); len(errs) > 0 {
		return nil, errors.New(errs[0].Text)
	}
	scheduler := suite.NewScheduler(suite.ScheduleOptions{Suite: s, Store: store, Runner: suite.Runner{Jobs: 20, PerHost: 4}, Dir: dir})
	go func() {
		if err := scheduler.Run(ctx); err != nil {
			log.Print(err)
		}
	}()
	p, err := page.New(page.Options{Scheduler: scheduler, Store: store, Version: "bench"})
	if err != nil {
		return nil, err
	}
	one := &site{mux: http.NewServeMux(), page: p, scheduler: scheduler, firstID: historytest.Name(0)}
	p.Register(one.mux)
	go p.Run(ctx)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	one.address = "http://" + l.Addr().String()
	go func() { _ = http.Serve(l, one.mux) }()
	return one, nil
}

// file returns a file of the checks that historytest has results of.
func file(checks int) string {
	groups := []string{"berlin", "hamburg", "customers"}
	var b strings.Builder
	b.WriteString("title: Mail of Example\ngroups: {berlin: {tags: [mx], public: true}, hamburg: {tags: [mx, tls]}, customers: {}}\ndefaults: {every: 24h}\nchecks:\n")
	for i := range checks {
		fmt.Fprintf(&b, "  - {name: %q, kind: smtp, target: mx%d.example.org, group: %s}\n", historytest.Name(i), i+1, groups[i%len(groups)])
	}
	return b.String()
}

// instant is a kind whose checks answer at once, as those in the history did.
func instant(plan historytest.Plan) probe.Kind {
	return probe.Kind{
		Name: "smtp", Short: "answer at once", Schemes: []probe.Scheme{{Name: "smtp", Port: 25}}, Steps: []string{"greeting"},
		New: func(*probe.Options) (probe.Checker, []probe.Option) { return answer{plan}, nil },
	}
}

type answer struct{ plan historytest.Plan }

func (answer) Prepare(context.Context) error { return nil }

func (a answer) Check(_ context.Context, t probe.Target, r *probe.Result) error {
	var i int
	if _, err := fmt.Sscanf(t.Host, "mx%d.", &i); err != nil {
		return err
	}
	as := a.plan.Result(i-1, time.Now())
	r.Address, r.Transcript = as.Address, as.Transcript
	for _, step := range as.Steps {
		_ = r.Run(step.Name, func(s *probe.Step) error {
			s.Detail, s.Facts, s.Took = step.Detail, step.Facts, step.Elapsed
			if step.Cause == nil {
				return nil
			}
			s.Detail = ""
			return probe.Because(step.Cause.As(step.Status).Advise(step.Hint), errors.New(step.Detail))
		})
	}
	r.Summary = as.Summary
	return nil
}
