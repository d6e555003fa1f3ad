package icmp

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// hosts yields n addresses from 10.0.0.0 on.
func hosts(n int) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for i := range n {
			if !yield(nthHost(i)) {
				return
			}
		}
	}
}

func nthHost(i int) netip.Addr {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], 10<<24+uint32(i))
	return netip.AddrFrom4(a)
}

// Whatever the network does, each address ends once: Late follows Lost only,
// and nothing comes after the other ends.
func TestSweepHostileNetwork(t *testing.T) {
	for seed := range uint64(9) {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeNet(seed)
			f.answer = hostile
			ends := map[netip.Addr][]Outcome{}
			for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(500), SweepOptions{Retries: int(seed % 3), Rate: 1000}) {
				if r.Outcome <= Failed {
					ends[r.Addr] = append(ends[r.Addr], r.Outcome)
				}
			}
			for i := range 500 {
				checkEnds(t, seed, nthHost(i), ends[nthHost(i)])
			}
			time.Sleep(3 * time.Second) // let the last packets arrive
		})
	}
}

func checkEnds(t *testing.T, seed uint64, addr netip.Addr, ends []Outcome) {
	t.Helper()
	final, late := 0, 0
	for _, o := range ends {
		if o == Late {
			late++
		} else {
			final++
		}
	}
	if final != 1 || late > int(seed%3)+1 {
		t.Errorf("seed %d: %s ended as %v", seed, addr, ends)
	}
}

func TestSweepRetriesAndBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		tries := map[netip.Addr]int{}
		f.answer = func(f *fakeNet, req Packet) {
			if tries[req.Addr]++; req.Addr != nthHost(0) && tries[req.Addr] == 3 {
				f.deliver(time.Millisecond, req.Reply(), Received)
			}
		}
		start, got := time.Now(), map[Outcome]int{}
		for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(100), SweepOptions{Wait: 100 * time.Millisecond, Retries: 2, Backoff: 2}) {
			got[r.Outcome]++
		}
		if got[Received] != 99 || got[Lost] != 1 || len(got) != 2 {
			t.Errorf("outcomes %v, want 99 received and 1 lost", got)
		}
		if took := time.Since(start); took != 700*time.Millisecond+linger {
			t.Errorf("took %s, want waits of 100, 200 and 400 ms", took)
		}
	})
}

func TestSweepRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		start := time.Now()
		for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(1001), SweepOptions{Rate: 100}) {
			if r.Outcome != Received {
				t.Fatal(r)
			}
		}
		if took := time.Since(start).Round(time.Millisecond); took != 10*time.Second {
			t.Errorf("1001 probes at 100 a second took %s, want 10s", took)
		}
	})
}

// A rate is meant for what leaves this machine, if so asked.
func TestSweepFreeOfRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		addrs := func(yield func(netip.Addr) bool) {
			loopback := netip.MustParseAddr("127.0.0.1")
			for addr := range hosts(101) {
				for range 10 {
					if !yield(loopback) {
						return
					}
				}
				if !yield(addr) {
					return
				}
			}
		}
		start, n := time.Now(), 0
		for range newFakeNet(0).engine(t, Options{}).Sweep(t.Context(), addrs, SweepOptions{Rate: 100, Free: true}) {
			n++
		}
		if took := time.Since(start).Round(10 * time.Millisecond); n != 1111 || took != time.Second {
			t.Errorf("%d answers in %s, want 1111 in 1 s", n, took)
		}
	})
}

// The pairs of an engine share the addresses of a sweep, its rate, and its end.
func TestSweepPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var nets []*fakeNet
		e, err := Listen(Options{Pairs: 3, open: func(proto int, _ Options) (socket, error) {
			if proto == protoICMP6 {
				return nil, net.ErrClosed
			}
			nets = append(nets, newFakeNet(uint64(len(nets))))
			nets[len(nets)-1].answer = func(f *fakeNet, req Packet) { f.deliver(time.Millisecond, req.Reply(), Received) }
			return nets[len(nets)-1], nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		start, seen := time.Now(), map[netip.Addr]Outcome{}
		for r := range e.Sweep(t.Context(), hosts(5000), SweepOptions{Rate: 1000}) {
			seen[r.Addr] = r.Outcome
		}
		if took := time.Since(start).Round(10 * time.Millisecond); len(seen) != 5000 || took != 5*time.Second {
			t.Errorf("%d addresses ended in %s, want 5000 in 5 s", len(seen), took)
		}
		for i, f := range nets {
			if f.Sent() == 0 {
				t.Errorf("nothing went over pair %d", i)
			}
		}
	})
}

// No more probes are in flight than the window permits, and the sweep of dead
// hosts goes on when they expire.
func TestSweepWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		var inFlight, most atomic.Int64
		f.answer = func(f *fakeNet, req Packet) {
			most.Store(max(most.Load(), inFlight.Add(1)))
			time.AfterFunc(999*time.Millisecond, func() { inFlight.Add(-1) })
		}
		n := 0
		for r := range f.engine(t, Options{}).Sweep(t.Context(), hosts(250), SweepOptions{Window: 100}) {
			if r.Outcome == Lost {
				n++
			}
		}
		if n != 250 || most.Load() > 100 {
			t.Errorf("%d lost of 250, %d in flight with a window of 100", n, most.Load())
		}
	})
}

// A million addresses need no more memory than a few thousand; the probes of
// dead ones are forgotten in time.
func TestSweepRemembersLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newFakeNet(0).engine(t, Options{})
		s, err := newSweep(e, SweepOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		go s.source.feed(hosts(40_000))
		n := 0
		s.run(t.Context(), func(Reply) bool { n++; return true })
		if n != 40_000 {
			t.Errorf("%d of 40000 answered", n)
		}
		if slots := len(s.lanes[0].rounds[0].run.table.slots); slots > 2*sweepKeep {
			t.Errorf("%d slots for probes that were answered at once", slots)
		}
	})
}

func TestSweepEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		e := f.engine(t, Options{})
		n := 0
		for range e.Sweep(t.Context(), hosts(1<<30), SweepOptions{}) {
			if n++; n == 10 {
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		never := make(chan netip.Addr)
		slow := func(yield func(netip.Addr) bool) {
			_ = yield(host) && yield(other)
			<-never
		}
		n = 0
		for range e.Sweep(ctx, slow, SweepOptions{}) {
			n++
		}
		if n != 2 {
			t.Errorf("%d answers before the source blocked, want 2", n)
		}
		close(never)
	})
}

func TestSweepErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeNet(0)
		f.Refuse = func(req Packet) error {
			if req.Addr == nthHost(1) {
				return syscall.ENETUNREACH
			}
			return nil
		}
		f.answer = func(f *fakeNet, req Packet) {
			if req.Addr == nthHost(2) {
				f.deliver(1, quoteError(req, router, 3, 1, 8), Failed)
				return
			}
			f.deliver(1, req.Reply(), Received)
		}
		addrs := func(yield func(netip.Addr) bool) {
			_ = yield(netip.MustParseAddr("2001:db8::1")) && yield(netip.Addr{})
			hosts(4)(yield)
		}
		var seen []string
		for r := range f.engine(t, Options{}).Sweep(t.Context(), addrs, SweepOptions{}) {
			if r.Outcome == Failed {
				seen = append(seen, r.Err.Error())
			}
		}
		if len(seen) != 4 || !strings.Contains(strings.Join(seen, "\n"), "host unreachable (type 3 code 1), says 198.51.100.1") {
			t.Errorf("failures %q", seen)
		}
	})
}

func TestSweepBadOptions(t *testing.T) {
	e := newFakeNet(0).engine(t, Options{})
	for _, o := range []SweepOptions{{Size: 1}, {Retries: -1}, {Retries: 11}, {Backoff: 0.5}, {Rate: -1}, {Window: -1}, {Wait: -1}} {
		n := 0
		for r := range e.Sweep(t.Context(), hosts(3), o) {
			if n++; r.Err == nil {
				t.Errorf("%+v: %+v", o, r)
			}
		}
		if n != 1 {
			t.Errorf("%+v: %d replies", o, n)
		}
	}
	e.Close()
	for r := range e.Sweep(t.Context(), hosts(3), SweepOptions{}) {
		if !errors.Is(r.Err, ErrClosed) {
			t.Errorf("closed engine: %+v", r)
		}
	}
}
