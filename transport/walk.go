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
	// Due tells, when its turn has come, whether the step is to be done; nil where
	// it always is.
	Due func() bool
	// Do does it.
	Do func(*probe.Step) error
	// Spares tells whether the walk goes on after this error of the step; nil where
	// none is spared.
	Spares func(error) bool
}

// Names are those of steps, in order.
func Names(steps ...Step) []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.Name)
	}
	return names
}

// Walk does the steps that are due, in order, up to the one that fails and is not spared;
// do records each.
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

// Walk is Walk over the link, with the time of one step for each.
func (l *Link) Walk(steps []Step) error { return Walk(steps, l.do) }

func (s Step) isDue() bool { return s.Due == nil || s.Due() }

func (l *Link) do(s Step) error {
	l.NextStep()
	return l.Result.Run(s.Name, func(p *probe.Step) error {
		err := l.Broken(s.Name, s.Do(p))
		l.TellOdd(p)
		if l.Notices != nil {
			l.Notices(p, err)
		}
		return err
	})
}

// TellOdd tells what was legible but not as the standard has it. Walk does it after
// every step.
func (l *Link) TellOdd(s *probe.Step) {
	if l.Conn == nil {
		return
	}
	if odd := l.Conn.Odd(); len(odd) > 0 {
		s.Learn(probe.Text("odd", strings.Join(odd, "; ")))
		s.Say("odd: the server sent " + strings.Join(odd, " and "))
	}
}

// patience is how long a server may take to answer a goodbye after something failed.
const patience = 2 * time.Second

// Goodbye does the step that ends the session, wherever there is somebody to hear
// it. After the failure of another step, its own changes nothing.
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

// Summarize makes the result's summary of those parts that are not empty.
func (l *Link) Summarize(parts ...string) {
	l.Result.Summary = strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// maxBrief is how much of a server's text a summary quotes, in bytes.
const maxBrief = 80

// Shorten returns at most so much of a server's text.
func Shorten(text string) string { return cut.Bytes(text, maxBrief) }
