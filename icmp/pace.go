package icmp

import (
	"net/netip"
	"sync"
	"time"
)

// burst is how much of a rate may be sent at once, as a time.
const burst = 2 * time.Millisecond

// A pace limits the rate of probes.
// The zero rate permits everything.
type pace struct {
	slot time.Duration // time that one probe costs
	free bool          // probes to loopback addresses cost nothing

	mu  sync.Mutex
	due time.Duration // when the probes spent so far are paid for
}

func newPace(rate float64, free bool, now time.Duration) *pace {
	p := &pace{due: now, free: free}
	if rate > 0 {
		p.slot = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// spend returns how many of the first addresses may be probed now, and charges
// them. A pause saves up no more than a short burst.
func (p *pace) spend(now time.Duration, addrs []netip.Addr) int {
	if p.slot == 0 {
		return len(addrs)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.due = max(p.due, now-max(burst, p.slot))
	for i, addr := range addrs {
		switch {
		case p.free && addr.IsLoopback():
		case p.due > now:
			return i
		default:
			p.due += p.slot
		}
	}
	return len(addrs)
}

// next returns when another probe may be sent.
func (p *pace) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.due
}
