package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// crew runs items within the limits of a Runner, and prepares their checks.
type crew struct {
	*Runner
	limit *probe.Limit
	// fresh is how long a check that is prepared serves further items, 0 for as long as
	// one of them holds it; build makes one to prepare.
	fresh time.Duration
	build func(*Check) (*probe.Check, error)
	// usual is the time between the runs of a check that has none of its own; 0 if it is
	// not known.
	usual time.Duration

	mu     sync.Mutex
	shared map[*probe.Check]*shared
}

// shared is a check that several items use.
type shared struct {
	of    *Check
	users int // guarded by the crew

	once  sync.Once
	check *probe.Check
	err   error
}

// newCrew returns a crew for one run.
func newCrew(r *Runner) *crew {
	limit := cmp.Or(r.Limit, probe.NewLimit(r.Jobs, max(r.PerHost, 1)))
	return &crew{
		Runner: r, limit: limit, shared: map[*probe.Check]*shared{},
		build: func(c *Check) (*probe.Check, error) { return c.ready, nil },
	}
}

// hold keeps the check of an item prepared, from the first time that it is needed until it
// is released.
func (c *crew) hold(of *Check) *shared {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.shared[of.ready]
	if s == nil {
		s = &shared{of: of}
		c.shared[of.ready] = s
		if c.fresh > 0 {
			s.users++
			time.AfterFunc(c.fresh, func() { c.expire(s) })
		}
	}
	s.users++
	return s
}

// expire ends the time for which a check serves further items.
func (c *crew) expire(s *shared) {
	c.mu.Lock()
	if c.shared[s.of.ready] == s {
		delete(c.shared, s.of.ready)
	}
	c.mu.Unlock()
	c.release(s)
}

// release closes a check after the last that held it.
func (c *crew) release(s *shared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.users--; s.users == 0 && s.check != nil {
		go func() { _ = s.check.Close() }()
	}
}

// attempt runs an item as often as is worth it.
func (c *crew) attempt(ctx context.Context, i *Item, s *shared) *Outcome {
	o := &Outcome{Item: i}
	for o.Attempts < i.Check.Attempts {
		if o.Attempts > 0 && !probe.Pause(ctx, i.Check.RetryAfter) {
			break
		}
		results := c.inTurn(ctx, i, s)
		if results == nil { // its turn did not come
			break
		}
		if o.Attempts++; o.Attempts == 1 {
			o.began = results[0].Start
		}
		if o.Results = results; !o.mayPass() {
			break
		}
	}
	if o.Results == nil {
		return i.made(CauseDeadline, "deadline", "the run ended before the check's turn came")
	}
	o.finish()
	return o
}

// inTurn checks an item once there is room for it; it returns nil where there never was.
func (c *crew) inTurn(ctx context.Context, i *Item, s *shared) (results []*probe.Result) {
	if i.Afar() {
		return c.elsewhere(i).Results
	}
	check, err := c.ready(ctx, s)
	if err != nil {
		return i.made(notReady(err), "prepare", settings.AsKeys(err)).Results
	}
	if check == nil {
		return nil
	}
	if p, ok := check.Passive(); ok && !c.Rehearse {
		return []*probe.Result{i.missing(ctx, check, p, c.Wait(i))}
	}
	err = probe.Guard(func() error {
		results = check.Do(ctx, i.Target)
		return nil
	})
	if err != nil {
		return i.made(probe.CauseInternal, "check", err.Error()).Results
	}
	return results
}

// elsewhere is the outcome of an item that this process cannot run, as other places do, and
// of which it hears nothing.
func (c *crew) elsewhere(i *Item) *Outcome {
	says := fmt.Sprintf("run from %s by `mailprobe serve --fleet`", i.Check.From)
	if c.Rehearse {
		return i.made(CauseNoWitness.As(probe.Skipped), stepPlaces, says)
	}
	return i.made(CauseNoWitness, stepPlaces, says+", of which nothing is heard")
}

// notReady is the cause of an error of preparing: that of mailprobe itself where it broke, and
// that of what is not permitted.
func notReady(err error) *probe.Cause {
	if f := (*probe.Failure)(nil); errors.As(err, &f) && (f.Cause == probe.CauseInternal || f.Cause.Is(CauseNotAllowed)) {
		return f.Cause
	}
	return CauseNotReady
}

// ready prepares a check for the first of its items, once there is room; it is nil
// where there never was.
func (c *crew) ready(ctx context.Context, s *shared) (*probe.Check, error) {
	s.once.Do(func() {
		leave, ok := c.limit.EnterAny(ctx)
		if !ok {
			return
		}
		defer leave()
		s.err = probe.Guard(func() (err error) {
			s.check, err = c.prepare(ctx, s.of)
			return err
		})
	})
	return s.check, s.err
}

// prepare makes a check ready for its targets.
func (c *crew) prepare(ctx context.Context, of *Check) (*probe.Check, error) {
	check, err := c.build(of)
	switch {
	case err != nil:
		return nil, err
	case check == nil:
		return nil, errors.New("the check is not complete")
	}
	check.Options.Dial, check.Options.DNS = c.Dial, c.DNS
	check.Options.Permit, check.Options.Getenv = c.Permit, of.getenv
	check.Options.SendNothing, check.Options.Limit = c.Rehearse, c.limit
	check.Options.Interval = cmp.Or(of.Every, c.usual)
	check.Options.Abandon, check.Options.Watch = true, c.Watch
	return check, check.Prepare(ctx)
}
