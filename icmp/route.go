package icmp

import (
	"math"
	"net/netip"
	"slices"
)

// A Route is the path to a host, hop by hop up to the host or as far as
// anything is known of it. There is one hop at least.
type Route struct {
	Addr    netip.Addr // of the host
	Hops    []Hop
	Rounds  int
	Reached bool  // the last hop is the host itself
	Late    bool  // it is, but all its answers came after their wait
	Loop    []Hop // the hops that are two turns of a routing loop, none without
}

// Last returns the hop at the end.
func (r *Route) Last() *Hop { return &r.Hops[len(r.Hops)-1] }

// loopIn looks for a routing loop: addresses that repeat in the same order at the end of
// the known hops. It returns the first and last TTL of its first two turns, 0 for none.
func loopIn(hops []Hop) (from, to int) {
	end := len(hops)
	for end > 0 && hops[end-1].latest != expired {
		end--
	}
	for turn := 1; 2*turn <= end; turn++ {
		begin, same := end-turn, 0
		for begin > 0 && sameRouter(&hops[begin-1], &hops[begin-1+turn]) {
			begin--
			if hops[begin].Answered() && hops[begin+turn].Answered() {
				same++
			}
		}
		for begin < end && !hops[begin].Answered() {
			begin++
		}
		if same >= max(turn, 2) && (turn > 1 || same > 2) {
			return hops[begin].TTL, hops[min(begin+2*turn, end)-1].TTL
		}
	}
	return 0, 0
}

// sameRouter reports whether two hops may be the same router; a silent one may be any.
func sameRouter(a, b *Hop) bool {
	if !a.Answered() || !b.Answered() {
		return true
	}
	return a.latest == expired && b.latest == expired && a.Addrs[len(a.Addrs)-1] == b.Addrs[len(b.Addrs)-1]
}

// unlikely is the probability below which a difference is not taken for chance.
const unlikely = 0.05

// Limits reports whether a router limits its answers: it answers only some of the probes
// that end at it, while fewer of those that pass it are lost.
func (r *Route) Limits(h *Hop) bool {
	if h == r.Last() || !h.Answered() || h.lost() == 0 {
		return false
	}
	sent, lost := r.Behind(h)
	return sent > 0 && fewer(lost, sent, h.lost(), h.Stats.Sent) < unlikely
}

// Behind returns how many of the probes were lost that the hops behind one answer, those
// left out that lose more than the last hop and so have a loss of their own.
func (r *Route) Behind(h *Hop) (sent, lost int) {
	most := 1.0
	if r.Reached {
		most = r.Last().share()
	}
	for i := range r.Hops {
		if k := &r.Hops[i]; k.TTL > h.TTL && k.Stats.Received > 0 && k.share() <= most {
			sent, lost = sent+k.Stats.Sent, lost+k.lost()
		}
	}
	return sent, lost
}

// LossBegins returns the hops between which the loss of the host begins: significantly
// fewer probes are lost at the hop before them. Both are 0 if the host loses nothing or
// was not reached.
func (r *Route) LossBegins() (from, to int) {
	host := r.Last()
	if !r.Reached || host.lost() == 0 {
		return 0, 0
	}
	from = r.Hops[0].TTL
	for i := range r.Hops[:len(r.Hops)-1] {
		h := &r.Hops[i]
		if h.Stats.Received > 0 && h.share() < host.share() && fewer(h.lost(), h.Stats.Sent, host.lost(), host.Stats.Sent) < unlikely {
			from = h.TTL + 1
		}
	}
	for i := range r.Hops {
		h := &r.Hops[i]
		if h.TTL >= from && h.Stats.Received > 0 && h.lost() > 0 && !r.Limits(h) && r.lasts(i) {
			return from, h.TTL
		}
	}
	return from, host.TTL
}

// lasts reports whether every hop from one on, of those that answer at all, lost probes.
func (r *Route) lasts(from int) bool {
	return !slices.ContainsFunc(r.Hops[from:], func(h Hop) bool { return h.Stats.Received > 0 && h.lost() == 0 })
}

// fewer returns the probability that, of two samples of one population, the first has at
// most that many losses, given the total (Fisher's exact test, one-sided).
func fewer(lost, sent, otherLost, otherSent int) float64 {
	all, sum := lost+otherLost, 0.0
	for i := max(0, all-otherSent); i <= min(lost, sent); i++ {
		sum += math.Exp(logChoose(sent, i) + logChoose(otherSent, all-i) - logChoose(sent+otherSent, all))
	}
	return sum
}

// logChoose returns the logarithm of the number of ways to choose k of n.
func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
