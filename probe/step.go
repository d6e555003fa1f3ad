package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Step is one timed part of a check.
type Step struct {
	// Name is unique within a result.
	Name string
	// Status is the verdict on this step.
	Status Status
	// Elapsed is how long it took.
	Elapsed time.Duration
	// Detail describes what happened and quotes the server.
	Detail string
	// Hint says what to do about it, in our own words and never in a server's;
	// empty where all is well.
	Hint string
	// Cause is why the step is not OK, nil where it is. Of a result that was read
	// from JSON it has Name and Blame alone.
	Cause *Cause
	// Also are further causes: those that the evidence cannot distinguish from Cause, the
	// likelier first, and those of further faults.
	Also []*Cause
	// Fix are DNS records to publish, each a line of a zone that stands by itself. Nothing
	// in them is text that a server chose.
	Fix []string
	// Facts are what it learned, in order.
	Facts []Fact
	// Aside is set for a step that is not what the check is for, such as the goodbye: its
	// faults come last in the verdict.
	Aside bool
	// Item is set for a step that stands for one of several things the check found, such
	// as the hops of a path. It is the word for them and the first part of the step's
	// name, "hop-3". Facts of an item do not count for the result, and Elapsed is the
	// time measured of it, not the time spent on it.
	Item string
	// Address is the network address of an item, empty where none is known.
	Address string
	// Group is the heading that a table shows the step under, empty for none.
	Group string
	// FaultsFirst puts faults at the beginning of Detail, the worst first, whenever they are
	// found. A step that narrates a session leaves them where they occurred.
	FaultsFirst bool
	// Took is set by a step that ran beside others, and waited for the result of its own
	// work only: it counts in the place of the time that Run measures.
	Took time.Duration

	reason string // the part of Detail that made the step as bad as it is
	faults string // the beginning of Detail, with FaultsFirst
}

// isCalled reports whether a name is that of the step or of all its repetitions.
func (s *Step) isCalled(name string) bool {
	return s.Name == name || baseName(s.Name) == name
}

// Learn adds facts.
func (s *Step) Learn(facts ...Fact) { s.Facts = append(s.Facts, facts...) }

// Say adds to the detail.
func (s *Step) Say(detail string) {
	if s.Detail != "" && detail != "" {
		s.Detail += "; "
	}
	s.Detail += detail
}

// raise makes the step at least as bad as status, with detail and hint.
func (s *Step) raise(status Status, detail, hint string) {
	worse := status.Worse(s.Status)
	if s.Hint == "" || worse && s.Status != OK && hint != "" { // it is for what the verdict names
		s.Hint = hint
	}
	if worse {
		s.Status, s.reason = status, detail
	}
	s.sayFault(detail, worse)
}

// sayFault adds a fault to the detail. worst is set for one that decides the verdict.
func (s *Step) sayFault(fault string, worst bool) {
	if !s.FaultsFirst {
		s.Say(fault)
		return
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(s.Detail, s.faults), "; ")
	s.Detail = s.faults
	if worst {
		s.Detail, fault = fault, s.faults
	}
	s.Say(fault)
	s.faults = s.Detail
	s.Say(rest)
}

// RaiseFor makes the step at least as bad as a cause, with its hint. also are causes that
// the evidence cannot distinguish from it. The walk goes on; a step that must end it
// returns a Failure instead.
func (s *Step) RaiseFor(c *Cause, detail string, also ...*Cause) {
	worse := c.Status.Worse(s.Status)
	s.raise(c.Status, detail, c.Hint)
	if worse {
		s.Cause, s.Also = c, addCauses(nil, c, append(also, s.causes()...)...)
		return
	}
	s.Also = addCauses(s.Also, s.Cause, append([]*Cause{c}, also...)...)
}

// ExplainBy copies the verdict of later, a step that found the cause.
func (s *Step) ExplainBy(later *Step) {
	s.reason = strings.TrimPrefix(s.Reason(), s.Name+": ") + ": " + strings.TrimPrefix(later.Reason(), later.Name+": ")
	s.Status, s.Cause, s.Also, s.Hint = later.Status, later.Cause, later.Also, later.Hint
}

// causes returns all causes of the step, that of its verdict first.
func (s *Step) causes() []*Cause {
	if s.Cause == nil {
		return nil
	}
	return append([]*Cause{s.Cause}, s.Also...)
}

// addCauses adds causes that are neither in the list nor first.
func addCauses(list []*Cause, first *Cause, more ...*Cause) []*Cause {
	for _, c := range more {
		if c != nil && !c.Is(first) && !slices.ContainsFunc(list, c.Is) {
			list = append(list, c)
		}
	}
	return list
}

// Skip marks the step as skipped and says why. It returns nil: the walk goes on.
func (s *Step) Skip(why string) error {
	s.Status = Skipped
	s.Say(why)
	return nil
}

// Failure is an error with a verdict, a cause and a hint. Any other error of a step is
// Critical.
type Failure struct {
	// Status is Warning, Critical, Unknown or Skipped.
	Status Status
	// Err describes what happened and quotes the server.
	Err error
	// Hint says what to do.
	Hint string
	// Refused reports that the server answered negatively, which an expectation on the
	// reply may turn into success.
	Refused bool
	// Cause is why; Also are causes that the evidence cannot distinguish from it.
	Cause *Cause
	Also  []*Cause
}

// Because returns a Failure with an error and its cause, whose status and hint it has.
// also are causes that the evidence cannot distinguish from it.
func Because(c *Cause, err error, also ...*Cause) error {
	return &Failure{Status: c.Status, Err: err, Hint: c.Hint, Cause: c, Also: addCauses(nil, c, also...)}
}

// RefuseBecause is Because for a server's negative reply.
func RefuseBecause(c *Cause, err error, also ...*Cause) error {
	f := Because(c, err, also...).(*Failure)
	f.Refused = true
	return f
}

// Error returns the text of Err.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// grade gives the step the verdict of its error. An interruption by the user says nothing
// about the target.
func (s *Step) grade(err error) {
	if err == nil {
		return
	}
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Status: Critical, Err: err}
	}
	if errors.Is(err, context.Canceled) {
		f = &Failure{Status: Unknown, Err: err, Cause: CauseInterrupted}
	}
	if f.Status == Skipped && s.Status == OK {
		s.Status = Skipped
	}
	if f.Cause == nil {
		s.raise(f.Status, err.Error(), f.Hint)
		return
	}
	if s.Status == Critical && f.Status != Critical { // as Result.Wrong orders them
		s.RaiseFor(f.Cause.As(f.Status).Advise(f.Hint), err.Error(), f.Also...)
		return
	}
	s.end(f, err.Error())
}

// end gives a step the verdict of the failure that ended it, before those of faults that
// it had gone on after.
func (s *Step) end(f *Failure, detail string) {
	before := s.causes()
	if s.Status == OK || f.Status.Worse(s.Status) {
		s.Status = f.Status
	}
	s.reason, s.Cause = detail, f.Cause.As(f.Status).Advise(f.Hint)
	s.Hint = cmp.Or(s.Cause.Hint, s.Hint)
	s.Also = addCauses(nil, s.Cause, append(slices.Clone(f.Also), before...)...)
	s.sayFault(detail, true)
}

// Numbered returns the name of one of several steps of a sort, i from 0: that of the sort for
// the first, and with a number for those after it, such as rcpt, rcpt-2.
func Numbered(name string, i int) string {
	if i == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, i+1)
}
