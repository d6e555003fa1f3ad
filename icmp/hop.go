package icmp

import (
	"errors"
	"net/netip"
	"slices"
	"time"
)

// A Hop collects the answers to probes of one TTL.
type Hop struct {
	TTL        int
	Addrs      []netip.Addr    // who answered, by first answer; several where paths differ
	Stats      Stats           // Received counts routers' "time exceeded" as well as answers of the host
	Err        error           // the last answer that was neither, or why a probe could not be sent
	Labels     []Label         // MPLS labels that the last probe arrived with, as the router says
	Interfaces []Interface     // what the router said of its interfaces last
	Recent     []time.Duration // round trips of the last probes, at most MaxRecent, -1 for one without answer

	latest answer
	late   bool // an answer of the host came after the wait
}

// An answer is what a probe to a hop came to.
type answer uint8

const (
	silence answer = iota
	expired        // "time exceeded" of a router
	arrived        // an answer of the host
	denied         // another ICMP error, or a failure to send
)

// maxHopAddrs is how many addresses are kept of a hop.
const maxHopAddrs = 16

// Last returns the round-trip time of the last answer received, 0 without any.
func (h *Hop) Last() time.Duration { return h.Stats.Last }

// Answered reports whether anybody answered at all.
func (h *Hop) Answered() bool { return len(h.Addrs) > 0 }

// Silent reports whether there was neither an answer nor an error.
func (h *Hop) Silent() bool { return !h.Answered() && h.Err == nil }

// share returns the fraction of probes that was lost, from 0 to 1.
func (h *Hop) share() float64 { return h.Stats.Loss() / 100 }

// lost returns how many probes had no right answer in time.
func (h *Hop) lost() int { return h.Stats.Sent - h.Stats.Received }

// book adds an event of a probe to the hop at which the probe ended.
func (h *Hop) book(ev Reply, host netip.Addr) {
	var fault *Error
	if errors.As(ev.Err, &fault) {
		h.extended(fault)
	}
	byHost := ev.From.IsValid() && SameHost(ev.From, host)
	switch {
	case ev.Outcome == Received, ev.Outcome == Failed && fault != nil && byHost:
		h.latest, ev.Outcome = arrived, Received
		if ev.Err != nil {
			h.Err = ev.Err
		}
	case ev.Outcome == Failed && fault != nil && fault.TimeExceeded():
		h.latest, ev.Outcome = expired, Received
		if ev.Revived {
			ev.Outcome = Late
		}
	case ev.Outcome == Failed:
		h.latest, h.Err = denied, ev.Err
	case ev.Outcome == Late && byHost:
		h.late = true
	}
	h.Stats.Add(ev)
	h.remember(ev)
	if ev.From.IsValid() && ev.Outcome <= Failed && !slices.Contains(h.Addrs, ev.From) && len(h.Addrs) < maxHopAddrs {
		h.Addrs = append(h.Addrs, ev.From)
	}
}

// MaxRecent is how many round trips are kept of a hop.
const MaxRecent = 120

// remember keeps the round trip of a probe for Recent.
func (h *Hop) remember(ev Reply) {
	switch {
	case ev.Outcome == Received && ev.Revived && len(h.Recent) > 0:
		h.Recent = append(h.Recent[:len(h.Recent)-1:len(h.Recent)-1], ev.RTT)
	case ev.Outcome == Received:
		h.Recent = append(h.Recent, ev.RTT)
	case ev.Outcome == Lost || ev.Outcome == Failed:
		h.Recent = append(h.Recent, -1)
	}
	h.Recent = h.Recent[max(0, len(h.Recent)-MaxRecent):]
}

func (h *Hop) extended(fault *Error) {
	if len(fault.Labels) > 0 {
		h.Labels = fault.Labels
	}
	if len(fault.Interfaces) > 0 {
		h.Interfaces = fault.Interfaces
	}
}

// blocked reports whether the last answer was an error other than "time exceeded".
func (h *Hop) blocked() bool { return h.latest == denied }

// genuine reports whether the last answer was "time exceeded" or came from the host.
func (h *Hop) genuine() bool { return h.latest == expired || h.latest == arrived }
