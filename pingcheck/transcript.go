package pingcheck

import (
	"fmt"
	"net/netip"

	"mailprobe/icmp"
	"mailprobe/wire"
)

// transcribe makes a run record each packet it sends and receives, a line each. what
// describes the probes, to is their destination.
func transcribe(t *wire.Transcript, o icmp.PingOptions, what, to string) icmp.PingOptions {
	if t == nil {
		return o
	}
	show, wait := o.OnReply, o.Wait
	o.OnSend = func(seq int64) { t.Record(wire.Client, fmt.Sprintf("%s to %s: seq=%d", what, to, seq)) }
	o.OnReply = func(r icmp.Reply) {
		t.Record(markOf(r), FormatReply("", r, wait))
		if show != nil {
			show(r)
		}
	}
	return o
}

// transcribeTrace makes a trace record each packet likewise.
func transcribeTrace(t *wire.Transcript, o icmp.TraceOptions, host netip.Addr) icmp.TraceOptions {
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
	o.OnReply = func(ttl int, r icmp.Reply) {
		t.Record(markOf(r), fmt.Sprintf("of ttl=%d: %s", ttl, FormatReply("", r, o.Wait)))
	}
	return o
}

// markOf returns Server for a packet that was received, and Comment otherwise.
func markOf(r icmp.Reply) wire.EventKind {
	if r.From.IsValid() {
		return wire.Server
	}
	return wire.Comment
}

// requestText describes a request with so many octets of payload.
func requestText(size int) string {
	return fmt.Sprintf("echo request of %d bytes", icmp.HeaderLen+size)
}

// transcribeMTU makes a search for the MTU record each packet likewise.
func transcribeMTU(t *wire.Transcript, o icmp.MTUOptions, host netip.Addr) icmp.MTUOptions {
	if t == nil {
		return o
	}
	o.OnSend = func(size int) { t.Record(wire.Client, fmt.Sprintf("%s to %s: seq=0", requestText(size), host)) }
	o.OnReply = func(r icmp.Reply) { t.Record(markOf(r), FormatReply("", r, o.Wait)) }
	return o
}
