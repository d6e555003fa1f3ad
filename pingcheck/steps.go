package pingcheck

import "fmt"

// The steps of the checks.
const (
	stepResolve = "resolve"
	stepEcho    = "echo"
	stepConnect = "connect"
	stepMTU     = "mtu"
	stepTrace   = "trace"
	stepSweep   = "sweep" // of the result that a sweep as a whole has
)

func hopStep(ttl int) string { return fmt.Sprintf("%s-%d", itemHop, ttl) }

// Items of a trace are its hops.
const (
	itemHop    = "hop"
	maxHopFlag = 64
)

// traceSteps are the steps of a trace: itself, and its hops.
func traceSteps() []string {
	steps := []string{stepTrace}
	for ttl := 1; ttl <= maxHopFlag; ttl++ {
		steps = append(steps, hopStep(ttl))
	}
	return steps
}
