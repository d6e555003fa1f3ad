package prober

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/suite"
	"mailprobe/probe"
	"mailprobe/transport"
)

// fresh is how long a prepared check is used. Passwords, certificates and what commands
// print may change; a new one reads them again.
const fresh = time.Minute

// ready is a module with the check that its probes share.
type ready struct {
	module  *suite.Module
	options *Options
	turn    chan struct{} // full while somebody prepares a check

	mu      sync.Mutex
	current *sharedCheck // nil for none
	retired bool
}

// sharedCheck is a prepared check. The mutex of its ready guards it.
type sharedCheck struct {
	*probe.Check
	since time.Time
	users int
	old   bool // it is closed after its last user
}

// find returns the module of a name.
func (p *Prober) find(name string) (*ready, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if modules := p.options.Modules(); p.ready == nil || !sameSlice(modules, p.loaded) {
		p.replace(modules)
	}
	if r := p.ready[name]; r != nil {
		return r, nil
	}
	if name == "" {
		return nil, fmt.Errorf("module= is missing; the modules are %s", p.names())
	}
	return nil, fmt.Errorf("there is no module %s; the modules are %s", cut.Quoted(name, maxShown), p.names())
}

func sameSlice(a, b []*suite.Module) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// maxNamed bounds how many modules an error names.
const maxNamed = 20

func (p *Prober) names() string {
	var names []string
	for _, m := range p.loaded {
		names = append(names, m.Name)
	}
	if more := len(names) - maxNamed; more > 0 {
		return strings.Join(names[:maxNamed], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

// replace puts other modules in the place of those there are; checks that are running go
// on. p.mu is held.
func (p *Prober) replace(modules []*suite.Module) {
	for _, r := range p.ready {
		go r.retire()
	}
	p.loaded, p.ready = modules, map[string]*ready{}
	for _, m := range modules {
		p.ready[m.Name] = &ready{module: m, options: &p.options, turn: make(chan struct{}, 1)}
	}
}

// acquire returns a check that is prepared. done must be called after its use. The time it
// takes to prepare one is bounded by ctx for this caller, and by the check's own timeout
// for all.
func (r *ready) acquire(ctx context.Context, serverName string) (check *probe.Check, done func(), err error) {
	if serverName != "" {
		check, err := r.prepare(ctx, serverName)
		return check, func() { _ = check.Close() }, err
	}
	if s := r.use(); s != nil {
		return s.Check, func() { r.release(s) }, nil
	}
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, nil, errBusy
	}
	s := r.use()
	if s == nil { // nobody else has prepared one meanwhile
		check, err := r.prepare(context.WithoutCancel(ctx), "")
		if err != nil {
			return nil, nil, err
		}
		s = r.put(check)
	}
	return s.Check, func() { r.release(s) }, nil
}

var errBusy = errors.New("the check was still being prepared when its time was over: a command that prints a secret takes long")

// use returns the check there is, nil where there is none that is fresh.
func (r *ready) use() *sharedCheck {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.current == nil || time.Since(r.current.since) > fresh {
		return nil
	}
	r.current.users++
	return r.current
}

// put takes a new check, which its caller uses, in the place of the one there is.
func (r *ready) put(check *probe.Check) *sharedCheck {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
	s := &sharedCheck{Check: check, since: time.Now(), users: 1, old: r.retired || remembers(check)}
	if !s.old {
		r.current = s
	}
	return s
}

// remembers reports whether a check would answer the next probe from what it asked of DNS
// for this one.
func remembers(check *probe.Check) bool {
	_, ok := check.Options.DNS.(transport.Resolver)
	return ok
}

func (r *ready) prepare(ctx context.Context, serverName string) (*probe.Check, error) {
	check, err := r.module.New(serverName)
	if err != nil {
		return nil, err
	}
	check.Options.Dial, check.Options.DNS = r.options.Dial, r.options.DNS
	if err := check.Prepare(ctx); err != nil {
		_ = check.Close()
		return nil, err
	}
	check.Options.Timeout = min(check.Options.Timeout, longest)
	return check, nil
}

// release ends a use of a check.
func (r *ready) release(s *sharedCheck) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.users--
	s.closeUnused()
}

// drop has the current check closed when nobody uses it any more.
func (r *ready) drop() {
	if r.current != nil {
		r.current.old = true
		r.current.closeUnused()
		r.current = nil
	}
}

func (s *sharedCheck) closeUnused() {
	if s.old && s.users == 0 {
		_ = s.Close()
	}
}

// retire drops the check of a module that is no more.
func (r *ready) retire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retired = true
	r.drop()
}
