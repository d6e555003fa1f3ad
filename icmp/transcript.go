package icmp

import (
	"fmt"
	"net/netip"

	"mailprobe/wire"
)

// transcribe has a run write down each packet that is sent and received, a line each.
// to is where the probes go, what is what they are.
func transcribe(t *wire.Transcript, o PingOptions, what, to string) PingOptions {
	if t == nil {
		return o
	}
	show, wait := o.OnReply, o.Wait
	o.OnSend = func(seq int64) { t.Record(wire.Client, fmt.Sprintf("%s to %s: seq=%d", what, to, seq)) }
	o.OnReply = func(r Reply) {
		t.Record(markOf(r), FormatReply("", r, wait))
		if show != nil {
			show(r)
		}
	}
	return o
}

// transcribe has a trace write down each packet likewise.
func (o TraceOptions) transcribe(t *wire.Transcript, host netip.Addr) TraceOptions {
	what := requestText(o.Size)
	switch {
	case o.TCP > 0:
		what = fmt.Sprintf("SYN to port %d", o.TCP)
	case o.UDP > 0:
		what = fmt.Sprintf("datagram to port %d", o.UDP)
	}
	if t == nil {
		return o
	}
	o.OnSend = func(ttl int) { t.Record(wire.Client, fmt.Sprintf("%s to %s: ttl=%d", what, host, ttl)) }
	o.OnReply = func(ttl int, r Reply) {
		t.Record(markOf(r), fmt.Sprintf("of ttl=%d: %s", ttl, FormatReply("", r, o.Wait)))
	}
	return o
}

// markOf is the mark of an event: that of a packet that came, or of a remark.
func markOf(r Reply) wire.EventKind {
	if r.From.IsValid() {
		return wire.Server
	}
	return wire.Comment
}

// requestText describes a request with so many octets of payload.
func requestText(size int) string { return fmt.Sprintf("echo request of %d bytes", echoHeaderLen+size) }
