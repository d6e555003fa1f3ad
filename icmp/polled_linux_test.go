package icmp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

// polled runs a test with engines for sweeps over raw and over datagram sockets.
func polled(t *testing.T, respond func(tun.Packet) []tun.Answer, o Options, test func(t *testing.T, e *Engine)) {
	for name, unprivileged := range map[string]bool{"raw": false, "datagram": true} {
		t.Run(name, func(t *testing.T) {
			tuntest.Isolate(t, respond)
			tuntest.PermitDatagram(t)
			if o.Source.IsValid() {
				if err := errors.Join(tun.IP("addr", "add", o.Source.String(), "dev", "tun0", "nodad"), tun.AwaitLocal(o.Source.String())); err != nil {
					t.Fatal(err)
				}
			}
			o.Unprivileged, o.Polled, o.Pairs = unprivileged, true, 2
			test(t, listen(t, o))
		})
	}
}

var (
	many4 = Range{netip.MustParseAddr("10.99.1.0"), netip.MustParseAddr("10.99.8.255")}
	many6 = Range{netip.MustParseAddr("fd99::100"), netip.MustParseAddr("fd99::4ff")}
)

// outcomes counts what becomes of the addresses of a range.
func outcomes(t *testing.T, e *Engine, hosts Range, o SweepOptions, each func(Reply)) map[Outcome]int {
	t.Helper()
	got, ended := map[Outcome]int{}, map[netip.Addr]bool{}
	for r := range e.Sweep(t.Context(), hosts.Addrs(), o) {
		if final := r.Outcome == Received || r.Outcome == Lost || r.Outcome == Failed; final {
			if ended[r.Addr] {
				t.Errorf("%s ended twice, as %s at last", r.Addr, r.Outcome)
			}
			ended[r.Addr] = true
		}
		got[r.Outcome]++
		if each != nil {
			each(r)
		}
	}
	return got
}

// Small probes, which leave with a header of ours, and large ones find every host, and
// their times are the kernel's, however late they are read.
func TestPolledSweep(t *testing.T) {
	const delay = 15 * time.Millisecond
	respond := func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		return []tun.Answer{{After: delay, Packet: p.Reply()}}
	}
	polled(t, respond, Options{}, func(t *testing.T, e *Engine) {
		for _, size := range []int{MinSize, 0, 1000} {
			for _, hosts := range []Range{many4, many6} {
				got := outcomes(t, e, hosts, SweepOptions{Size: size, Retries: 2, Rate: 20_000}, func(r Reply) {
					if r.Outcome == Received && (r.RTT < delay || r.Clock != KernelRxClock || r.TTL != 64 || r.From != r.Addr) {
						t.Errorf("%d octets: %+v", size, r)
					}
				})
				if want := hosts.Count(1 << 20); got[Received] != want || len(got) != 1 {
					t.Errorf("%d octets: %v, want %d received", size, got, want)
				}
			}
		}
	})
}

// Silence, routers' errors, altered and doubled answers are what they are elsewhere.
func TestPolledFaultyPath(t *testing.T) {
	polled(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() {
			return nil
		}
		good := p.Reply()
		switch last := p.Destination().AsSlice(); last[len(last)-1] % 8 {
		case 0:
			return nil
		case 1:
			if p.IPv6() {
				return []tun.Answer{{Packet: p.Fault(tuntest.Gate6, 1, 3, 0)}}
			}
			return []tun.Answer{{Packet: p.Fault(tuntest.Gate4, 3, 1, 0)}}
		case 2:
			good[len(good)-1] ^= 0xff
			good.Seal()
			return []tun.Answer{{Packet: good}}
		case 3:
			return []tun.Answer{{Packet: good}, {Packet: good}}
		}
		return []tun.Answer{{Packet: good}}
	}, Options{}, func(t *testing.T, e *Engine) {
		for _, hosts := range []Range{many4, many6} {
			got := outcomes(t, e, hosts, SweepOptions{Wait: 500 * time.Millisecond, Rate: 10_000}, func(r Reply) {
				if fault := (*Error)(nil); r.Outcome == Failed && (!errors.As(r.Err, &fault) || fault.From != tuntest.Gate4 && fault.From != tuntest.Gate6) {
					t.Errorf("failed with %v", r.Err)
				}
			})
			eighth := hosts.Count(1<<20) / 8
			if got[Received] != 5*eighth || got[Lost] != 2*eighth || got[Failed] != eighth || got[Corrupted] != eighth || got[Duplicate] != eighth {
				t.Errorf("%v, want 5, 2, 1, 1, 1 times %d", got, eighth)
			}
		}
	})
}

// What is asked of an engine holds for the headers that a sweep writes.
func TestPolledOptionsOnTheWire(t *testing.T) {
	for _, o := range []Options{
		{Source: netip.MustParseAddr("10.99.0.2"), Interface: "tun0", TTL: 9, DSCP: 46, DontFragment: true},
		{Source: netip.MustParseAddr("fd99::2"), TTL: 9, DSCP: 46},
	} {
		hosts := many4
		if o.Source.Is6() {
			hosts = many6
		}
		polled(t, func(p tun.Packet) []tun.Answer {
			class, whole := p[1], p.IPv6() || p[6]&0x40 != 0
			if p.IPv6() {
				class = p[0]<<4 | p[1]>>4
			}
			if !p.IsEchoRequest() || p.Source() != o.Source || p.TTL() != 9 || class != 46<<2 || !whole {
				return nil
			}
			return []tun.Answer{{Packet: p.Reply()}}
		}, o, func(t *testing.T, e *Engine) {
			if got := outcomes(t, e, hosts, SweepOptions{Retries: 2, Rate: 20_000}, nil); got[Received] != hosts.Count(1<<20) {
				t.Errorf("from %s: %v", o.Source, got)
			}
		})
	}
}

// The headers of a sweep are those that the kernel would have written.
func TestPolledHeader(t *testing.T) {
	var plain, express atomic.Value
	var into atomic.Pointer[atomic.Value]
	tuntest.Isolate(t, func(p tun.Packet) []tun.Answer {
		if !p.IsEchoRequest() || p.IPv6() {
			return nil
		}
		header := append([]byte(nil), p[:20]...)
		header[4], header[5], header[10], header[11] = 0, 0, 0, 0 // identification and checksum
		into.Load().Store(string(header))
		return []tun.Answer{{Packet: p.Reply()}}
	})
	for _, value := range []*atomic.Value{&plain, &express} {
		into.Store(value)
		e := listen(t, Options{Polled: value == &express})
		if got := outcomes(t, e, Range{tuntest.Far4, tuntest.Far4}, SweepOptions{}, nil); got[Received] != 1 {
			t.Fatal(got)
		}
	}
	if plain.Load() != express.Load() {
		t.Errorf("the kernel's header % x, ours % x", plain.Load(), express.Load())
	}
}

// A zone says by which interface a link-local address is asked.
func TestPolledZone(t *testing.T) {
	polled(t, tuntest.Echo, Options{}, func(t *testing.T, e *Engine) {
		if err := tun.IP("addr", "add", "fe80::99/64", "dev", "tun0", "nodad"); err != nil {
			t.Fatal(err)
		}
		ifi, err := net.InterfaceByName("tun0")
		if err != nil {
			t.Fatal(err)
		}
		// Its name is not known to the threads of other goroutines, its number will do.
		zone := strconv.Itoa(ifi.Index)
		hosts := Range{netip.MustParseAddr("fe80::7").WithZone(zone), netip.MustParseAddr("fe80::16").WithZone(zone)}
		var last error
		if got := outcomes(t, e, hosts, SweepOptions{Retries: 2}, func(r Reply) { last = r.Err }); got[Received] != 16 {
			t.Errorf("%v, want 16 received; %v", got, last)
		}
	})
}

func TestPolledNoRoute(t *testing.T) {
	polled(t, tuntest.Echo, Options{}, func(t *testing.T, e *Engine) {
		for _, addr := range []string{"192.0.2.1", "2001:db8::1"} {
			hosts := Range{netip.MustParseAddr(addr), netip.MustParseAddr(addr).Next()}
			got := outcomes(t, e, hosts, SweepOptions{}, func(r Reply) {
				if !errors.Is(r.Err, syscall.ENETUNREACH) {
					t.Errorf("%s: %v", addr, r.Err)
				}
			})
			if got[Failed] != 2 || len(got) != 1 {
				t.Errorf("%s: %v", addr, got)
			}
		}
	})
}

// At any speed nothing is lost on this machine, with little room neither.
func TestPolledLoopback(t *testing.T) {
	if os.Geteuid() != 0 {
		tuntest.Without(t, errors.New("this is not root"))
	}
	for _, room := range []int{0, 1} {
		e := listen(t, Options{Polled: true, Pairs: MaxPairs, ReadBuffer: room})
		hosts := Range{netip.MustParseAddr("127.1.0.0"), netip.MustParseAddr("127.1.79.255")}
		o := SweepOptions{}
		if room > 0 {
			hosts.Last = netip.MustParseAddr("127.1.1.255")
			o = SweepOptions{Retries: MaxRetries, Backoff: 1, Wait: 50 * time.Millisecond}
		}
		if got := outcomes(t, e, hosts, o, nil); got[Received] != hosts.Count(1<<20) || got[Lost]+got[Failed] > 0 {
			t.Errorf("a buffer of %d: %v", room, got)
		}
	}
}

// An engine for sweeps does not ping, as nobody would read the answers.
func TestPolledIsForSweeps(t *testing.T) {
	e := listen(t, Options{Polled: true})
	if _, err := e.Ping(t.Context(), netip.MustParseAddr("127.0.0.1"), PingOptions{Count: 1}); err == nil {
		t.Error("a ping went through")
	}
}
