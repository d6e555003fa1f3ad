package probe

import (
	"crypto/sha256"
	"time"
)

// Passive is a checker that does nothing by itself: its results are delivered from
// outside, as by a job that reports its own end, and it says what it means that none
// came. Its Prepare reads the token by which a delivery names it.
type Passive interface {
	Checker
	// Token returns the hash of the token of the check, by which two are compared in
	// constant time.
	Token() [sha256.Size]byte
	// Deadline returns when the next result must have been delivered, for a check with
	// this interval.
	Deadline(every time.Duration, w Wait) time.Time
	// Missing records that none was.
	Missing(r *Result, every time.Duration, w Wait) error
	// Deliver records a delivery that is a result.
	Deliver(r *Result, d Delivery) error
}

// Wait is what is known of the deliveries to a passive check.
type Wait struct {
	// Since is when a result was first waited for.
	Since time.Time
	// Last is when a result was delivered last, zero where none was.
	Last time.Time
	// First and Began are when a job reported that it begins, for the first and the last
	// time since the last result; zero where none has.
	First, Began time.Time
	// Listening is since when deliveries are taken without a break, zero where none are.
	Listening time.Time
	// Now is when all of this is known.
	Now time.Time
}

// Delivery is what was delivered to a passive check.
type Delivery struct {
	// Begin is set where a job reports that it begins. That is no result, and nothing
	// else of the delivery counts.
	Begin bool
	// Status is the verdict of the other side.
	Status Status
	// Text is what it says in a line, Body what it says in many; both may be empty.
	Text string
	Body []string
	// Took is how long the job took, 0 where that is not known.
	Took time.Duration
	// ExitCode is that of the job, nil where it is not known.
	ExitCode *int
}

// Passive returns the checker of a check whose results are delivered; ok is false where
// it finds them out itself.
func (c *Check) Passive() (p Passive, ok bool) {
	p, ok = c.checker.(Passive)
	return p, ok
}
