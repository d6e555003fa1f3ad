package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// Outcome is what a run found of one item.
type Outcome struct {
	*Item
	// Results are those of the last attempt, several where a check has one for
	// each address; never empty.
	Results []*probe.Result
	// Attempts is how often it was tried.
	Attempts int

	delivered time.Time // when it was, of a passive check
}

// Worst is the result that counts.
func (o *Outcome) Worst() *probe.Result {
	worst := o.Results[0]
	for _, r := range o.Results[1:] {
		if r.Status.Worse(worst.Status) {
			worst = r
		}
	}
	return worst
}

// Runner runs items side by side.
type Runner struct {
	// Jobs is how many sessions go on at once, PerHost how many of them with one host.
	Jobs, PerHost int
	// Dial and DNS are the network; nil for that of the operating system.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	DNS  probe.Resolver
	// Rehearse sends no message, whatever the options say.
	Rehearse bool
	// Progress is called with how many items of all are done; nil where nobody looks.
	Progress func(done, all int)
	// Wait returns what is known of the deliveries to a passive item.
	Wait func(*Item) probe.Wait
	// Watch is probe.Options.Watch of every check.
	Watch func(target, step string) (ended func())
}

// Run runs items and returns their outcomes in the same order, when all have ended
// or the context has. A check that hangs or panics is an outcome of its own and
// no more. last has the statuses of items that are not run, for those that depend
// on them.
func (r *Runner) Run(ctx context.Context, items []*Item, last map[string]probe.Status) []*Outcome {
	w := r.prepare(items, last)
	var all sync.WaitGroup
	for _, t := range w.tasks {
		all.Go(func() {
			defer close(t.done)
			t.outcome = w.do(ctx, t)
			w.advance()
		})
	}
	all.Wait()
	outcomes := make([]*Outcome, len(w.tasks))
	for i, t := range w.tasks {
		outcomes[i] = t.outcome
	}
	return outcomes
}

// work is one run as it goes on.
type work struct {
	*Runner
	tasks   []*task
	byCheck map[string][]*task
	last    map[string]probe.Status
	shared  map[*probe.Check]*shared
	limit   *probe.Limit

	mu   sync.Mutex
	done int
}

// task is one item in a run.
type task struct {
	*Item
	outcome *Outcome
	done    chan struct{} // closed when the outcome is there
	root    string        // of one that was skipped, what the first of the chain failed with
}

// shared is a check that several items use.
type shared struct {
	once  sync.Once
	check *probe.Check
	err   error
	users sync.WaitGroup
}

func (r *Runner) prepare(items []*Item, last map[string]probe.Status) *work {
	w := &work{
		Runner: r, byCheck: map[string][]*task{}, last: last, shared: map[*probe.Check]*shared{},
		limit: probe.NewLimit(r.Jobs, max(r.PerHost, 1)),
	}
	for _, i := range items {
		t := &task{Item: i, done: make(chan struct{})}
		w.tasks = append(w.tasks, t)
		w.byCheck[i.Check.Name] = append(w.byCheck[i.Check.Name], t)
		if w.shared[i.Check.ready] == nil {
			w.shared[i.Check.ready] = &shared{}
		}
		w.shared[i.Check.ready].users.Add(1)
	}
	return w
}

func (w *work) advance() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	if w.Progress != nil {
		w.Progress(w.done, len(w.tasks))
	}
}

// do runs a task, once those that it depends on are done.
func (w *work) do(ctx context.Context, t *task) *Outcome {
	s := w.shared[t.Check.ready]
	defer s.users.Done()
	if other, root := w.hopeless(t); root != "" {
		t.root = root
		return t.made(CauseDependency, "depends_on", other+root)
	}
	o := &Outcome{Item: t.Item}
	for o.Attempts < t.Check.Attempts {
		if o.Attempts > 0 && !pause(ctx, t.Check.RetryAfter) {
			break
		}
		results := w.inTurn(ctx, t)
		if results == nil { // its turn did not come
			break
		}
		o.Attempts++
		if o.Results = results; !o.mayPass() {
			break
		}
	}
	if o.Results == nil {
		return t.made(CauseDeadline, "deadline", "the run ended before the check's turn came")
	}
	o.finish()
	return o
}

// mayPass reports whether another attempt is worth it: no message is on its way, and
// all that is wrong may pass by waiting. A password that was refused is not tried
// again: many servers lock accounts after a few.
func (o *Outcome) mayPass() bool {
	bad := false
	for _, r := range o.Results {
		if r.Committed || !passes(r) {
			return false
		}
		bad = bad || r.Status.ExitCode() != 0
	}
	return bad
}

// passes reports whether what is wrong with a result may pass by waiting. A Warning
// does only where nobody or the network is to blame.
func passes(r *probe.Result) bool {
	switch r.Status {
	case probe.OK, probe.Skipped:
		return true
	case probe.Warning:
		return r.Cause != nil && (r.Cause.Blame == probe.BlameNobody || r.Cause.Blame == probe.BlameNetwork)
	}
	return r.Cause == nil || r.Cause.Passes()
}

// finish adds the number of attempts, and bounds what is kept.
func (o *Outcome) finish() {
	for _, r := range o.Results {
		r.Name, r.Group, r.Tags = o.ID, o.Check.Group, o.Check.Tags
		if r.Transcript.Size() > maxKept {
			r.Transcript = r.Transcript.Excerpt(maxKeptEnds, maxKeptLine)
		}
		if o.Attempts > 1 {
			r.Learn(probe.Number("tries", float64(o.Attempts), probe.None))
		}
	}
}

// made returns the outcome of an item that was not run.
func (t *task) made(c *probe.Cause, step, why string) *Outcome {
	r := &probe.Result{
		Name: t.ID, Check: t.Check.Kind.Name, Target: t.Target.Text, Start: time.Now(), Status: c.Status, Summary: why, Cause: c,
		Steps: []probe.Step{{Name: step, Status: c.Status, Detail: why, Hint: c.Hint, Cause: c}},
	}
	r.Group, r.Tags = t.Check.Group, t.Check.Tags
	return &Outcome{Item: t.Item, Results: []*probe.Result{r}}
}

// hopeless waits for the checks that an item depends on, and returns which of them is down
// and why: of a chain the first one.
func (w *work) hopeless(t *task) (which, root string) {
	for _, name := range t.Check.DependsOn {
		for _, other := range w.sameHost(name, t.Target.Host) {
			<-other.done
			worst := other.outcome.Worst()
			is := fmt.Sprintf("%s is %s: ", other.ID, worst.Status)
			switch {
			case other.root != "":
				return is, other.root
			case worst.Status == probe.Critical || worst.Status == probe.Skipped:
				return "", is + worst.Summary
			}
		}
		if len(w.byCheck[name]) == 0 && w.last[name] == probe.Critical {
			return "", fmt.Sprintf("%s was %s when it ran last", name, probe.Critical)
		}
	}
	return "", ""
}

// sameHost returns the items of a check: those of the same host, if there are any.
func (w *work) sameHost(name, host string) []*task {
	all := w.byCheck[name]
	same := slices.DeleteFunc(slices.Clone(all), func(t *task) bool { return t.Target.Host != host })
	if len(same) > 0 {
		return same
	}
	return all
}

// inTurn checks an item once there is room for it; it returns nil where there never was.
func (w *work) inTurn(ctx context.Context, t *task) []*probe.Result {
	check, err := w.ready(ctx, t)
	switch {
	case err != nil:
		return t.made(CauseNotReady, "prepare", settings.AsKeys(err)).Results
	case check == nil:
		return nil
	}
	if p, ok := check.Passive(); ok && !w.Rehearse {
		return []*probe.Result{t.missing(ctx, check, p, w.Wait(t.Item))}
	}
	return check.Do(ctx, t.Target)
}

// ready prepares a check for the first of its items, once there is room; it is nil
// where there never was. It is closed after the last item.
func (w *work) ready(ctx context.Context, t *task) (*probe.Check, error) {
	s := w.shared[t.Check.ready]
	s.once.Do(func() {
		leave, ok := w.limit.EnterAny(ctx)
		if !ok {
			return
		}
		defer leave()
		check := t.Check.ready
		if check == nil {
			s.err = errors.New("the check is not complete")
			return
		}
		check.Options.Dial, check.Options.DNS = w.Dial, w.DNS
		check.Options.SendNothing, check.Options.Limit = w.Rehearse, w.limit
		check.Options.Abandon, check.Options.Watch = true, w.Watch
		s.err = check.Prepare(ctx)
		s.check = check
		go func() {
			s.users.Wait()
			_ = check.Close()
		}()
	})
	return s.check, s.err
}

// pause waits, and returns false where the context ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// The limits of a transcript that is kept, so that a thousand servers that talk
// without end fit in memory together.
const (
	maxKept     = 12 << 10 // bytes that are kept whole
	maxKeptEnds = 20       // lines of the beginning, and of the end, of a longer one
	maxKeptLine = 300      // bytes of such a line
)
