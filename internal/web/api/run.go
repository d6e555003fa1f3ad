package api

import (
	"context"
	"net/http"
	"time"

	"mailprobe/internal/suite"
)

// maxWait is how long a request waits for a run at most.
const maxWait = time.Minute

// run starts a check. With wait, it answers with the outcome where the run ends in time.
func (a *API) run(r *http.Request) (*answer, error) {
	q, err := parameters(r, "wait")
	if err != nil {
		return nil, err
	}
	wait, err := q.span("wait", 0, maxWait)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	changes, cancel := a.Scheduler.Subscribe()
	defer func() { cancel() }()
	if err := a.Scheduler.RunNow(id); err != nil {
		if p := asProblem(err); p.status == http.StatusNotFound {
			err = a.noCheck(id)
		}
		return nil, err
	}
	ctx, end := context.WithTimeout(r.Context(), wait)
	defer end()
	ended := wait > 0 && awaitOutcome(ctx, id, changes)
	out, err := a.whole(id)
	if err == nil && !ended {
		out.status = http.StatusAccepted
	}
	return out, err
}

// awaitOutcome reports whether the outcome of an item is recorded before a context ends.
// It is no longer known where changes came faster than they were read.
func awaitOutcome(ctx context.Context, id string, changes <-chan suite.Change) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case c, ok := <-changes:
			if !ok {
				return false
			}
			if c.ID == id && c.Outcome != nil {
				return true
			}
		}
	}
}
