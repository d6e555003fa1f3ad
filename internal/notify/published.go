package notify

import (
	"strings"
	"time"

	"mailprobe/internal/history"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// Change is a published text, such as a DNS record, that is not what it was in the run
// before.
type Change struct {
	// Name is the name of the fact.
	Name string `json:"name"`
	// Was and Now are the texts.
	Was string `json:"was"`
	Now string `json:"now"`
}

// AddChanges adds changes of what is published to an event that leads out of a state.
func (e *Event) AddChanges(changes []Change, old history.State) {
	for _, c := range changes {
		e.Changes = append(e.Changes, Change{report.Clean(c.Name), report.Clean(c.Was), report.Clean(c.Now)})
	}
	if e.Kind != Published {
		return
	}
	e.Summary, e.Earlier = namesOf(e.Changes)+" changed", ""
	if e.Status == probe.OK { // what is wrong now is not confirmed yet
		e.Failed, e.Cause, e.Blame, e.Causes, e.Hint, e.Fix = nil, "", "", nil, "", nil
	}
	// A record may change to and fro: the run before tells the changes apart.
	e.identity = e.mark.of(e.Kind, e.Status, old.LastRun.UTC().Format(time.RFC3339Nano), e.Summary)
}

// namesOf lists what has changed.
func namesOf(changes []Change) string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}
