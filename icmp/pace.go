package icmp

import "time"

// A pace says how many probes may be sent at a time so that a rate is kept.
// The zero rate permits everything.
type pace struct {
	rate float64       // a second
	due  time.Duration // when the probes spent so far are paid for
	slot time.Duration // time that one probe costs
}

func newPace(rate float64, now time.Duration) pace {
	p := pace{rate: rate, due: now}
	if rate > 0 {
		p.slot = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// allow returns how many of n probes may be sent at a time. A pause saves up
// no more than a short burst.
func (p *pace) allow(now time.Duration, n int) int {
	if p.slot == 0 {
		return n
	}
	p.due = max(p.due, now-max(burst, p.slot))
	if now < p.due {
		return 0
	}
	return int(min((now-p.due)/p.slot+1, time.Duration(n)))
}

// spend books n probes.
func (p *pace) spend(n int) { p.due += time.Duration(n) * p.slot }

// next returns when another probe may be sent.
func (p *pace) next() time.Duration { return p.due }
