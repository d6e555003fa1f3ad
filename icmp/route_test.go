//go:build linux

package icmp

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// A router that answers as Linux does, six at once and then one a second, loses
// nothing, however often it is asked.
func TestTraceWithinRateLimit(t *testing.T) {
	for _, rounds := range []int{3, 20} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet(0)
			tokens, at := map[int]float64{}, map[int]time.Time{}
			f.answer = func(f *fakeNet, req Packet) {
				if req.TTL > 4 {
					path(4)(f, req)
					return
				}
				if last, ok := at[req.TTL]; ok {
					tokens[req.TTL] += time.Since(last).Seconds()
				} else {
					tokens[req.TTL] = 6
				}
				at[req.TTL] = time.Now()
				if tokens[req.TTL] = min(tokens[req.TTL], 6); tokens[req.TTL] >= 1 {
					tokens[req.TTL]--
					path(4)(f, req)
				}
			}
			begin := time.Now()
			r, err := f.engine(t, Options{}).Trace(t.Context(), host, TraceOptions{Rounds: rounds})
			if err != nil || !r.Reached {
				t.Fatal(describeRoute(r), err)
			}
			for _, h := range r.Hops {
				if h.Stats.Sent != rounds || h.Stats.Received != rounds {
					t.Errorf("%d rounds: hop %d answered %d of %d", rounds, h.TTL, h.Stats.Received, h.Stats.Sent)
				}
			}
			if took := time.Since(begin); took > time.Duration(max(1, rounds-5))*time.Second {
				t.Errorf("%d rounds took %s", rounds, took)
			}
		})
	}
}

// Whether one sample loses less than another is a matter of both.
func TestFewer(t *testing.T) {
	for _, c := range []struct {
		lost, sent, otherLost, otherSent int
		want                             float64
	}{{0, 9, 2, 3, 3.0 / 66}, {0, 9, 1, 3, 0.25}, {6, 14, 11, 14, 0.0601}, {3, 3, 3, 3, 1}, {0, 0, 3, 5, 1}} {
		if got := fewer(c.lost, c.sent, c.otherLost, c.otherSent); math.Abs(got-c.want) > 1e-4 {
			t.Errorf("%+v: %g", c, got)
		}
	}
}
