package suite

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

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
	// At is when the run began that it is of.
	At time.Time

	began     time.Time     // the first attempt
	interval  time.Duration // between runs, as far as it is known
	next      time.Time     // turn of the item, zero where it has no schedule of its own
	delivered time.Time     // when it was, of a passive check
	recorded  chan struct{} // closed once it is; nil where nobody waits for that
	written   chan error    // gets whether it is; nil where nobody waits for that
	root      string        // where it was skipped, what the first of the chain failed with
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
	// Limit bounds sessions in the place of Jobs and PerHost, also those of others; nil for
	// these.
	Limit *probe.Limit
	// Permit is probe.Options.Permit of every check.
	Permit func(netip.AddrPort) error
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
	w := r.work(items, last)
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
	*crew
	tasks   []*task
	byCheck map[string][]*task
	last    map[string]probe.Status

	mu   sync.Mutex
	done int
}

// task is one item in a run.
type task struct {
	*Item
	shared  *shared
	outcome *Outcome
	done    chan struct{} // closed when the outcome is there
}

// work begins a run. All of it uses each check as it is prepared once.
func (r *Runner) work(items []*Item, last map[string]probe.Status) *work {
	w := &work{crew: newCrew(r), byCheck: map[string][]*task{}, last: last}
	for _, i := range items {
		t := &task{Item: i, shared: w.hold(i.Check), done: make(chan struct{})}
		w.tasks = append(w.tasks, t)
		w.byCheck[i.Check.Name] = append(w.byCheck[i.Check.Name], t)
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
	defer w.release(t.shared)
	if other, root := w.hopeless(t); root != "" {
		return t.skipped(other, root)
	}
	return w.attempt(ctx, t.Item, t.shared)
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
func (i *Item) made(c *probe.Cause, step, why string) *Outcome {
	r := &probe.Result{
		Name: i.ID, Check: i.Check.Kind.Name, Target: i.Target.Text, Start: time.Now(), Status: c.Status, Summary: why, Cause: c,
		Steps: []probe.Step{{Name: step, Status: c.Status, Detail: why, Hint: c.Hint, Cause: c}},
	}
	r.Group, r.Tags = i.Check.Group, i.Check.Tags
	return &Outcome{Item: i, Results: []*probe.Result{r}}
}

// skipped returns the outcome of an item that was not run because another, which it
// depends on, cannot do without root.
func (i *Item) skipped(other, root string) *Outcome {
	o := i.made(CauseDependency, "depends_on", other+root)
	o.root = root
	return o
}

// blocks reports whether those that depend on an item cannot run: root is what the first
// of the chain failed with, empty where they can.
func (o *Outcome) blocks() (other, root string) {
	worst := o.Worst()
	is := fmt.Sprintf("%s is %s: ", o.ID, worst.Status)
	switch {
	case o.root != "":
		return is, o.root
	case worst.Status == probe.Critical || worst.Status == probe.Skipped:
		return "", is + worst.Summary
	}
	return "", ""
}

// hopeless waits for the checks that an item depends on, and returns which of them is down
// and why: of a chain the first one.
func (w *work) hopeless(t *task) (which, root string) {
	for _, name := range t.Check.DependsOn {
		for _, other := range sameHost(w.byCheck[name], t.Target.Host, func(t *task) string { return t.Target.Host }) {
			<-other.done
			if which, root = other.outcome.blocks(); root != "" {
				return which, root
			}
		}
		if len(w.byCheck[name]) == 0 && w.last[name] == probe.Critical {
			return "", wasCritical(name)
		}
	}
	return "", ""
}

// wasCritical is why an item is skipped whose dependency was Critical in an earlier run.
func wasCritical(name string) string {
	return fmt.Sprintf("%s was %s when it ran last", name, probe.Critical)
}

// sameHost returns the items of a check: those of the same host, if there are any.
func sameHost[T any](all []T, host string, hostOf func(T) string) []T {
	same := slices.DeleteFunc(slices.Clone(all), func(t T) bool { return hostOf(t) != host })
	if len(same) > 0 {
		return same
	}
	return all
}

// The limits of a transcript that is kept, so that a thousand servers that talk
// without end fit in memory together.
const (
	maxKept     = 12 << 10 // bytes that are kept whole
	maxKeptEnds = 20       // lines of the beginning, and of the end, of a longer one
	maxKeptLine = 300      // bytes of such a line
)
