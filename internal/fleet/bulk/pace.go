package bulk

import (
	"context"
	"sync"
	"time"

	"mailprobe/probe"
)

// pace keeps the sessions with each destination apart.
type pace struct {
	mu   sync.Mutex
	next map[string]time.Time // when the next session may begin, by destination
	old  int                  // how many there were after the last clearing
}

// wait waits until the next session with a destination may begin, and not before earliest.
// It reports whether the context still goes on then.
func (p *pace) wait(ctx context.Context, destination string, between time.Duration, earliest time.Time) bool {
	p.mu.Lock()
	now := time.Now()
	at := later(later(now, earliest), p.next[destination])
	if p.next == nil {
		p.next = map[string]time.Time{}
	}
	p.next[destination] = at.Add(between)
	p.clear(now)
	p.mu.Unlock()
	if at == now {
		return ctx.Err() == nil
	}
	return probe.Pause(ctx, time.Until(at))
}

// clear forgets destinations that may have a session now, once they are twice as many as
// there were.
func (p *pace) clear(now time.Time) {
	if len(p.next) < 2*p.old+1000 {
		return
	}
	for destination, at := range p.next {
		if at.Before(now) {
			delete(p.next, destination)
		}
	}
	p.old = len(p.next)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// between returns the time from one session to the next at a rate, 0 for any number.
func between(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/rate, float64(24*time.Hour)))
}
