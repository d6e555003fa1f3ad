package pingcheck

import (
	"errors"
	"fmt"
	"syscall"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// portAnswered grades the answer to probes to a port. It cannot be the host's if echo
// requests show that the host is farther away.
func (t *traced) portAnswered(s *probe.Step) error {
	hop, host := t.Last().TTL, t.echoHops()
	farther := host > hop && t.echoes.Reached
	switch refused := errors.Is(t.Last().Err, syscall.ECONNREFUSED); {
	case farther && refused:
		return probe.Because(CauseIntercepted.As(probe.Critical),
			fmt.Errorf("%s is refused at hop %d in the name of the host; ICMP goes on to hop %d", t.port, hop, host))
	case farther:
		s.RaiseFor(CauseIntercepted, fmt.Sprintf("%s is answered at hop %d in the name of the host; ICMP goes on to hop %d", t.port, hop, host))
	case refused:
		return probe.Because(CausePortRefused, fmt.Errorf("%s is refused by the host", t.port))
	case t.udp && isFault(t.Last().Err):
		s.Say("the host is reached; its " + t.port + " is closed")
	default:
		s.Say(t.port + " is answered")
	}
	return nil
}

// isFault reports whether an error is an ICMP error.
func isFault(err error) bool { return errors.As(err, new(*icmp.Error)) }

// filtered returns the cause if probes to a port vanish where echo requests get further,
// nil otherwise.
func (t *traced) filtered() (*probe.Cause, error) {
	last, echoes := t.Last(), t.echoHops()
	if t.port == "" || t.Loop != nil || last.Err != nil || echoes <= last.TTL && last.Answered() || echoes == 0 {
		return nil, nil
	}
	where := t.vanish()
	return t.silent(echoes), fmt.Errorf("%s is filtered %s; ICMP goes on to hop %d", t.port, where, echoes)
}

// vanish describes where probes to a port get no further. Routers that do not answer
// echo requests either are no evidence.
func (t *traced) vanish() string {
	last, next := t.Last(), 0
	for i := range t.echoes.Hops {
		if h := &t.echoes.Hops[i]; h.Answered() && (h.TTL > last.TTL || !last.Answered()) {
			next = h.TTL
			break
		}
	}
	switch {
	case !last.Answered() && next > t.Hops[0].TTL:
		return fmt.Sprintf("before hop %d, and the hops before it say nothing", next)
	case !last.Answered():
		return fmt.Sprintf("before hop %d", t.Hops[0].TTL)
	case next > last.TTL+1:
		return fmt.Sprintf("at or after hop %d%s and before hop %d", last.TTL, addressAt(t.Route, last.TTL), next)
	}
	return fmt.Sprintf("at or after hop %d%s", last.TTL, addressAt(t.Route, last.TTL))
}

// silent returns the cause of a port that does not answer: an open UDP port need not.
func (t *traced) silent(echoes int) *probe.Cause {
	if t.udp && t.echoes.Reached && t.Last().TTL == echoes-1 {
		return CausePortFiltered.As(probe.Unknown).Advise("a UDP port that is open may say nothing either: probe its service")
	}
	return CausePortFiltered
}
