package suite

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"mailprobe/internal/notify"
)

// problems are those of mailprobe itself, by what has them.
type problems struct {
	unsent atomic.Int64 // attempts to send that failed

	mu sync.Mutex
	by map[string]notify.Errors
}

// problem replaces the problems of one source, and warns of those that it had not before.
func (s *Scheduler) problem(source string, errs ...error) {
	fresh := s.problems.replace(source, errs)
	for _, err := range fresh {
		if s.o.Warn != nil {
			s.o.Warn(err)
		}
	}
}

// replace returns those that are new.
func (p *problems) replace(source string, errs []error) (fresh []error) {
	var now notify.Errors
	now.Add(errs...)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[string]notify.Errors{}
	}
	for _, err := range now {
		if !slices.ContainsFunc(p.by[source], func(was error) bool { return was.Error() == err.Error() }) {
			fresh = append(fresh, err)
		}
	}
	p.by[source] = now
	return fresh
}

// all returns those of every source.
func (p *problems) all() (all notify.Errors) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, source := range slices.Sorted(maps.Keys(p.by)) {
		all.Add(p.by[source]...)
	}
	return all
}
