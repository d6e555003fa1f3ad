package centre

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
)

// Own returns how a program on the centre's own machine connects as the centre, by the keys in
// its state directory. The error is fs.ErrNotExist where that is no centre's.
func Own(state string) (fleet.Options, error) {
	if _, err := os.Stat(filepath.Join(state, folder, "centre.nk")); err != nil {
		return fleet.Options{}, err
	}
	k, err := loadKeys(state)
	if err != nil {
		return fleet.Options{}, err
	}
	o := fleet.Options{Name: "centre", Key: k.user}
	if !IsElsewhere(state) {
		o.Fingerprint, err = Fingerprint(state)
	}
	return o, err
}

// bulkLimits are those of bulk runs. Half of what the embedded server may store is for results.
func (c *Centre) bulkLimits() bulk.Limits {
	l := bulk.Limits{Replicas: c.replicas()}
	if c.server != nil {
		l.Bytes = maxStore / 2
	}
	return l
}

// queue makes the queues of a place.
func (v *visit) queue(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := bulk.AddQueues(ctx, v.centre.js, v.centre.bulkLimits(), v.place); err != nil && ctx.Err() == nil {
		v.centre.told.tell("queue: "+v.place, fmt.Errorf("fleet: there are no bulk runs for %s alone: %w", v.place, err))
	}
}

// workerSubjects and submitterSubjects are what bulk runs need.
func workerSubjects(place string) []string {
	return bulk.WorkerSubjects(place, []string{place, bulk.Any})
}

func submitterSubjects() []string { return bulk.SubmitterSubjects() }
