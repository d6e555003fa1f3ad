package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mailprobe/icmp"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// reply shows what became of an address.
func (s *sweeping) reply(ctx context.Context, r icmp.Reply) error {
	if r.Outcome > icmp.Failed || r.Outcome == icmp.Late {
		return nil
	}
	l, named := s.input.take(r.Addr)
	if s.lists() && r.Outcome != icmp.Failed {
		s.book(r, l.text, false)
		return s.list(r.Addr, l.text, r.Outcome == icmp.Received)
	}
	text := r.Addr.String()
	t := probe.Target{Text: text, Host: text, Addr: r.Addr}
	if host, _ := cutLabel(l.text); named {
		t.Text, t.Host = host, host
	}
	result := s.check.Record(ctx, t, func(result *probe.Result) error { return s.sweeper.Record(result, r) })
	if named {
		l.stick(result)
		t, _ = s.check.Kind.ParseTarget(t.Host)
	}
	s.mark(result, t.Canonical, l.of)
	return s.result(result, r, l.text)
}

// result shows the result of one address. One that could not be asked is in neither
// list.
func (s *sweeping) result(result *probe.Result, r icmp.Reply, line string) error {
	unasked := r.Outcome == icmp.Failed && result.Status == probe.Unknown
	s.book(r, line, unasked)
	s.survey.Weigh(result)
	switch {
	case !s.lists():
		return s.print(result, r.Outcome == icmp.Received)
	case unasked:
		s.note(result)
		return nil
	}
	return s.list(r.Addr, line, false)
}

// book counts an address; line is its line in the list, empty without one.
func (s *sweeping) book(r icmp.Reply, line string, unasked bool) {
	if r.Outcome == icmp.Received {
		s.survey.Answered(r)
		return
	}
	if line == "" {
		line = r.Addr.String()
	}
	if unasked {
		s.survey.Unasked(line)
	} else {
		s.survey.Missed(line)
	}
}

// failure shows a line that led to no address.
func (s *sweeping) failure(ctx context.Context, f lookup) error {
	step := "resolve"
	if f.target.Host == "" {
		step = "target"
	}
	result := s.check.Record(ctx, f.target, func(r *probe.Result) error {
		return r.Run(step, func(*probe.Step) error { return f.err })
	})
	f.label.stick(result)
	canonical := f.target.Canonical
	if step == "target" {
		canonical = target{Target: f.target, err: f.err}.canonical
	}
	s.mark(result, canonical, 0)
	s.survey.Unasked(f.target.Text)
	s.survey.Weigh(result)
	if s.lists() {
		s.note(result)
		return nil
	}
	return s.print(result, false)
}

// mark notes in the result of one of so many addresses of a target what it answers.
func (s *sweeping) mark(r *probe.Result, canonical func() string, of int) {
	if s.out.part.mark(canonical, []*probe.Result{r}); r.Request != nil && of > 1 {
		r.Request.Results = of
	}
}

// list writes an address, or the line that it stood in, into the list that was asked
// for, if it belongs there.
func (s *sweeping) list(addr netip.Addr, line string, answered bool) error {
	if !answered {
		s.worsen(probe.Critical)
	}
	if s.alive != answered {
		return nil
	}
	s.status.clear()
	s.lines.WriteString(s.stamp())
	if line == "" {
		s.lines.Write(addr.AppendTo(s.lines.AvailableBuffer()))
	} else {
		s.lines.WriteString(line)
	}
	if err := s.lines.WriteByte('\n'); err != nil || !s.live {
		return err
	}
	return s.lines.Flush()
}

// worsen makes the verdict at least as bad as that of an address, unless the whole sweep
// is judged.
func (s *sweeping) worsen(status probe.Status) {
	if !s.judged() {
		s.app.status = probe.Worst(s.app.status, status)
	}
}

// print shows a result if --alive or --dead selects it. A plug-in prints one answer for
// all of them.
func (s *sweeping) print(r *probe.Result, answered bool) error {
	s.worsen(r.Status)
	if s.out.isPolled() && s.out.format != "prometheus" || s.alive && !answered || s.dead && answered {
		return nil
	}
	s.status.clear()
	return s.printer.Print(r)
}

// A note is why some addresses could not be asked, beside a list.
type note struct {
	first        string // of the addresses
	more         int    // besides
	reason, hint string
}

// maxNotes bounds how many reasons are distinguished.
const maxNotes = 100

// note records why something is not in the list.
func (s *sweeping) note(r *probe.Result) {
	s.worsen(r.Status)
	worst := r.Worst()
	reason := strings.TrimPrefix(worst.Reason(), worst.Name+": ")
	i := slices.IndexFunc(s.notes, func(n note) bool { return n.reason == reason })
	switch {
	case i >= 0:
		s.notes[i].more++
	case len(s.notes) == maxNotes:
		s.notes[maxNotes-1].more++
	default:
		s.notes = append(s.notes, note{first: r.Target, reason: reason, hint: worst.Hint})
	}
}

// String returns the note as a line.
func (n note) String() string {
	text := n.first
	if n.more > 0 {
		text += fmt.Sprintf(" and %d more", n.more)
	}
	text += ": " + n.reason
	if n.hint != "" {
		text += "; " + n.hint
	}
	return oneLine(errors.New(text))
}

// finish shows the notes, the total and the rest of the list.
func (s *sweeping) finish(ctx context.Context) error {
	for _, n := range s.notes {
		fmt.Fprintf(s.stderr, "mailprobe: %s\n", n)
	}
	if err := s.total(ctx); err != nil {
		return err
	}
	if err := s.lines.Flush(); err != nil {
		return err
	}
	switch {
	case ctx.Err() != nil:
		s.app.status = probe.Worst(s.app.status, probe.Unknown)
		fmt.Fprintf(s.stderr, "mailprobe: interrupted, %s\n", s.count())
	case s.survey.Asked() == 0 && !s.out.isPlugin():
		return s.noResults(ctx, s.out.part)
	case s.lists() && s.status.w != io.Discard:
		fmt.Fprintln(s.stderr, s.count())
	}
	return nil
}

// total shows the result of the sweep as a whole where there is a place for it, and
// ends the output of results.
func (s *sweeping) total(ctx context.Context) error {
	if !s.sums && s.lists() {
		return nil
	}
	if s.sums && s.input.some.Load() {
		s.survey.Judged = s.judged()
		r := s.whole.Record(ctx, probe.Target{Text: s.input.named}, func(r *probe.Result) error {
			r.Start = s.begin
			return s.survey.Record(r)
		})
		s.app.status = probe.Worst(s.app.status, r.Status)
		if s.lists() {
			return s.complain(r)
		}
		if s.out.format == report.Formats()[0] { // no row beside those of addresses, which are counted
			err := s.printer.Close()
			if r.Status == probe.OK && s.out.quiet {
				return err
			}
			_, lineErr := fmt.Fprintf(s.stdout, "sweep %s: %s\n", r.Status, report.Clean(strings.TrimPrefix(r.Summary, "sweep: ")))
			return errors.Join(err, lineErr)
		}
		if err := s.printer.Print(r); err != nil {
			return err
		}
	}
	if !s.input.some.Load() {
		s.app.status = probe.Worst(s.app.status, probe.Unknown)
	}
	return s.printer.Close()
}

// complain writes a verdict that is not OK to standard error.
func (s *sweeping) complain(r *probe.Result) error {
	if r.Status == probe.OK {
		return nil
	}
	_, err := fmt.Fprintf(s.stderr, "mailprobe: %s\n", report.Clean(r.Summary))
	return err
}

// watch shows how far the sweep is, now and then: on a terminal, where reports were
// asked for, and on SIGQUIT. The function returned ends it.
func (s *sweeping) watch() (stop func()) {
	interval := 200 * time.Millisecond
	if s.every > 0 {
		interval = s.every
	}
	ticker := time.NewTicker(interval)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-s.quits:
				s.progress(true)
			case <-ticker.C:
				s.progress(s.every > 0)
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// progress shows the counts: as a report, or in a line of the terminal that changes.
func (s *sweeping) progress(report bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.lines.Flush()
	s.status.clear()
	if report {
		fmt.Fprintln(s.stderr, s.stamp()+s.count())
		return
	}
	s.status.shown = true
	fmt.Fprint(s.status.w, s.count())
}

func (s *sweeping) count() string {
	v := &s.survey
	return fmt.Sprintf("%d asked: %d answered, %d did not, %d failed, after %s",
		v.Asked(), v.Alive, v.Dead, v.Failed, probe.FormatDuration(time.Since(s.begin)))
}
