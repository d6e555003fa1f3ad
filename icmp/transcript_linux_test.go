package icmp

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Each packet that is sent or comes is a line of the transcript, which has an end
// however long the run is.
func TestTranscript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.answer = func(f *fakeNet, req message) {
			switch f.sent {
			case 1:
				f.deliver(10*time.Millisecond, f.reply(req), Received)
			case 2:
				f.deliver(20*time.Millisecond, quoteError(req, router, 3, 1, len(req.data)), Failed)
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
		f := newFakeNet(0)
		f.answer = lossy(0)
		r := f.run(t, t.Context(), "-c", "9000", "-i", "1ms", "192.0.2.7")[0]
		if lines := r.Transcript.Lines(); len(lines) < 1000 || len(lines) > 3*4096 {
			t.Errorf("%d lines", len(lines))
		}
	})
}
