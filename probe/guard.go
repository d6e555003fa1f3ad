package probe

import (
	"fmt"
	"runtime"
	"strings"
)

// guard calls a part of a check and turns a panic in it into a step, so that other checks
// go on.
func (r *Result) guard(do func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = r.Run(r.free("panic"), func(*Step) error {
				return Because(CauseInternal, fmt.Errorf("the check itself broke: %v (%s)", cause, panicPlace()))
			})
		}
	}()
	return do()
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
