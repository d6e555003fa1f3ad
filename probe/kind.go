package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"time"

	"mailprobe/wire"
)

// Kind describes one type of check, such as smtp.
type Kind struct {
	// Name is the word for it on the command line, in results and in metrics.
	Name string
	// Short describes it in a line; Long says what it does; Example
	// shows commands.
	Short, Long, Example string
	// Schemes are the URLs it takes, the default first; none where a target is
	// a host without a port.
	Schemes []Scheme
	// Target says what a target is where the kind has no schemes, such as "the name of a
	// domain"; empty for a host name or an IP address.
	Target string
	// Steps are the names of all steps there can be, in order. This package adds
	// steps of its own where they are needed: targets, prepare, check, conditions,
	// interrupted and panic.
	Steps []string
	// Measures returns the facts of its steps that are numbers; nil where nothing is
	// known of them.
	Measures func() []Measure
	// Causes returns all that its steps can give, those of every kind apart; nil for
	// none.
	Causes func() []*Cause
	// Diagnose names the cause of a pasted line: a server's reply or what a bounce
	// quotes of it; ok is false where it is not of this protocol. Nil for none.
	Diagnose func(line string) (d Diagnosis, ok bool)
	// Examples are what real servers said for a cause, by its name; nil for none.
	Examples func(cause string) []Example
	// Offers is where its servers list what they offer.
	Offers Listing
	// Timeout describes the option timeout where it means more than the time for one
	// target; empty for that.
	Timeout string
	// New makes a checker and declares its own options. It may set Options.Timeout to
	// the kind's default, 0 where that follows from other options.
	New func(*Options) (Checker, []Option)
}

// Diagnosis explains one server reply.
type Diagnosis struct {
	// Step is the step of a check at which it is said, empty where that is not known.
	Step string
	// Said is the reply in the line.
	Said string
	// Causes are what may be behind it, the likeliest first, with the hint for this
	// reply; none where it says no more than its words.
	Causes []*Cause
}

// Example is a place in a session where a cause comes about.
type Example struct {
	// From is the server's software, with its version.
	From string
	// Step is the step of the check.
	Step string
	// Asked is what the client said, empty where the server speaks first.
	Asked string
	// Said is what the server answered.
	Said string
	// Found is what the check found, in its words, where that is no answer; empty else.
	Found string
}

// HasStep reports whether a step of that name can run: one of Steps, or a repetition
// of it such as "rcpt-2".
func (k Kind) HasStep(name string) bool {
	return slices.Contains(k.Steps, name) || slices.Contains(k.Steps, baseName(name))
}

// hasItem reports whether steps of a name with a number can run, as "hop-1" is of "hop".
func (k Kind) hasItem(name string) bool {
	return slices.ContainsFunc(k.Steps, func(step string) bool { return baseName(step) == name })
}

// stepSorts are the names of all steps, of those with a number the first part once.
func (k Kind) stepSorts() []string {
	sorts := make([]string, len(k.Steps))
	for i, name := range k.Steps {
		sorts[i] = baseName(name)
	}
	return slices.Compact(sorts)
}

// Checker is a kind with its flags. It is used for many targets at once, so Check
// must not change it.
type Checker interface {
	// Prepare is called once when the options are set. Its error says
	// which flag is wrong and what to use instead.
	Prepare(ctx context.Context) error
	// Check does the steps on one target and records them in r. A non-nil error
	// ends the check; it is recorded unless a step has recorded it.
	Check(ctx context.Context, t Target, r *Result) error
}

// Expander is a checker that makes several targets of one, as a domain has
// several exchangers. Steps it runs in r lead every result.
type Expander interface {
	Expand(ctx context.Context, t Target, r *Result) ([]Target, error)
}

// TargetPreparer is a checker that can find out before it connects that its options do
// not fit a target, such as one that names a user without a password.
type TargetPreparer interface {
	// PrepareTarget is called after Prepare, with targets that are known by then. Its
	// error is the user's.
	PrepareTarget(t Target) error
}

// Exclusive is a checker some of whose sessions must not go on side by side, as a POP3
// server locks a mailbox for the time of a session (RFC 1939 §4).
type Exclusive interface {
	// Alone names what only one session of all checks may use at once, such as the
	// mailbox of a user; empty for nothing.
	Alone(t Target) string
}

// Targeter is a checker whose options name what it checks, as a delivery goes from
// one server to another. Its kind takes no target as an argument.
type Targeter interface {
	// Target returns what the flags name. It may be asked before Prepare.
	Target() Target
}

// Check is a kind with its options set.
type Check struct {
	// Kind is what sort of check it is.
	Kind Kind
	// Options are those of every kind.
	Options *Options
	// Declared are all options of the check: those of every kind, then its own.
	Declared []Option

	checker Checker
}

// New makes a check of a kind. Set its options, then call Prepare, and Close after the
// last target.
func New(kind Kind) *Check {
	o := &Options{Timeout: DefaultTimeout}
	checker, own := kind.New(o)
	for i := range own {
		if own[i].Type == TypePattern && own[i].Choices == nil {
			own[i].Choices = kind.Steps
		}
	}
	return &Check{Kind: kind, Options: o, Declared: append(o.declare(kind), own...), checker: checker}
}

// Set sets the option of a name. The error is an OptionError.
func (c *Check) Set(name, text string) error {
	o := FindOption(c.Declared, name)
	if o == nil {
		return fmt.Errorf("%s has no option %s", c.Kind.Name, name)
	}
	if err := o.Set(text); err != nil {
		return OptionErrorf("%s: %w", OptionName(o.Name), err)
	}
	return nil
}

// TakesTarget reports whether the check needs a target; otherwise its options name it.
func (c *Check) TakesTarget() bool {
	_, ok := c.checker.(Targeter)
	return !ok
}

// Target returns the target that the flags name; ok is false where they do not.
func (c *Check) Target() (t Target, ok bool) {
	if targeter, ok := c.checker.(Targeter); ok {
		return targeter.Target(), true
	}
	return Target{}, false
}

// Prepare makes the check ready after its flags have been set, in the time that the
// check of one target has. Its error is the user's.
func (c *Check) Prepare(ctx context.Context) error {
	if err := c.Options.prepare(c.Kind); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Options.Timeout, DefaultTimeout))
	defer cancel()
	if err := c.checker.Prepare(ctx); err != nil {
		return err
	}
	c.Options.Timeout = cmp.Or(c.Options.Timeout, DefaultTimeout)
	return nil
}

// PrepareTarget returns what is wrong with the options for a target, as far as that can
// be known before the check connects. Its error is the user's.
func (c *Check) PrepareTarget(t Target) error {
	if p, ok := c.checker.(TargetPreparer); ok {
		return p.PrepareTarget(t)
	}
	return nil
}

// Close frees what the checker shared among its targets.
func (c *Check) Close() error {
	if closer, ok := c.checker.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// Do checks a target. There is one result, or one for each address or exchanger
// where every one was asked for, and none where the context ended before Options.Limit
// had room for the target. Time that is spent waiting for room is no check's.
func (c *Check) Do(ctx context.Context, t Target) []*Result {
	leave, ok := c.enter(ctx, t)
	if !ok {
		return nil
	}
	defer leave()
	lead := c.newResult(t)
	timed, cancel := context.WithTimeout(ctx, c.Options.Timeout)
	defer cancel()
	targets, err := c.expand(timed, t, lead)
	if err != nil || len(targets) == 0 {
		lead.finish(timed, err)
		return []*Result{lead}
	}
	lead.Elapsed = time.Since(lead.Start)
	if len(targets) == 1 && targets[0].Host == t.Host {
		return []*Result{c.one(timed, targets[0], lead)}
	}
	leave()
	return c.each(ctx, targets, lead)
}

// each checks targets side by side, as far as there is room.
func (c *Check) each(ctx context.Context, targets []Target, lead *Result) []*Result {
	results := make([]*Result, len(targets))
	var all sync.WaitGroup
	for i, t := range targets {
		all.Go(func() {
			if leave, ok := c.enter(ctx, t); ok {
				defer leave()
			}
			timed, cancel := context.WithTimeout(ctx, c.Options.Timeout-lead.Elapsed)
			defer cancel()
			results[i] = c.one(timed, t, lead)
		})
	}
	all.Wait()
	return results
}

// enter waits for room for a session with a target.
func (c *Check) enter(ctx context.Context, t Target) (leave func(), ok bool) {
	alone := ""
	if e, ok := c.checker.(Exclusive); ok {
		alone = e.Alone(t)
	}
	return c.Options.Limit.Enter(ctx, t.Host, alone)
}

func (c *Check) newResult(t Target) *Result {
	return &Result{Check: c.Kind.Name, Target: t.Text, Start: time.Now(), Transcript: &wire.Transcript{}, options: c.Options}
}

// Checker returns the kind's own part of the check, for what a kind can do besides.
func (c *Check) Checker() Checker { return c.checker }

// Record returns a Result whose steps are run by do instead of the Checker.
func (c *Check) Record(ctx context.Context, t Target, do func(*Result) error) *Result {
	r := c.newResult(t)
	r.finish(ctx, r.guard(func() error { return do(r) }))
	return r
}

// grace is how long a check that does not heed the end of its time is waited for.
const grace = 4 * time.Second

// one checks one target until ctx ends; the steps of lead come first, and its time
// counts.
func (c *Check) one(ctx context.Context, t Target, lead *Result) *Result {
	start := time.Now().Add(-lead.Elapsed)
	check := func() *Result {
		if c.Options.Repeat > 1 {
			return c.repeated(ctx, t, lead, start)
		}
		r := c.following(lead, t, start)
		r.finish(ctx, r.guard(func() error { return c.checker.Check(ctx, t, r) }))
		return r
	}
	if !c.Options.Abandon {
		return check()
	}
	if r := inTime(ctx, check); r != nil {
		return r
	}
	r := c.following(lead, t, start)
	r.finish(context.WithoutCancel(ctx), r.Run("check", func(*Step) error {
		return Because(CauseInternal, errors.New("the check did not end when its time was over"))
	}))
	return r
}

// inTime calls check and waits for it until some time after the context has ended; nil
// where it had not come to an end then.
func inTime(ctx context.Context, check func() *Result) *Result {
	done := make(chan *Result, 1)
	go func() {
		growStack()
		done <- check()
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r
	case <-time.After(grace):
		return nil
	}
}

// growStack gives a goroutine that has just begun the stack that a session takes. To
// grow to it little by little the deep stack of a session would be copied each time.
//
//go:noinline
func growStack() {
	var room [6 << 10]byte
	runtime.KeepAlive(&room)
}

// following makes a result that begins with the steps of lead.
func (c *Check) following(lead *Result, t Target, start time.Time) *Result {
	r := c.newResult(t)
	r.Start = start
	for _, s := range lead.Steps {
		s.Facts = slices.Clone(s.Facts)
		r.Steps = append(r.Steps, s)
	}
	return r
}

// maxTargets bounds how many results one target can become.
const maxTargets = 256

// expand makes a target into those that are to be checked in its place.
func (c *Check) expand(ctx context.Context, t Target, lead *Result) ([]Target, error) {
	targets := []Target{t}
	if e, ok := c.checker.(Expander); ok {
		err := lead.guard(func() (err error) {
			targets, err = e.Expand(ctx, t, lead)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if c.Options.AllAddresses {
		var each []Target
		for _, t := range targets[:min(len(targets), maxTargets)] {
			each = append(each, c.addressesOf(ctx, t)...)
		}
		targets = each
	}
	if len(targets) > maxTargets {
		_ = lead.Run("targets", func(s *Step) error {
			s.RaiseFor(CauseUsage.As(Warning).Advise("name fewer targets at once"), fmt.Sprintf("%d are too many, the first %d are checked", len(targets), maxTargets))
			return nil
		})
		targets = targets[:maxTargets]
	}
	return targets, nil
}

// addressesOf returns a target for every address. One whose name cannot be
// looked up stays as it is, and its own result says so.
func (c *Check) addressesOf(ctx context.Context, t Target) []Target {
	addrs, err := c.Options.Addresses(ctx, t)
	if err != nil {
		return []Target{t}
	}
	targets := make([]Target, len(addrs))
	for i, a := range addrs {
		targets[i] = t.At(a)
	}
	return targets
}

// Reached records the address that the check goes on with.
func (r *Result) Reached(addr netip.AddrPort) {
	r.Address = addr.String()
	if addr.Port() == 0 {
		r.Address = addr.Addr().String()
	}
}
