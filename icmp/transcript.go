package icmp

import (
	"fmt"

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

// markOf is the mark of an event: that of a packet that came, or of a remark.
func markOf(r Reply) wire.EventKind {
	if r.From.IsValid() {
		return wire.Server
	}
	return wire.Comment
}

// requestText describes a request with so many octets of payload.
func requestText(size int) string { return fmt.Sprintf("echo request of %d bytes", echoHeaderLen+size) }
