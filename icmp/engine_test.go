package icmp

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mailprobe/bench/tun/tuntest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen opens an engine on the machine's own sockets, or skips the test.
func listen(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Listen(o)
	if errors.Is(err, os.ErrPermission) {
		tuntest.Without(t, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestPingLoopback(t *testing.T) {
	e := listen(t, Options{})
	for _, host := range []string{"127.0.0.1", "::1"} {
		addr := netip.MustParseAddr(host)
		if err := e.Usable(addr); err != nil {
			t.Logf("no IPv6 here: %v", err)
			continue
		}
		s, err := e.Ping(t.Context(), addr, PingOptions{Count: 20, Interval: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s %+v avg %s loss %g", host, *s, s.Avg(), s.Loss())
		if s.Sent != 20 || s.Received != 20 {
			t.Errorf("%s: sent %d, received %d, want 20 of both", host, s.Sent, s.Received)
		}
		if s.Avg() <= 0 || s.Avg() > 50*time.Millisecond || s.Min > s.Avg() || s.Avg() > s.Max {
			t.Errorf("%s: round trips min %s avg %s max %s", host, s.Min, s.Avg(), s.Max)
		}
	}
}

func TestCancelledPingKeepsWhatIsKnown(t *testing.T) {
	e := listen(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	s, err := e.Ping(ctx, netip.MustParseAddr("127.0.0.1"), PingOptions{OnReply: func(Reply) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if s.Sent != 1 || s.Received != 1 {
		t.Errorf("sent %d, received %d, want 1 of both", s.Sent, s.Received)
	}
}

// An engine whose further pairs lack a socket would fail a part of a sweep.
func TestPairsAreAlike(t *testing.T) {
	for _, pairs := range []int{-1, MaxPairs + 1} {
		if e, err := Listen(Options{Pairs: pairs}); err == nil {
			e.Close()
			t.Errorf("%d pairs of sockets are taken", pairs)
		}
	}
	first, lack := newFakeNet(0), errors.New("too many open files")
	opened := 0
	e, err := Listen(Options{Pairs: 2, open: func(proto int, _ Options) (socket, error) {
		if proto == protoICMP6 {
			return nil, os.ErrPermission
		}
		if opened++; opened > 1 {
			return nil, lack
		}
		return first, nil
	}})
	if e != nil || !errors.Is(err, lack) {
		t.Errorf("engine %v, error %v, want that of the second socket", e, err)
	}
	select {
	case <-first.closed:
	default:
		t.Error("the first socket is left open")
	}
}
