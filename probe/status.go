package probe

import (
	"fmt"
	"slices"
)

// Status is the verdict on a step, a fact or a whole result.
type Status int

// The statuses. The zero value is Unknown: what never ran is never green.
const (
	// Unknown: it could not be determined.
	Unknown Status = iota
	// Skipped: it was not tried, for a reason that is no fault.
	Skipped
	// OK: as it should be.
	OK
	// Warning: it works, and something about it needs attention.
	Warning
	// Critical: it does not do its job.
	Critical
)

var statusNames = []string{"UNKNOWN", "SKIPPED", "OK", "WARNING", "CRITICAL"}

// severity orders the statuses from best to worst.
var severity = []Status{Skipped, OK, Unknown, Warning, Critical}

// String returns the status in capitals.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusNames[s]
}

// Worse reports whether s is worse than t: Skipped < OK < Unknown < Warning < Critical.
func (s Status) Worse(t Status) bool {
	return slices.Index(severity, s) > slices.Index(severity, t)
}

// Worst returns the worst of several, Unknown of none.
func Worst(all ...Status) Status {
	if len(all) == 0 {
		return Unknown
	}
	return slices.MaxFunc(all, func(a, b Status) int {
		return slices.Index(severity, a) - slices.Index(severity, b)
	})
}

// ExitCode returns what a monitoring plug-in exits with: 0 for OK and Skipped,
// 1 Warning, 2 Critical, 3 Unknown.
func (s Status) ExitCode() int {
	switch s {
	case OK, Skipped:
		return 0
	case Warning:
		return 1
	case Critical:
		return 2
	}
	return 3
}

// MarshalText returns the status in capitals.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a status in capitals.
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusNames, string(text))
	if i < 0 {
		return fmt.Errorf("%q is not a status: there are %v", text, statusNames)
	}
	*s = Status(i)
	return nil
}
