package icmp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// MTUOptions configure how the MTU of a path is sought.
type MTUOptions struct {
	Wait  time.Duration // for each answer; 0 for 1 s
	Tries int           // probes of a size before it counts as too big; 0 for 2

	OnSend  func(size int) // called before each probe is sent, with the octets of its payload
	OnReply func(Reply)    // called for each event
}

// What an IP packet is between: every link carries the least (RFC 791 section
// 3.2, RFC 8200 section 5), none more than the greatest.
const (
	minMTU4 = 68
	minMTU6 = 1280
	maxMTU  = 65535
)

// A PathMTU is the size in octets of the largest packet that reaches a host.
type PathMTU struct {
	MTU    int
	Router netip.Addr // who said that its next link takes no more; invalid if nobody did
	Silent bool       // larger packets vanish, and nobody says why: a black hole
	Cut    bool       // the host cut its answers: how large they may be is not known
	Probes int        // probes that it took to find out
}

// ErrNoAnswer means that a host does not answer even the smallest probe.
var ErrNoAnswer = errors.New("icmp: no answer to the smallest probe")

// PathMTU finds the MTU of the path to an address. The engine must have been
// opened with DontFragment. It uses what routers report of their links if it
// proves true, and bisects the range otherwise: that finds the MTU
// also where ICMP errors are filtered ("black holes", RFC 2923 section 2.1).
func (e *Engine) PathMTU(ctx context.Context, addr netip.Addr, o MTUOptions) (PathMTU, error) {
	if o.Tries == 0 {
		o.Tries = 2
	}
	addr = addr.Unmap()
	m := mtuSearch{Engine: e, addr: addr, o: o, headers: 20 + HeaderLen, hint: maxMTU}
	least := minMTU4
	if addr.Is6() {
		least, m.headers = minMTU6, 40+HeaderLen
	}
	fits, err := m.try(ctx, least)
	if err == nil && !fits {
		err = ErrNoAnswer
	}
	if err != nil {
		return PathMTU{Probes: m.probes}, err
	}
	return m.search(ctx, least)
}

// A mtuSearch is the state of one call of PathMTU.
type mtuSearch struct {
	*Engine
	addr    netip.Addr
	o       MTUOptions
	headers int        // octets of IP and ICMP
	hint    int        // the MTU reported last
	router  netip.Addr // by whom
	silent  int        // the size that got no answer last; 0 for none
	cut     bool
	probes  int
}

// search finds the greatest size that fits, given one that does. A size that vanished
// is tried once more in the end: it may have been lost by chance.
func (m *mtuSearch) search(ctx context.Context, fits int) (PathMTU, error) {
	tooBig := maxMTU + 1
	for next := maxMTU; ; next = m.next(fits, tooBig) {
		final := tooBig-fits == 1
		if final && m.silent != tooBig {
			return m.found(fits, tooBig), nil
		}
		if final {
			next = tooBig
		}
		ok, err := m.try(ctx, next)
		switch {
		case err != nil:
			return PathMTU{MTU: fits, Probes: m.probes}, err
		case ok && final:
			fits, tooBig = next, maxMTU+1
		case ok:
			fits = next
		case final:
			return m.found(fits, tooBig), nil
		default:
			tooBig = next
		}
	}
}

func (m *mtuSearch) found(fits, tooBig int) PathMTU {
	found := PathMTU{MTU: fits, Silent: m.silent == tooBig, Cut: m.cut, Probes: m.probes}
	if m.hint == fits {
		found.Router = m.router
	}
	return found
}

// next returns the size to try next: what a router reported, then one octet more
// to see that it is true, else what most links have, else the middle.
func (m *mtuSearch) next(fits, tooBig int) int {
	if m.hint > fits && m.hint < tooBig {
		return m.hint
	}
	if m.hint == fits && fits+1 < tooBig {
		return fits + 1
	}
	for _, usual := range [...]int{1500, 9000} {
		if usual > fits && usual < tooBig {
			return usual
		}
	}
	return (fits + tooBig) / 2
}

// try reports whether a packet of a size is answered.
func (m *mtuSearch) try(ctx context.Context, size int) (bool, error) {
	payload := max(size-m.headers, MinSize)
	if payload > MaxSize {
		return false, nil
	}
	for range m.o.Tries {
		m.probes++
		if m.o.OnSend != nil {
			m.o.OnSend(payload)
		}
		s, err := m.Ping(ctx, m.addr, PingOptions{Count: 1, Wait: m.o.Wait, Size: payload, OnReply: m.o.OnReply})
		var fault *Error
		switch {
		case err != nil:
			return false, err
		case ctx.Err() != nil:
			return false, ctx.Err()
		case s.Received > 0:
			m.cut = m.cut || s.Cut > 0
			return true, nil
		case errors.As(s.LastErr, &fault) && fault.TooBig():
			m.hinted(fault, size)
			return false, nil
		case errors.Is(s.LastErr, syscall.EMSGSIZE):
			return false, nil
		case s.LastErr != nil:
			return false, fmt.Errorf("packet of %d bytes: %w", size, s.LastErr)
		}
	}
	m.silent = size
	return false, nil
}

// hinted records the MTU that a router reported, unless it cannot be true.
func (m *mtuSearch) hinted(fault *Error, size int) {
	if fault.MTU >= minMTU4 && fault.MTU < size {
		m.hint, m.router = fault.MTU, fault.From
	}
}
