package probe

import (
	"context"
	"sync"
	"time"
)

// Pace has what goes by one name begin one after another, such as sessions with one host. The
// zero value is ready for use.
type Pace struct {
	mu   sync.Mutex
	next map[string]time.Time // when one more may begin, by name
	old  int                  // how many names there were after the last clearing
}

// Wait waits until one more may begin by a name, which is some time after the one before,
// and not before earliest. It reports whether the context still goes on then.
func (p *Pace) Wait(ctx context.Context, name string, between time.Duration, earliest time.Time) bool {
	p.mu.Lock()
	now := time.Now()
	at := later(later(now, earliest), p.next[name])
	if p.next == nil {
		p.next = map[string]time.Time{}
	}
	p.next[name] = at.Add(between)
	p.clear(now)
	p.mu.Unlock()
	if at == now {
		return ctx.Err() == nil
	}
	return Pause(ctx, time.Until(at))
}

// clear forgets the names by which one more may begin now, once they are twice as many as there
// were.
func (p *Pace) clear(now time.Time) {
	if len(p.next) < 2*p.old+1000 {
		return
	}
	for name, at := range p.next {
		if at.Before(now) {
			delete(p.next, name)
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

// Between returns the time from one thing to the next, of so many a second; 0 is any number.
func Between(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(min(float64(time.Second)/rate, float64(24*time.Hour)))
}

// pace spreads the sessions of a Limit over time.
type pace struct {
	all, host     time.Duration // from one session to the next, 0 for no time
	whole, ofHost Pace
}

// Pace has sessions begin one after another, at most so many a second over all and with one
// host; 0 is any number. It is called before the first of them.
func (l *Limit) Pace(all, perHost float64) { l.pace.all, l.pace.host = Between(all), Between(perHost) }

// inPace waits until a session with a host may begin; it reports whether it may, or the context
// ended before. Without a limit it may at once.
func (l *Limit) inPace(ctx context.Context, host string) bool {
	if l == nil {
		return true
	}
	p := &l.pace
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	return (p.host == 0 || p.ofHost.Wait(ctx, host, p.host, time.Time{})) && (p.all == 0 || p.whole.Wait(ctx, "", p.all, time.Time{}))
}
