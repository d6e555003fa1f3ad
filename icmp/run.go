package icmp

import (
	"bytes"
	"errors"
	"net/netip"
	"sync"
	"time"
)

// ErrOverflow is the error of an unanswered probe when the receive buffer overflowed
// meanwhile: the answer may have been dropped on this machine.
var ErrOverflow = errors.New("receive buffer overflowed on this host, the answer may have been dropped")

// A run is a series of probes that share a cookie. The engine's receivers find
// the probe that a packet answers and append to events; whoever owns the run
// takes them from there.
type run struct {
	*pair
	cookie    cookie
	wait      time.Duration
	templates map[int][]byte // by protocol
	stamped   bool           // ask the kernel for transmit stamps
	reasons   bool           // report ICMP errors also after the wait: they say why a probe was lost
	ttl       func(index uint64) int
	wake      chan struct{} // holds a token when there are events to take; shared by runs of one owner

	mu      sync.Mutex
	table   table
	highest uint64 // one more than the highest index answered in time
	events  []Reply
	dropped map[*port]uint32 // overflows already reported
	err     error
}

// stop makes the run's owner return err.
func (r *run) stop(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	r.signal()
}

func (r *run) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// emit queues an event. While nobody takes events, those that end no probe are
// dropped beyond a limit, for a hostile network can make any number of them.
func (r *run) emit(ev Reply) {
	if ev.Outcome > Failed && len(r.events) > maxWindow {
		return
	}
	r.events = append(r.events, ev)
	r.signal()
}

// take exchanges the events that came for the emptied slice of the last time.
func (r *run) take(empty []Reply) ([]Reply, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	evs := r.events
	r.events = empty[:0]
	return evs, r.err
}

// reply handles an echo reply that carries the run's cookie.
func (r *run) reply(p *port, m *Packet, in parsed, now reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.genuine(p, m, in) {
		r.emitCorrupted(m, in)
		return
	}
	req := r.table.at(tokenIndex(in.payload))
	if req == nil { // ended so long ago that it is forgotten
		r.emit(Reply{Outcome: Duplicate, Addr: m.Addr, From: m.Addr, Seq: int64(tokenIndex(in.payload))})
		return
	}
	ev := Reply{Addr: req.addr, From: m.Addr, Seq: int64(req.index), TTL: m.TTL, Size: len(m.Data)}
	ev.Cut = len(in.payload) < r.size(p)
	if !SameHost(m.Addr, req.addr) {
		ev.Outcome = Foreign
		r.emit(ev)
		return
	}
	ev.trip(roundTrip(req, m.stamp, now))
	r.settle(req, &ev)
	r.emit(ev)
}

// size returns the octets of payload of the run's requests.
func (r *run) size(p *port) int { return len(r.templates[p.proto]) - HeaderLen }

// genuine reports whether a reply repeats a request of the run octet by octet, up to the
// point where the host truncated it.
func (r *run) genuine(p *port, m *Packet, in parsed) bool {
	want := r.templates[p.proto][HeaderLen:]
	if in.id != p.info.ID || len(in.payload) < tokenLen || len(in.payload) > len(want) || m.unchecked && checksum(m.Data) != 0 {
		return false
	}
	index := tokenIndex(in.payload)
	if index >= r.table.next || in.seq != uint16(index) {
		return false
	}
	var token [tokenLen]byte
	copy(token[:], r.cookie[:])
	setToken(token[:], index)
	return [tokenLen]byte(in.payload) == token && bytes.Equal(in.payload[tokenLen:], want[tokenLen:len(in.payload)])
}

// settle ends the probe that a right answer belongs to, or marks the answer as late or
// duplicate if the probe has ended.
func (r *run) settle(req *request, ev *Reply) {
	inTime := ev.RTT-req.held <= r.wait
	switch {
	case req.state == pending && inTime:
		r.table.end(req, answered)
	case req.state == pending:
		// Too late, though nobody has looked since: reported as lost first, so
		// that Late always follows Lost.
		r.table.end(req, late)
		r.emit(Reply{Outcome: Lost, Addr: req.addr, Seq: ev.Seq})
	case req.state == lost && inTime:
		req.state, ev.Revived = answered, true
	case req.state == lost:
		req.state = late
	default:
		ev.Outcome = Duplicate
		return
	}
	if !inTime {
		ev.Outcome = Late
		return
	}
	ev.Outcome = Received
	ev.Reordered = req.index+1 < r.highest
	r.highest = max(r.highest, req.index+1)
}

// corrupted records a reply without the cookie if the run awaits its sequence
// number from its sender.
func (r *run) corrupted(m *Packet, in parsed) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	req := r.table.latest(in.seq)
	if req == nil || !SameHost(req.addr, m.Addr) || req.state != pending && req.state != lost {
		return false
	}
	r.emitCorrupted(m, in)
	return true
}

func (r *run) emitCorrupted(m *Packet, in parsed) {
	ev := Reply{Outcome: Corrupted, Addr: m.Addr, From: m.Addr, Seq: int64(in.seq), TTL: m.TTL, Size: len(m.Data)}
	if req := r.table.latest(in.seq); req != nil {
		ev.Addr, ev.Seq = req.addr, int64(req.index)
	}
	r.emit(ev)
}

// stampSent records the kernel's transmit timestamp of a probe.
func (r *run) stampSent(index uint64, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req := r.table.at(index); req != nil {
		req.stamp = at
	}
}

// faultAt ends the probe of an index with an ICMP error.
func (r *run) faultAt(index uint64, in parsed, at int64, now reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req := r.table.at(index); req != nil && in.seq == uint16(index) {
		r.failWith(req, in, at, now)
	}
}

// faultBySeq does so for an error that quotes no more than the sequence number.
func (r *run) faultBySeq(in parsed, at int64, now reading) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	req := r.table.latest(in.seq)
	return req != nil && r.failWith(req, in, at, now)
}

func (r *run) failWith(req *request, in parsed, at int64, now reading) bool {
	ev := Reply{Outcome: Failed, Addr: req.addr, From: in.fault.From, Seq: int64(req.index), Err: in.fault}
	switch {
	case !SameHost(in.dst, req.addr):
		return false
	case req.state == pending:
		r.table.end(req, failed)
	case req.state == lost && r.reasons:
		req.state, ev.Revived = failed, true
	default:
		return false
	}
	ev.trip(roundTrip(req, at, now))
	r.emit(ev)
	return true
}

// failSend ends a probe that could not be sent.
func (r *run) failSend(index uint64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req := r.table.at(index); req != nil && req.state == pending {
		r.table.end(req, failed)
		r.emit(Reply{Outcome: Failed, Addr: req.addr, Seq: int64(req.index), Err: err})
	}
}

// expire ends the probes whose wait is over and returns when the next one's
// will be, 0 if no probe is pending.
func (r *run) expire(now time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := map[*port]uint32(nil)
	for {
		req := r.table.oldest()
		if req == nil {
			return 0
		}
		if due := req.sent + r.wait; due > now {
			return due
		}
		if fresh == nil {
			fresh = r.overflows()
		}
		ev := Reply{Outcome: Lost, Addr: req.addr, Seq: int64(req.index)}
		end := lost
		if p := r.portOf(req.addr); fresh[p] > 0 {
			fresh[p]--
			r.dropped[p]++
			ev.Outcome, ev.Err, end = Failed, ErrOverflow, failed
		}
		r.table.end(req, end)
		r.emit(ev)
	}
}

// overflows returns how many packets each socket dropped that are not yet accounted for
// by an ErrOverflow.
func (r *run) overflows() map[*port]uint32 {
	fresh := make(map[*port]uint32, len(r.dropped))
	for p, known := range r.dropped {
		fresh[p] = p.sock.Dropped() - known
	}
	return fresh
}

// abandon ends all pending probes without a verdict and returns how many.
func (r *run) abandon() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for req := r.table.oldest(); req != nil; req = r.table.oldest() {
		r.table.end(req, failed)
		n++
	}
	return n
}

// pending returns how many probes are in flight.
func (r *run) pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.pending
}

// SameHost compares addresses without zones: the kernel names the zone of a
// link-local sender by index or by name as it pleases.
func SameHost(a, b netip.Addr) bool {
	return a.WithZone("") == b.WithZone("")
}

// unreported returns how many probes are in flight or have ended in an event that
// nobody has taken.
func (r *run) unreported() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.pending + len(r.events)
}

// inFlight is unreported without the pending probes sent before a time.
func (r *run) inFlight(before time.Duration) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table.age(before)
	return r.table.fresh + len(r.events)
}

// space returns how many probes the table can take.
func (r *run) space() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int(maxWindow - (r.table.next - r.table.tail))
}

// refuse records an address that cannot be probed at all.
func (r *run) refuse(addr netip.Addr, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		err = errors.New("icmp: not an address")
	}
	r.emit(Reply{Outcome: Failed, Addr: addr, Err: err})
}

// unanswered ends all pending probes and returns their numbers.
func (r *run) unanswered() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var left []int64
	for req := r.table.oldest(); req != nil; req = r.table.oldest() {
		left = append(left, int64(req.index))
		r.table.end(req, failed)
	}
	return left
}
