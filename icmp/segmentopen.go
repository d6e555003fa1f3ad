package icmp

import (
	"errors"
	"net/netip"
)

// A RawError says that this process may open no raw socket, which probes by TCP and UDP
// need.
type RawError struct {
	Err error
}

// Error names the refusal.
func (e *RawError) Error() string { return "no permission for a raw socket: " + e.Err.Error() }

// Unwrap returns what the system said.
func (e *RawError) Unwrap() error { return e.Err }

// Hint returns the command that would help when run as root.
func (e *RawError) Hint() string {
	return "as root, permit the raw socket to this program with `" + setcapCommand() + "`"
}

// OpenSegments opens the sockets for traces by TCP segments, or else UDP datagrams, to a
// port, for TraceOptions.Segments: so several traces share them, and privileges can be
// dropped before anything is received. The caller closes them.
func (e *Engine) OpenSegments(tcp, udp uint16, o Options) (*Segments, error) {
	return openSegments(tcp, udp, e.clock, o)
}

// segmentProber returns one that sends by sockets of its own, unless the options have
// some.
func (e *Engine) segmentProber(addr netip.Addr, o TraceOptions) (prober, error) {
	shared := o.Segments
	if shared == nil {
		var err error
		if shared, err = openSegments(o.TCP, o.UDP, e.clock, Options{}); err != nil {
			return nil, err
		}
	}
	p, err := shared.prober(addr, o)
	if err != nil {
		if o.Segments == nil {
			err = errors.Join(err, shared.Close())
		}
		return nil, err
	}
	if o.Segments == nil {
		remove := p.remove
		p.remove = func() {
			remove()
			_ = shared.Close() // nothing is lost with them
		}
	}
	return p, nil
}
