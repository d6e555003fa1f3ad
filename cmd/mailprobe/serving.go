package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet/centre"
	"mailprobe/internal/history"
	"mailprobe/internal/notify"
	"mailprobe/internal/suite"
	"mailprobe/internal/web"
	"mailprobe/probe"
)

// serving is a server with the checks of a file, or without any.
type serving struct {
	*app
	flags   *serveFlags
	metrics *web.Metrics
	address web.Address
	modules atomic.Pointer[[]*suite.Module] // of /probe

	// Without a file these are nil.
	lock      *os.File
	store     *history.Store
	scheduler *suite.Scheduler
	reloader  *web.Reloader

	centre *centre.Centre // of the fleet, nil for none
}

// open reads the file and takes what belongs to it, or is without one where none is given
// and there is none in its usual places.
func (s *serving) open(ctx context.Context, file string) error {
	s.use(&suite.Suite{})
	name, err := suite.Find(file)
	if err != nil && file == "" {
		s.warn(fmt.Errorf("%w; until then there are only probes", err))
		return nil
	}
	if err != nil {
		return err
	}
	checks, err := loadSuite(name)
	if err != nil {
		return s.shown(err)
	}
	dir, err := probe.StateDir(s.flags.state)
	if err != nil {
		return err
	}
	if err := atomicfile.Folder(dir); err != nil {
		return err
	}
	s.use(checks)
	s.withoutFleet(checks)
	if s.lock, err = checks.LockServer(ctx, dir); err != nil {
		return err
	}
	return s.schedule(ctx, checks, dir)
}

// withoutFleet says that nobody runs the checks that have from, where this is no centre.
func (s *serving) withoutFleet(checks *suite.Suite) {
	n := 0
	for _, c := range checks.Checks {
		if len(c.From.Places) > 0 {
			n++
		}
	}
	if n > 0 && !s.flags.fleet {
		s.warn(fmt.Errorf("checks with from: are run by the places of a fleet, and none is without --fleet: %d", n))
	}
}

// schedule prepares the schedule of the checks.
func (s *serving) schedule(ctx context.Context, checks *suite.Suite, dir string) (err error) {
	with := checks.History()
	with.Keep = s.flags.keep
	if s.store, err = history.Open(ctx, filepath.Join(dir, history.FileName), with); err != nil {
		s.close()
		return err
	}
	o := suite.ScheduleOptions{
		Suite: checks, Store: s.store, Dir: dir, Warn: s.warn, OnStart: s.metrics.Started, OnOutcome: s.metrics.Ended,
		Runner:  suite.Runner{Jobs: s.flags.jobs, PerHost: s.flags.perHost, Dial: s.dial, DNS: s.dns},
		Network: notify.Network{Dial: s.dial, DNS: s.dns},
	}
	if s.flags.fleet {
		o.Ask = s.askPlace
	}
	if s.lock != nil && s.dial == nil && s.dns == nil {
		o.Courier = (&courier{suite: checks, dir: dir, lock: s.lock}).send
	}
	s.scheduler = suite.NewScheduler(o)
	s.reloader = web.NewReloader(checks.Name, s.load)
	s.reloader.Loaded = s.loaded
	return nil
}

// close frees what open has taken.
func (s *serving) close() {
	if s.centre != nil {
		s.centre.Close()
	}
	if s.store != nil {
		s.closeHistory(s.store)
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// run runs the checks and serves until the context ends, or the server fails.
func (s *serving) run(ctx context.Context) error {
	parts, shown, err := s.parts()
	if err != nil {
		return err
	}
	server, err := web.New(web.Config{
		Listen: s.flags.addresses(), Sockets: os.Getenv("LISTEN_FDS") != "", WebConfig: s.flags.webConfig, Address: s.address,
		Metrics: s.metrics, Scheduler: s.scheduler, Reloader: s.reloader, Parts: parts, Log: s.warn,
	})
	if err != nil {
		return err
	}
	if err := server.Listen(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var checks sync.WaitGroup
	if s.scheduler != nil {
		checks.Go(func() { _ = s.scheduler.Run(ctx) })
		checks.Go(func() { s.reloader.Watch(ctx) })
		checks.Go(func() { shown.Run(ctx) })
	}
	if s.centre != nil {
		checks.Go(func() { s.centre.Run(ctx) })
	}
	go s.reloadOnSignal(ctx)
	forgetStart()
	err = server.Serve(ctx)
	cancel()
	return errors.Join(err, s.await(&checks))
}

// endWithin is how long the checks may take to end. What they know is recorded within ten
// seconds.
const endWithin = 20 * time.Second

// await waits for what ends with the context.
func (s *serving) await(all *sync.WaitGroup) error {
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-time.After(endWithin):
		return errors.New("checks that do not end were left alone")
	}
}

// reloadOnSignal reads the file anew on SIGHUP. Without a file there is nothing to read.
func (s *serving) reloadOnSignal(ctx context.Context) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			if s.reloader != nil {
				_ = s.reloader.Reload(ctx) // loaded says what is wrong
			}
		}
	}
}

// load puts the file in use as it is now.
func (s *serving) load(context.Context) error {
	name := s.scheduler.Suite().Name
	// Who reads a pipe may wait for ever, and nobody else could have the file read any more.
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	checks, err := loadSuite(name)
	if err != nil {
		return err
	}
	s.scheduler.Replace(checks)
	s.metrics.Forget(checks)
	if s.centre != nil {
		s.centre.Changed()
	}
	s.use(checks)
	return nil
}

// use makes the modules of a file those of /probe, beside the built-in ones whose names it
// does not use.
func (s *serving) use(checks *suite.Suite) {
	all := slices.Clone(checks.Modules)
	for _, m := range suite.BuiltIn(kinds()) {
		if !slices.ContainsFunc(checks.Modules, func(own *suite.Module) bool { return own.Name == m.Name }) {
			all = append(all, m)
		}
	}
	s.modules.Store(&all)
}

// loaded says how a reload went.
func (s *serving) loaded(err error) {
	if err != nil {
		s.warn(fmt.Errorf("%w; the checks go on as they were", s.shown(err)))
		return
	}
	s.warn(fmt.Errorf("%s is reloaded: %s", s.reloader.File, probe.Count(s.scheduler.Stats().Checks, "check")))
	s.uninvited()
}
