package icmp

import (
	"fmt"
	"time"
)

// SweepOptions configure how many addresses are probed. The zero value sends one
// probe to each as fast as its answers can be received.
type SweepOptions struct {
	Wait    time.Duration // for the answer to a first probe; 0 for 1 s
	Retries int           // more probes to an address that does not answer, at most MaxRetries
	Backoff float64       // what each retry multiplies the wait with; 0 for 1.5
	Rate    float64       // probes a second; 0 for no limit
	Free    bool          // probes to loopback addresses do not count for Rate
	Size    int           // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	Pattern []byte        // fills the payload, repeated; nil for counting octets
	Window  int           // probes in flight, over one pair of sockets; 0 for as many as the receive buffers have room for
	Stamps  bool          // have the kernel stamp requests too, at the price of speed
}

const (
	defaultBackoff = 1.5
	sweepKeep      = 1 << 12              // ended probes remembered for the sake of duplicates
	packetRoom     = 1024                 // octets that a small packet takes of a receive buffer
	ageStep        = 5 * time.Millisecond // a full window is looked at again after this
)

// MaxRetries bounds SweepOptions.Retries.
const MaxRetries = 10

func (o SweepOptions) withDefaults() (SweepOptions, error) {
	p, err := PingOptions{Wait: o.Wait, Size: o.Size}.withDefaults()
	o.Wait, o.Size = p.Wait, p.Size
	if o.Backoff == 0 {
		o.Backoff = defaultBackoff
	}
	switch {
	case err != nil:
		return o, err
	case o.Retries < 0 || o.Retries > MaxRetries:
		return o, fmt.Errorf("icmp: %d retries are not within 0 to %d", o.Retries, MaxRetries)
	case o.Backoff < 1:
		return o, fmt.Errorf("icmp: backoff %g is less than 1", o.Backoff)
	case o.Rate < 0:
		return o, fmt.Errorf("icmp: rate %g is negative", o.Rate)
	case o.Window < 0:
		return o, fmt.Errorf("icmp: window %d is negative", o.Window)
	}
	return o, nil
}
