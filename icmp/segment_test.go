package icmp

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

var (
	segment4 = flowID{src: netip.MustParseAddr("192.0.2.1"), dst: netip.MustParseAddr("192.0.2.7"), sport: 61000, dport: 25}
	segment6 = flowID{src: netip.MustParseAddr("2001:db8::1"), dst: netip.MustParseAddr("2001:db8::7"), sport: 61000, dport: 25}
)

// Segments have the checksums that a receiver wants.
func TestSegmentChecksums(t *testing.T) {
	for _, f := range []flowID{segment4, segment6} {
		for proto, b := range map[byte][]byte{protoTCP: f.newSYN(12345), protoUDP: f.newDatagram(33)} {
			if sum := f.checksum(proto, b); sum != 0 {
				t.Errorf("protocol %d from %s: the sum over a whole segment is %#x, not 0", proto, f.src, sum)
			}
		}
	}
}

// Only what answers a SYN is an answer.
func TestParseSegment(t *testing.T) {
	segment := func(flags byte) []byte {
		b := segment4.newSYN(1)
		b[13] = flags
		binary.BigEndian.PutUint32(b[8:], 77)
		return b
	}
	for flags, want := range map[byte]string{
		flagSYN | flagACK: "open", flagRST | flagACK: "refused", flagSYN: "", flagACK: "", flagRST: "", 0: "",
	} {
		a, ok := parseSegment(protoTCP, segment(flags))
		got := ""
		switch {
		case ok && a.refused:
			got = "refused"
		case ok:
			got = "open"
		}
		if got != want || ok && (a.ack != 77 || a.from != 61000 || a.to != 25) {
			t.Errorf("flags %#x: %q, %+v; want %q", flags, got, a, want)
		}
	}
	for _, proto := range []int{protoTCP, protoUDP} {
		if _, ok := parseSegment(proto, make([]byte, 7)); ok {
			t.Errorf("protocol %d: 7 octets are taken for an answer", proto)
		}
	}
}

// sentSegments remembers what was sent.
type sentSegments [][]byte

func (s *sentSegments) sendSegment(b []byte, _ netip.Addr, _ int) error {
	*s = append(*s, b)
	return nil
}

// An answer counts if it has the ports and the sequence number of a probe, and is from
// the host; and once.
func TestSegmentAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sentSegments
		c := newClock(nil)
		p := newSegmentProber(protoTCP, &out, c, segment4, 0, time.Second)
		for ttl := range 5000 { // more than there are ports
			p.send(t.Context(), ttl%30+1)
			p.expire(c.now().mono)
		}
		last := out[len(out)-1]
		sport, seq := binary.BigEndian.Uint16(last), binary.BigEndian.Uint32(last[4:])
		host := &Packet{Addr: segment4.dst}
		time.Sleep(time.Millisecond)
		for _, wrong := range []struct {
			a    segmentAnswer
			from netip.Addr
		}{
			{segmentAnswer{from: 26, to: sport, ack: seq + 1}, segment4.dst},
			{segmentAnswer{from: 25, to: sport, ack: seq}, segment4.dst},
			{segmentAnswer{from: 25, to: sport + 1, ack: seq + 1}, segment4.dst},
			{segmentAnswer{from: 25, to: 80, ack: seq + 1}, segment4.dst},
			{segmentAnswer{from: 25, to: sport, ack: seq + 1}, segment4.src},
		} {
			if p.answer(wrong.a, &Packet{Addr: wrong.from}, c.now()) {
				t.Errorf("%+v from %s is taken for an answer", wrong.a, wrong.from)
			}
		}
		right := segmentAnswer{from: 25, to: sport, ack: seq + 1, refused: true}
		for range 2 {
			if !p.answer(right, host, c.now()) {
				t.Error("the right answer is not taken")
			}
		}
		if quoted := (flowID{dst: segment4.dst, sport: sport - 1, dport: 25}); !p.fault(&Error{From: segment4.src, Type: 11}, quoted, 0, c.now()) {
			t.Error("an ICMP error about the probe before is not taken")
		}
		evs, _ := p.take(nil)
		var got []Reply
		for _, ev := range evs {
			if ev.Outcome != Lost {
				got = append(got, ev)
			}
		}
		if len(got) != 2 || got[0].Seq != 4999 || got[0].Outcome != Received || got[0].Err == nil || got[1].Seq != 4998 || got[1].Outcome != Failed ||
			p.ttlOf(4999) != 4999%30+1 || p.ttlOf(10) != 0 || p.ttlOf(5000) != 0 {
			t.Errorf("events %+v, TTLs %d, %d, %d", got, p.ttlOf(4999), p.ttlOf(10), p.ttlOf(5000))
		}
	})
}
