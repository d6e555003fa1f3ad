package probe

import (
	"context"
	"errors"
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
	// Detail says what happened, the server's words quoted.
	Detail string
	// Hint says what to do about it, in our own words and never in a server's;
	// empty where all is well.
	Hint string
	// Facts are what it learned, in order.
	Facts []Fact

	cause string // the part of Detail that made the step as bad as it is
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

// Raise makes the step at least as bad as status, says why and what to do. The
// walk goes on; a step that must end it returns a Failure instead.
func (s *Step) Raise(status Status, detail, hint string) {
	worse := status.Worse(s.Status)
	if s.Hint == "" || worse && s.Status != OK && hint != "" { // it is for what the verdict names
		s.Hint = hint
	}
	if worse {
		s.Status, s.cause = status, detail
	}
	s.Say(detail)
}

// Skip leaves the step out and says why. It returns nil: the walk goes on.
func (s *Step) Skip(why string) error {
	s.Status = Skipped
	s.Say(why)
	return nil
}

// Failure is an error with its verdict and a way out. A step that returns any
// other error is Critical.
type Failure struct {
	// Status is Warning, Critical, Unknown or Skipped.
	Status Status
	// Err says what happened, with the server's words.
	Err error
	// Hint says what to do.
	Hint string
	// Refused tells that the server answered, and its answer was no: what an
	// expectation on the reply may turn into success.
	Refused bool
}

// Fail makes a Failure of an error.
func Fail(status Status, err error, hint string) error {
	return &Failure{Status: status, Err: err, Hint: hint}
}

// Refuse makes a Failure of a server's negative reply.
func Refuse(status Status, err error, hint string) error {
	return &Failure{Status: status, Err: err, Hint: hint, Refused: true}
}

// Error returns the cause.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// grade gives the step the verdict of the error it ended with. That the user
// stopped it says nothing about the target.
func (s *Step) grade(err error) {
	if err == nil {
		return
	}
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Status: Critical, Err: err}
	}
	if errors.Is(err, context.Canceled) {
		f = &Failure{Status: Unknown, Err: err}
	}
	if f.Status == Skipped && s.Status == OK {
		s.Status = Skipped
	}
	s.Raise(f.Status, err.Error(), f.Hint)
}
