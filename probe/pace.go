package probe

import (
	"context"
	"time"
)

// pace spreads sessions over time.
type pace struct {
	all, host time.Duration        // from one session to the next, 0 for no time
	next      time.Time            // when one more may begin
	nextOf    map[string]time.Time // with a host
}

// maxPaced is how many hosts are remembered before those are forgotten whose time is over.
const maxPaced = 4096

// Pace has sessions begin one after another, at most so many a second over all and with one
// host; 0 is any number. It is called before the first of them.
func (l *Limit) Pace(all, perHost float64) {
	l.pace = pace{all: period(all), host: period(perHost), nextOf: map[string]time.Time{}}
}

// period is the time from one thing to the next, of so many a second.
func period(rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / rate)
}

// inPace waits until a session with a host may begin; it reports whether it may, or the context
// ended before.
func (l *Limit) inPace(ctx context.Context, host string) bool {
	if l == nil || l.pace.all == 0 && l.pace.host == 0 {
		return true
	}
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	wait := func(turn time.Time) bool { return !turn.After(time.Now()) || Pause(ctx, time.Until(turn)) }
	return wait(l.turnOf(host)) && wait(l.turn())
}

// turnOf takes the next turn with a host.
func (l *Limit) turnOf(host string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, p := time.Now(), &l.pace
	if p.host == 0 {
		return now
	}
	if len(p.nextOf) >= maxPaced {
		for other, next := range p.nextOf {
			if next.Before(now) {
				delete(p.nextOf, other)
			}
		}
	}
	turn := latest(p.nextOf[host], now)
	p.nextOf[host] = turn.Add(p.host)
	return turn
}

// turn takes the next turn of all.
func (l *Limit) turn() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	turn := latest(l.pace.next, time.Now())
	l.pace.next = turn.Add(l.pace.all)
	return turn
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
