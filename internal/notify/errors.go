package notify

import (
	"context"
	"errors"
	"slices"
)

// Errors are what went wrong beside the checks: a receiver that could not be reached, a
// history that could not be written.
type Errors []error

// Add adds errors, each text once, leaving out nil.
func (p *Errors) Add(errs ...error) {
	for _, err := range errs {
		if errors.Is(err, context.Canceled) {
			err = errUnsent
		}
		if err != nil && !slices.ContainsFunc(*p, func(have error) bool { return have.Error() == err.Error() }) {
			*p = append(*p, err)
		}
	}
}

// errUnsent is what an interrupt is while messages are sent.
var errUnsent = errors.New("interrupted; what was not sent is kept and tried again")
