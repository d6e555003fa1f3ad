//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"mailprobe/bench/measure"
	"mailprobe/mailtest"
)

// The goals for the centre.
const (
	maxShare  = 0.05      // of one core
	maxMemory = 100 << 20 // bytes
	minTaken  = 0.98      // of the results
)

// soloChecks is how many of the checks the agent has that is a process of its own.
const soloChecks = 100

// figures are what was seen.
type figures struct {
	took           time.Duration
	taken          float64 // results
	centre, solo   time.Duration
	memory, ofSolo float64 // the peaks, in bytes
}

// at measures with each check at so many places.
func (b *bench) at(from int) error {
	if from < 1 || from >= b.agents || b.n <= soloChecks {
		return fmt.Errorf("%d checks at %d of %d places are too few of the one or the other", b.n, from, b.agents)
	}
	dir, err := os.MkdirTemp("", "mailprobe-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	host, err := mailtest.Start(mailtest.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = host.Close() }()
	s := &stage{program: b.program, dir: dir}
	defer s.end()
	if err := s.begin(b.file(host.SMTPURL(), from), b.agents); err != nil {
		return err
	}
	f, err := b.measure(s)
	if err != nil {
		return err
	}
	b.show(f, from)
	return nil
}

// measure waits for everybody to be at work, and then for so many minutes.
func (b *bench) measure(s *stage) (f figures, err error) {
	time.Sleep(b.warm)
	taken, err := s.taken()
	if err != nil {
		return f, err
	}
	centre, err1 := measure.Processor(s.centre.Process.Pid)
	solo, err2 := measure.Processor(s.solo.Process.Pid)
	begin := time.Now()
	time.Sleep(time.Duration(b.minutes) * time.Minute)
	after, err3 := measure.Processor(s.centre.Process.Pid)
	afterSolo, err4 := measure.Processor(s.solo.Process.Pid)
	f.took, f.centre, f.solo = time.Since(begin), after-centre, afterSolo-solo
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return f, err
	}
	if f.memory, err = measure.Memory(s.centre.Process.Pid, measure.Peak); err != nil {
		return f, err
	}
	if f.ofSolo, err = measure.Memory(s.solo.Process.Pid, measure.Peak); err != nil {
		return f, err
	}
	f.taken, err = s.taken()
	f.taken -= taken
	return f, err
}

// show adds the figures to the table.
func (b *bench) show(f figures, from int) {
	share := func(d time.Duration) float64 { return d.Seconds() / f.took.Seconds() }
	percent := func(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
	mebi := func(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }
	due := float64((b.n-soloChecks)*from+soloChecks) * f.took.Minutes()
	what := fmt.Sprintf("%d agents, %d checks a minute, each at %d of the places: ", b.agents, b.n, from)
	b.table.Add(measure.Row{Figure: what + "results recorded, of those that were due", Mine: fmt.Sprintf("%.0f, %s", f.taken, percent(f.taken/due)), Goal: measure.Verdict("98 %", f.taken >= minTaken*due)})
	b.table.Add(measure.Row{Figure: what + "processor time of the centre, of one core", Mine: percent(share(f.centre)), Goal: measure.Verdict("at most 5 %", share(f.centre) <= maxShare)})
	b.table.Add(measure.Row{Figure: what + "processor time of the centre, for each result", Mine: measure.Milliseconds(f.centre.Seconds() / max(f.taken, 1))})
	b.table.Add(measure.Row{Figure: what + "peak memory of the centre", Mine: mebi(f.memory), Goal: measure.Verdict("at most 100 MiB", f.memory <= maxMemory)})
	what = fmt.Sprintf("one `mailprobe agent`, %d checks a minute: ", soloChecks)
	b.table.Add(measure.Row{Figure: what + "processor time, of one core", Mine: percent(share(f.solo))})
	b.table.Add(measure.Row{Figure: what + "peak memory", Mine: mebi(f.ofSolo)})
}
