package icmp

import (
	"net/netip"
	"time"
)

// An Outcome is how a probe ended, or what a packet was that ended no probe.
type Outcome uint8

// Every probe ends in Received, Lost, Late or Failed. A Late probe was reported as
// Lost before, when its time was up, and so may a Failed one have been in Ping. Duplicate, Corrupted and Foreign are
// packets that end no probe.
const (
	Received  Outcome = iota + 1 // the right answer, in time
	Lost                         // no answer within the wait
	Late                         // the right answer, after the wait
	Failed                       // not sent, or answered by an ICMP error
	Duplicate                    // one more answer to a probe already answered
	Corrupted                    // an answer with other bytes, or cut shorter than its token
	Foreign                      // the right bytes from the wrong address
)

var outcomeNames = [...]string{"unknown", "received", "lost", "late", "failed", "duplicate", "corrupted", "foreign"}

// String returns the outcome as one lower-case word.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return outcomeNames[0]
}

// A Clock names the timestamps from which a round-trip time was computed.
type Clock uint8

// The clocks, best first.
const (
	KernelClock    Clock = iota + 1 // the kernel stamped request and reply
	KernelRxClock                   // the kernel stamped the reply only
	MonotonicClock                  // this process read the clock on both sides
)

var clockNames = [...]string{"none", "kernel", "kernel-rx", "monotonic"}

// String returns the clock as one lower-case word, "none" for the zero Clock.
func (c Clock) String() string {
	if int(c) < len(clockNames) {
		return clockNames[c]
	}
	return clockNames[0]
}

// A Reply reports one event of a run: the end of a probe, or a packet that is
// not the answer to one.
type Reply struct {
	Outcome   Outcome
	Addr      netip.Addr    // the address that was probed
	From      netip.Addr    // who sent the packet; invalid if there was none
	Seq       int64         // the number of the probe within its run, from 0
	RTT       time.Duration // of Received, Late and Duplicate, and of Failed with an [*Error]
	Queued    time.Duration // the part of RTT before the probe left this machine: in a queue, or until a neighbour answered with its address; 0 where it is not known
	TTL       int           // TTL or hop limit of the packet, 0 if not known
	Size      int           // octets of the ICMP message received
	Clock     Clock         // what RTT was measured with
	Cut       bool          // the answer is right as far as it goes, and shorter than the request
	Reordered bool          // a later probe was answered before this one
	Err       error         // of Failed: an [*Error] or the cause of the failure to send

	Revived bool // the probe was reported as lost, but its answer had come in time, or an ICMP error says why
}
