//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"sync"
	"syscall"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// lateness is how late checks began since it was asked for last.
type lateness struct {
	Checks           int
	Median, P99, Max time.Duration
}

// lags gathers how late checks begin.
type lags struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *lags) add(lag time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, lag)
}

// take returns what has been gathered, and begins anew.
func (l *lags) take() lateness {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.all)
	if n == 0 {
		return lateness{}
	}
	slices.Sort(l.all)
	late := lateness{n, l.all[n/2], l.all[n*99/100], l.all[n-1]}
	l.all = l.all[:0]
	return late
}

// schedule runs the checks of a file until the standard input ends. Each line of that is
// answered with the lateness.
func schedule(file, state, profile string) error {
	s, problems, err := suite.Load(file, []probe.Kind{smtpcheck.Kind()})
	if err != nil || len(problems.Errors()) > 0 {
		return errors.Join(err, errors.New(problems.String()))
	}
	store, err := history.Open(context.Background(), filepath.Join(state, history.FileName), s.History())
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	var late lags
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	scheduler := suite.NewScheduler(suite.ScheduleOptions{
		Suite: s, Store: store, Dir: state, Runner: suite.Runner{Jobs: 20, PerHost: 4}, OnStart: late.add,
		Warn: func(err error) { fmt.Fprintln(os.Stderr, "bench: serve:", err) },
	})
	go func() { ended <- scheduler.Run(ctx) }()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if profile != "" && lines.Text() == "profile" {
			f, err := os.Create(profile)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			defer pprof.StopCPUProfile()
		}
		if err := json.NewEncoder(os.Stdout).Encode(late.take()); err != nil {
			return err
		}
	}
	cancel()
	if err := <-ended; err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(wholeRun(s, store))
}

// wholeRun runs all checks at once, as `mailprobe check` does, and returns the processor
// time of each.
func wholeRun(s *suite.Suite, store *history.Store) time.Duration {
	o := suite.Options{Items: s.Items(), Store: store, Runner: suite.Runner{Jobs: 20, PerHost: 20}, Now: func() time.Time { return time.Now().Add(time.Hour) }}
	before := used()
	r, err := s.Run(context.Background(), o)
	if err != nil || len(r.Outcomes) == 0 {
		return 0
	}
	return (used() - before) / time.Duration(len(r.Outcomes))
}

// used is the processor time of this process.
func used() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it fails for no process of its own
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
