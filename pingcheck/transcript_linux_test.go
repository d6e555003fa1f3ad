package pingcheck

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// Each packet that is sent or comes is a line of the transcript, which has an end
// however long the run is.
func TestTranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = func(f *fakeNet, req icmp.Packet) {
			switch f.Sent() {
			case 1:
				f.Deliver(10*time.Millisecond, req.Reply())
			case 2:
				f.Deliver(20*time.Millisecond, req.Fault(router, 3, 1, 0))
			}
		}
		r := f.run(t, t.Context(), "-c3", "-i", "100ms", "-W", "500ms", "192.0.2.7")[0]
		want := `C: echo request of 64 bytes to 192.0.2.7: seq=0
+ 10ms
S: 64 bytes from 192.0.2.7: seq=0 ttl=64 time=10.0 ms
C: echo request of 64 bytes to 192.0.2.7: seq=1
+ 20ms
S: 192.0.2.7: seq=1 host unreachable (type 3 code 1), says 198.51.100.1
C: echo request of 64 bytes to 192.0.2.7: seq=2
# 192.0.2.7: seq=2 no answer within 500 ms`
		if got := strings.Join(r.Transcript.Lines(), "\n"); got != want {
			t.Errorf("transcript\n%s\nwant\n%s", got, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = lossy(0)
		r := f.run(t, t.Context(), "-c", "9000", "-i", "1ms", "192.0.2.7")[0]
		if lines := r.Transcript.Lines(); len(lines) < 1000 || len(lines) > 3*4096 {
			t.Errorf("%d lines", len(lines))
		}
	})
}

// So is each packet of a trace, with the TTL that it was sent with.
func TestTraceTranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = path(1)
		kind := traceKindWith(func(icmp.Options) (*icmp.Engine, error) { return f.engine(t), nil })
		r := runKind(t, t.Context(), kind, "-c1", "--max-hops=2", "-n", "192.0.2.7")[0]
		want := `C: echo request of 64 bytes to 192.0.2.7: ttl=1
C: echo request of 64 bytes to 192.0.2.7: ttl=2
+ 10ms
S: of ttl=1: 192.0.2.7: seq=0 time to live exceeded (type 11 code 0), says 198.51.100.1
+ 10ms
S: of ttl=2: 64 bytes from 192.0.2.7: seq=1 ttl=64 time=20.0 ms`
		if got := strings.Join(r.Transcript.Lines(), "\n"); got != want {
			t.Errorf("transcript\n%s\nwant\n%s", got, want)
		}
	})
}

// A trace without an end of its own is a verdict on what was seen when it is interrupted.
func TestEndlessTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet()
		f.answer = path(3)
		kind := traceKindWith(func(icmp.Options) (*icmp.Engine, error) { return f.engine(t), nil })
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(8*time.Second, interrupt)
		r := runKind(t, ctx, kind, "-c0", "-n", "192.0.2.7")[0]
		if r.Status != probe.OK || r.Summary != "reached over 4 hops, average 40.0 ms" || r.Step("interrupted") != nil {
			t.Errorf("%s %s", r.Status, r.Summary)
		}
	})
}
