package probe

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// Guard calls do and returns a panic in it as an error of CauseInternal, so that others go
// on.
func Guard(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = broke{Because(CauseInternal, fmt.Errorf("the check itself broke: %v (%s)", cause, panicPlace()))}
		}
	}()
	return do()
}

// broke is the error of a panic.
type broke struct{ error }

// Unwrap returns the cause.
func (b broke) Unwrap() error { return b.error }

// guard calls a part of a check and turns a panic in it into a step.
func (r *Result) guard(do func() error) error {
	err := Guard(do)
	if b := (broke{}); errors.As(err, &b) {
		return r.Run(r.free("panic"), func(*Step) error { return b.error })
	}
	return err
}

// free returns a name that no step has.
func (r *Result) free(name string) string {
	for i := 2; r.Step(name) != nil; i++ {
		name = fmt.Sprintf("%s-%d", strings.TrimRight(name, "-0123456789"), i)
	}
	return name
}

// panicPlace names the line of this program that panicked, seen from a deferred
// function.
func panicPlace() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	panicked := false
	for {
		f, more := frames.Next()
		if f.Function == "runtime.gopanic" {
			panicked = true
		} else if panicked && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s, line %d", f.Function, f.Line)
		}
		if !more {
			return "somewhere"
		}
	}
}
