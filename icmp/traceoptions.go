package icmp

import (
	"fmt"
	"time"
)

// TraceOptions configure how a path is traced. The zero value probes 30 hops three
// times with echo requests.
type TraceOptions struct {
	FirstHop   int           // the least TTL; 0 for 1
	MaxHops    int           // the greatest TTL, at most 255; 0 for 30
	MaxUnknown int           // hops in a row that may say nothing before no more are looked at; 0 for 10
	Rounds     int           // probes to each hop; 0 for 3, Endless for no end
	Interval   time.Duration // from one round to the next at least; 0 for 100 ms
	Wait       time.Duration // for each answer; 0 for 1 s
	Size       int           // octets of payload, MinSize to MaxSize; 0 for DefaultSize
	TCP, UDP   uint16        // port to send TCP segments or UDP datagrams to instead of echo requests

	// OnSend, if set, is called before each probe is sent, OnReply for each event, and
	// OnRoute when anything has changed, with the route so far, which is the callee's to
	// keep and read.
	OnSend  func(ttl int)
	OnReply func(ttl int, r Reply)
	OnRoute func(*Route)
	// Stop ends the rounds when it is closed; what was learned by then counts.
	Stop <-chan struct{}

	Segments *Segments // where TCP or UDP probes go by, if there is one already
}

// DefaultTraceInterval is the time from one round to the next where none is asked for.
const DefaultTraceInterval = 100 * time.Millisecond

// Endless rounds go on until the context or Stop ends them.
const Endless = -1

func (o TraceOptions) withDefaults() (TraceOptions, error) {
	p, err := PingOptions{Wait: o.Wait, Size: o.Size}.withDefaults()
	o.Wait, o.Size = p.Wait, p.Size
	for _, d := range []struct {
		of    *int
		value int
	}{{&o.FirstHop, 1}, {&o.MaxHops, 30}, {&o.MaxUnknown, 10}, {&o.Rounds, 3}} {
		if *d.of == 0 {
			*d.of = d.value
		}
	}
	if o.Interval == 0 {
		o.Interval = DefaultTraceInterval
	}
	switch {
	case err != nil:
	case o.MaxHops < 1 || o.MaxHops > 255:
		err = fmt.Errorf("icmp: %d hops are not within 1 to 255", o.MaxHops)
	case o.FirstHop < 1 || o.FirstHop > o.MaxHops:
		err = fmt.Errorf("icmp: the first hop %d is not within 1 to %d", o.FirstHop, o.MaxHops)
	case o.Rounds < Endless || o.MaxUnknown < 0:
		err = fmt.Errorf("icmp: neither %d rounds nor %d unknown hops can be", o.Rounds, o.MaxUnknown)
	}
	return o, err
}

// Duration returns how long a trace that nothing interrupts may take at most, given that
// all fields are set; of endless rounds it is the longest there is.
func (o TraceOptions) Duration() time.Duration {
	round := max(o.Interval, errorEvery)
	if o.Rounds == Endless || o.Rounds > int(forever/round) {
		return forever
	}
	discovery := time.Duration(1+o.MaxHops/max(o.MaxUnknown, 1)) * o.Wait
	return time.Duration(o.Rounds)*round + discovery + o.Wait
}
