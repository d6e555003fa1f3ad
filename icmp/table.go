package icmp

import (
	"net/netip"
	"time"
)

// A request is what a run remembers of one probe.
type request struct {
	addr  netip.Addr
	index uint64
	sent  time.Duration // on the engine's monotonic clock
	held  time.Duration // that it was held back before, as a transmit queue was full
	taken int64         // when the kernel had taken it at the latest, ns since the Unix epoch; 0 if not known
	stamp int64         // kernel's transmit stamp, ns since the Unix epoch; 0 if none
	epoch uint32        // of the wall clock when it was sent
	state state
}

type state uint8

const (
	pending state = iota
	answered
	lost
	late
	failed
)

// maxWindow bounds the probes a run remembers, and so those in flight.
const maxWindow = 1 << 16

// A table holds the latest probes of a run in a ring that doubles as needed,
// up to maxWindow. The index of a probe is its place modulo the ring's size,
// and a slot is reused only when its probe has ended. The zero value is empty.
type table struct {
	keep    uint64 // ended probes to remember if memory for them must grow
	slots   []request
	next    uint64 // index of the next probe
	tail    uint64 // no probe before this index is pending
	pending int
	aged    uint64 // every probe before this index is old
	fresh   int    // pending probes that are not
}

// push adds a pending probe; fewer than maxWindow may
// be pending or newer than one that is.
func (t *table) push(addr netip.Addr, now time.Duration) *request {
	n := uint64(len(t.slots))
	if n < maxWindow && t.next >= n && (n < t.keep || t.next-t.tail >= n) {
		t.grow()
	}
	r := &t.slots[t.next&uint64(len(t.slots)-1)]
	*r = request{addr: addr, index: t.next, sent: now}
	t.next++
	t.pending++
	t.fresh++
	return r
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]request, max(8, 2*len(old)))
	for _, r := range old {
		t.slots[r.index&uint64(len(t.slots)-1)] = r
	}
}

// at returns the probe of an index, nil if there is none or it is forgotten.
func (t *table) at(index uint64) *request {
	if index >= t.next || len(t.slots) == 0 {
		return nil
	}
	r := &t.slots[index&uint64(len(t.slots)-1)]
	if r.index != index || !r.addr.IsValid() {
		return nil
	}
	return r
}

// latest returns the newest probe with the sequence number seq, nil if none.
func (t *table) latest(seq uint16) *request {
	if t.next == 0 {
		return nil
	}
	back := uint64(uint16(t.next-1) - seq)
	if back >= t.next {
		return nil
	}
	return t.at(t.next - 1 - back)
}

// end moves a pending probe to the state it ends in.
func (t *table) end(r *request, s state) {
	r.state = s
	t.pending--
	if r.index >= t.aged {
		t.fresh--
	}
}

// age makes the probes old that were sent before a time.
func (t *table) age(before time.Duration) {
	t.aged = max(t.aged, t.tail)
	for ; t.aged < t.next; t.aged++ {
		r := &t.slots[t.aged&uint64(len(t.slots)-1)]
		if r.sent >= before {
			return
		}
		if r.state == pending {
			t.fresh--
		}
	}
}

// oldest returns the pending probe that was sent first, nil if none is.
func (t *table) oldest() *request {
	for ; t.tail < t.next; t.tail++ {
		if r := &t.slots[t.tail&uint64(len(t.slots)-1)]; r.state == pending {
			return r
		}
	}
	return nil
}
