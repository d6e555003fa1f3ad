package prober

import (
	"crypto/tls"
	"hash/fnv"
	"net/netip"
	"sync"
	"time"

	"mailprobe/probe"
)

// seen is what a check found out beside its results: of several hosts or connections what
// came first, and of all certificates the earliest end.
type seen struct {
	mu       sync.Mutex
	address  netip.Addr
	state    *tls.ConnectionState // nil for none
	earliest time.Time
}

func (s *seen) observer() *probe.Observer {
	return &probe.Observer{Resolved: s.resolved, Handshaken: s.handshaken}
}

func (s *seen) resolved(addrs []netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.address.IsValid() && len(addrs) > 0 {
		s.address = addrs[0]
	}
}

func (s *seen) handshaken(state *tls.ConnectionState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == nil {
		s.state = state
	}
	for _, c := range state.PeerCertificates {
		if s.earliest.IsZero() || c.NotAfter.Before(s.earliest) {
			s.earliest = c.NotAfter
		}
	}
}

// lastChainExpiry is when the last of the verified chains expires; the zero Time where none
// was verified.
func lastChainExpiry(state *tls.ConnectionState) (last time.Time) {
	for _, chain := range state.VerifiedChains {
		earliest := time.Time{}
		for _, c := range chain {
			if earliest.IsZero() || c.NotAfter.Before(earliest) {
				earliest = c.NotAfter
			}
		}
		if last.Before(earliest) {
			last = earliest
		}
	}
	return last
}

// addressHash is FNV-1a of the bytes of an address, 4 or 16 of them.
func addressHash(addr netip.Addr) float64 {
	h := fnv.New32a()
	_, _ = h.Write(addr.Unmap().AsSlice())
	return float64(h.Sum32())
}
