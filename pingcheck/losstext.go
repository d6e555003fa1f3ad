package pingcheck

import (
	"fmt"

	"mailprobe/icmp"
)

// enoughRounds is how many rounds it takes to report that the loss begins at the first
// hop: there is no hop before it that could show otherwise.
const enoughRounds = 10

// lossText says where the loss begins, empty where there is nothing to say.
func lossText(r *icmp.Route) string {
	from, to := r.LossBegins()
	first := r.Hops[0].TTL
	switch {
	case to == 0 || from == first && (to > from || r.Rounds < enoughRounds):
		return ""
	case from == to:
		return fmt.Sprintf("loss begins at hop %d%s and lasts", to, addressAt(r, to))
	}
	return fmt.Sprintf("loss begins at one of hops %d to %d and lasts", from, to)
}

// addressAt returns the address of a hop in brackets, nothing if none is known.
func addressAt(r *icmp.Route, ttl int) string {
	for i := range r.Hops {
		if h := &r.Hops[i]; h.TTL == ttl && h.Answered() {
			return fmt.Sprintf(" (%s)", h.Addrs[0])
		}
	}
	return ""
}
