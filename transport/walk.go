package transport

import (
	"errors"
	"slices"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Step is one step of a walk.
type Step struct {
	// Name is unique within the walk.
	Name string
	// Due reports, when the step's turn has come, whether to do it; nil means always.
	Due func() bool
	// Do does the step.
	Do func(*probe.Step) error
	// Spares reports whether the walk goes on after this error of the step; nil means
	// never.
	Spares func(error) bool
}

// Names returns the names of steps, in order.
func Names(steps ...Step) []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.Name)
	}
	return names
}

// Walk calls do for the steps that are due, in order, up to the first that fails and is
// not spared.
func Walk(steps []Step, do func(Step) error) error {
	for _, s := range steps {
		if !s.isDue() {
			continue
		}
		if err := do(s); err != nil && (s.Spares == nil || !s.Spares(err)) {
			return err
		}
	}
	return nil
}

// Walk does and records the steps, each with the time limit of one step.
func (l *Link) Walk(steps []Step) error { return Walk(steps, l.do) }

func (s Step) isDue() bool { return s.Due == nil || s.Due() }

func (l *Link) do(s Step) error {
	l.NextStep()
	return l.Result.Run(s.Name, func(p *probe.Step) error {
		err := l.Broken(s.Name, s.Do(p))
		l.ShowOdd(p)
		if l.Notices != nil {
			l.Notices(p, err)
		}
		return err
	})
}

// ShowOdd reports deviations from the protocol that were tolerated. Walk calls it after
// every step.
func (l *Link) ShowOdd(s *probe.Step) {
	if l.Conn == nil {
		return
	}
	if odd := l.Conn.Odd(); len(odd) > 0 {
		s.Learn(probe.Text("odd", strings.Join(odd, "; ")))
		s.Say("odd: the server sent " + strings.Join(odd, " and "))
	}
}

// patience is how long to wait for the answer to a goodbye after a failure.
const patience = 2 * time.Second

// Goodbye does the step that ends the session, if the server can still hear it. After
// another step has failed, an error of the goodbye does not count.
func (l *Link) Goodbye(s Step, failure error) {
	if l.Conn == nil || l.broken || l.ctx.Err() != nil || errors.Is(failure, wire.ErrClosed) || isReset(failure) || !s.isDue() {
		return
	}
	say := s.Do
	s.Do = func(p *probe.Step) error {
		p.Aside = true
		if failure != nil {
			l.Conn.SetTimeout(min(patience, l.probe.StepTimeout(l.ctx)))
		}
		err := say(p)
		if err != nil && failure != nil {
			return p.Skip(err.Error())
		}
		return err
	}
	_ = l.do(s)
}

// Summarize joins the parts that are not empty to the summary of the result.
func (l *Link) Summarize(parts ...string) {
	l.Result.Summary = strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// maxBrief is how many bytes of a server's text a summary quotes.
const maxBrief = 80

// Shorten cuts a server's text for a summary.
func Shorten(text string) string { return cut.Bytes(text, maxBrief) }
