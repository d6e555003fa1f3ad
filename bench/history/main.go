//go:build unix

// Command history measures the history: it creates a database of 100 checks that ran
// every 5 minutes for 90 days, 2.6 million results, in -dir, and prints its size and the
// times of writing and showing as a Markdown table. On a busy machine the processor time
// says more than the wall time.
//
//	go run ./bench/history [-days 90] [-checks 100] [-dir DIR [-reuse]]
//	go run ./bench/history -against PROGRAM [-days 2] [-runs 7]
//
// The second form runs this program and another build of it in turn, and prints the
// median ratio of the processor time of a run's write.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"mailprobe/internal/history"
	"mailprobe/internal/history/historytest"
	"mailprobe/internal/history/show"
	"mailprobe/internal/report"
)

func main() {
	log.SetFlags(0)
	reuse := flag.Bool("reuse", false, "measure the database that is in -dir already")
	days := flag.Int("days", 90, "days of results")
	checks := flag.Int("checks", 100, "how many checks there are")
	dir := flag.String("dir", "", "where the database is made; it stays there")
	against := flag.String("against", "", "another build of this `program` to measure against")
	runs := flag.Int("runs", 7, "pairs of runs with it")
	flag.Parse()
	if *against != "" {
		if err := compare(*against, *runs, *days, *checks); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := measure(context.Background(), *dir, *days, *checks, *reuse); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, dir string, days, checks int, reuse bool) error {
	if dir == "" {
		temporary, err := os.MkdirTemp("", "history")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(temporary) }()
		dir = temporary
	}
	until := time.Now().Truncate(time.Minute)
	path := filepath.Join(dir, history.FileName)
	if reuse {
		if err := processes(ctx, path, checks, until); err != nil {
			return err
		}
		return showAll(ctx, path, until)
	}
	writes, cpu, err := write(ctx, path, historytest.Plan{
		Checks: checks, Days: days, Every: 5 * time.Minute, Until: until, Banner: "ESMTP Postfix",
	})
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Printf("| what | seen |\n| --- | --- |\n| results | %d |\n| database | %.0f MiB, %.0f B a result |\n",
		len(writes)*checks, float64(info.Size())/(1<<20), float64(info.Size())/float64(len(writes)*checks))
	for _, p := range []float64{50, 95, 99, 100} {
		fmt.Printf("| a run's write, p%.0f | %s |\n", p, percentile(writes, p))
	}
	fmt.Printf(processorLine+"%s |\n", cpu.Round(10*time.Microsecond))
	if err := processes(ctx, path, checks, until); err != nil {
		return err
	}
	return showAll(ctx, path, until)
}

// processes times what each process started by cron does: open, read the states, write a
// run, look for notifications to send, close.
func processes(ctx context.Context, path string, checks int, until time.Time) error {
	next := historytest.Plan{Checks: checks, Days: 90, Every: 5 * time.Minute, Until: until, Banner: "ESMTP Postfix"}.Maker()
	var took []time.Duration
	for i := range 21 {
		at := until.Add(time.Duration(i+1) * time.Second)
		batch := next(at)
		batch.States, batch.Incidents = nil, nil // they are as they were
		begin := time.Now()
		s, err := history.Open(ctx, path, history.Options{})
		if err != nil {
			return err
		}
		if _, err := s.States(ctx); err != nil {
			return err
		}
		if err := s.Commit(ctx, batch); err != nil {
			return err
		}
		if _, err := s.Pending(ctx); err != nil {
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	fmt.Printf("| a run of its own process: open, read states, write, close: median, longest of 21 | %s, %s |\n", percentile(took, 50), percentile(took, 100))
	return nil
}

// write commits every run and returns their times, sorted, and the average processor time.
func write(ctx context.Context, path string, p historytest.Plan) (took []time.Duration, cpu time.Duration, err error) {
	s, err := history.Open(ctx, path, history.Options{})
	if err != nil {
		return nil, 0, err
	}
	next := p.Maker()
	for at := p.Until.Add(-time.Duration(p.Days)*24*time.Hour + p.Every); !at.After(p.Until); at = at.Add(p.Every) {
		batch := next(at)
		begin, before := time.Now(), processorTime()
		if err := s.Commit(ctx, batch); err != nil {
			return nil, 0, err
		}
		cpu += processorTime() - before
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	return took, cpu / time.Duration(max(len(took), 1)), s.Close()
}

// processorTime returns the processor time of this process.
func processorTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	i := int(float64(len(sorted)-1) * p / 100)
	return sorted[i].Round(10 * time.Microsecond)
}

// showAll times the commands that show the history: open, gather, write.
func showAll(ctx context.Context, path string, until time.Time) error {
	type output = func(*show.Data, io.Writer) error
	table := func(d *show.Data, w io.Writer) error { return d.Table(w, report.Options{}) }
	page := func(d *show.Data, w io.Writer) error { return d.HTML(w, "") }
	for _, c := range []struct {
		what, name string
		days       int
		out        output
	}{
		{"`history`", "", 30, table},
		{"`history --since 90d`", "", 90, table},
		{"`history --since 2d`, by the hour", "", 2, table},
		{"`history CHECK --since 90d`", historytest.Name(0), 90, table},
		{"`report`", "", 30, page},
		{"`report --since 90d`", "", 90, page},
	} {
		begin, before := time.Now(), processorTime()
		n, err := once(ctx, path, c.name, until, c.days, c.out)
		if err != nil {
			return err
		}
		took, cpu := time.Since(begin), processorTime()-before
		fmt.Printf("| %s | %s (processor %s), %.1f MiB |\n", c.what, took.Round(time.Millisecond), cpu.Round(time.Millisecond), float64(n)/(1<<20))
	}
	return showPast(ctx, path, until)
}

// showPast times how long it takes to find single results of the past.
func showPast(ctx context.Context, path string, until time.Time) error {
	s, err := history.Open(ctx, path, history.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	name := historytest.Name(3)
	for _, c := range []struct {
		what string
		find func() error
	}{
		{"`history CHECK --at 1h`", func() error { _, err := s.At(ctx, name, until.Add(-time.Hour)); return err }},
		{"`history CHECK --at`, half of the time ago", func() error { _, err := s.At(ctx, name, until.AddDate(0, 0, -45)); return err }},
		{"`history CHECK --failures`", func() error {
			_, _, err := s.Failures(ctx, history.Filter{Name: name}, show.MaxFailures)
			return err
		}},
	} {
		begin, before := time.Now(), processorTime()
		if err := c.find(); err != nil {
			return err
		}
		took, cpu := time.Since(begin), processorTime()-before
		fmt.Printf("| %s | %s (processor %s) |\n", c.what, took.Round(time.Millisecond), cpu.Round(time.Millisecond))
	}
	return s.Close()
}

func once(ctx context.Context, path, name string, until time.Time, days int, out func(*show.Data, io.Writer) error) (n counter, err error) {
	s, err := history.Open(ctx, path, history.Options{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	since := until.Add(-time.Duration(days) * 24 * time.Hour)
	d, err := show.Gather(ctx, s, history.Filter{Name: name, Since: since}, until)
	if err != nil {
		return 0, err
	}
	if err := out(d, &n); err != nil {
		return n, err
	}
	return n, s.Close()
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
