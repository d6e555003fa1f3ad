package icmp

import (
	"fmt"
	"net/netip"
	"time"
)

// Options configure how an engine's sockets are opened. The zero value is the
// default: both address families, raw sockets where permitted.
type Options struct {
	Source       netip.Addr // address to send from; the other family then stays closed
	Interface    string     // network interface to send and receive on
	Mark         uint32     // firewall mark of sent packets (Linux)
	TTL          int        // TTL or hop limit of requests, 1-255; 0 for the system's
	DSCP         int        // differentiated services code point, 0-63 (RFC 2474)
	DontFragment bool       // forbid routers and this host to fragment requests
	Unprivileged bool       // use the datagram socket even if a raw one is permitted
	ReadBuffer   int        // octets to ask for received packets; 0 for 8 MiB
	NoStamps     bool       // measure with this process's monotonic clock only
	Pairs        int        // pairs of sockets, one of each family, for a sweep to use side by side; 0 for 1, at most MaxPairs
	Polled       bool       // the engine is for sweeps only, which then look for answers themselves (Linux)

	// Network, if set, takes the place of the system's network.
	Network *Network

	// open replaces the system's sockets, and readClock its clocks, in tests.
	open      func(proto int, o Options) (socket, error)
	readClock func() (time.Duration, int64)
}

// DefaultReadBuffer is the receive buffer an engine asks the kernel for: room
// for the replies of some ten thousand hosts that answer at once.
const DefaultReadBuffer = 8 << 20

// MaxPairs bounds Options.Pairs: every raw socket of a machine is offered every
// ICMP packet that comes.
const MaxPairs = 4

func (o Options) check() error {
	switch {
	case o.TTL < 0 || o.TTL > 255:
		return fmt.Errorf("icmp: TTL %d is not within 1 to 255", o.TTL)
	case o.DSCP < 0 || o.DSCP > 63:
		return fmt.Errorf("icmp: DSCP %d is not within 0 to 63", o.DSCP)
	case o.Pairs < 0 || o.Pairs > MaxPairs:
		return fmt.Errorf("icmp: %d pairs of sockets are not within 0 to %d", o.Pairs, MaxPairs)
	}
	return nil
}
