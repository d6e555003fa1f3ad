//go:build linux

package pingcheck

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
)

// hostile answers as the worst network would, each of it sometimes.
func hostile() func(*fakeNet, icmp.Packet) {
	rng := rand.New(rand.NewPCG(1, 1))
	return func(f *fakeNet, req icmp.Packet) {
		after, good := time.Duration(rng.Int64N(int64(2*time.Second))), req.Reply()
		switch rng.IntN(8) {
		case 0: // lost
		case 1:
			good.Data = good.Data[:8+rng.IntN(len(good.Data)-8)]
			f.Deliver(after, good.Seal())
		case 2:
			good.Data[8+rng.IntN(len(good.Data)-8)] ^= 1
			f.Deliver(after, good.Seal())
		case 3:
			f.Deliver(after, good)
			f.Deliver(after, good)
		case 4:
			good.Addr = router
			f.Deliver(after, good)
		case 5:
			f.Deliver(after, req.Fault(router, 3, 1, 0))
		default:
			f.Deliver(after/8, good)
		}
	}
}

func TestConform(t *testing.T) {
	probetest.Conform(t, kindWith(func(icmp.Options) (*icmp.Engine, error) {
		f := newFakeNet()
		f.answer = hostile()
		return f.engine(t), nil
	}), "-c", "3", "192.0.2.7", "mx.example.org")
}

func TestTraceConform(t *testing.T) {
	probetest.Conform(t, traceKindWith(func(icmp.Options) (*icmp.Engine, error) {
		f := newFakeNet()
		f.answer = path(4, 2)
		return f.engine(t), nil
	}), "192.0.2.7", "mx.example.org")
}

func TestTraceCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(*fakeNet, icmp.Packet)
		want   string
	}{
		{"reached", path(2, 1), `OK reached over 3 hops, average 30.0 ms
OK resolve: 192.0.2.7
OK trace: 3 hops
  hops = 3
  loss = 0%
  rtt_last = 30.0 ms
  rtt_avg = 30.0 ms
  rtt_min = 30.0 ms
  rtt_max = 30.0 ms
  jitter = 0 s
  total = 30.0 ms
SKIPPED hop-1: no answer
  sent = 3
OK hop-2: 198.51.100.2
  loss = 0%
  sent = 3
  rtt_last = 20.0 ms
  rtt_avg = 20.0 ms
  rtt_min = 20.0 ms
  rtt_max = 20.0 ms
  jitter = 0 s
  received = 3
  addresses = 198.51.100.2
OK hop-3: mx.example.org (192.0.2.7)
  loss = 0%
  sent = 3
  rtt_last = 30.0 ms
  rtt_avg = 30.0 ms
  rtt_min = 30.0 ms
  rtt_max = 30.0 ms
  jitter = 0 s
  received = 3
  addresses = 192.0.2.7
`},
		{"silence", func(*fakeNet, icmp.Packet) {}, `CRITICAL trace: nobody on the way answers
OK resolve: 192.0.2.7
CRITICAL trace: nobody on the way answers
  hint: the network here may filter ICMP
  cause: no-answer (unclear)
  hops = 1
  loss = 100% (CRITICAL)
  total = 3.30 s
SKIPPED hop-1: no answer
  sent = 3
`},
		{"behind a router", func(f *fakeNet, req icmp.Packet) {
			if req.TTL == 1 {
				path(1)(f, req)
			}
		}, `CRITICAL trace: nobody answers beyond hop 1, 198.51.100.1
`},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet()
			f.answer = c.answer
			kind := traceKindWith(func(icmp.Options) (*icmp.Engine, error) { return f.engine(t), nil })
			got := probetest.Golden(runKind(t, t.Context(), kind, "192.0.2.7")...)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
			}
		})
	}
}

func TestTraceFlagErrors(t *testing.T) {
	for _, args := range [][]string{{"--count=-1"}, {"--interval=0"}, {"--wait=0"}, {"--max-hops=65"}, {"--size=3"}} {
		c := probe.New(TraceKind())
		if _, err := probe.ParseArgs(c.Declared, args); err != nil {
			t.Fatal(err)
		}
		flag, _, _ := strings.Cut(args[0], "=")
		if err := c.Prepare(t.Context()); err == nil || !strings.HasPrefix(err.Error(), flag+" ") {
			t.Errorf("%v: error %v does not begin with the flag", args, err)
		}
	}
}
