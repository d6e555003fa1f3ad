package icmp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A fakeTCP makes connections in a test: to hosts by their last octet.
type fakeTCP struct {
	mu             sync.Mutex
	tries          map[string]int
	at, mostAtOnce int
	silentTries    int // of those to silent hosts, before they answer
}

func (f *fakeTCP) dial(ctx context.Context, _, address string) (net.Conn, error) {
	f.mu.Lock()
	f.tries[address]++
	tries := f.tries[address]
	f.at++
	f.mostAtOnce = max(f.mostAtOnce, f.at)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.at--
		f.mu.Unlock()
	}()
	to := netip.MustParseAddrPort(address)
	switch last := to.Addr().As4()[3]; {
	case last%4 == 1:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case last%4 == 2 && tries <= f.silentTries:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	near, _ := net.Pipe()
	return near, nil
}

// Each address ends once; those that are silent are asked again, with longer waits.
func TestSweepTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTCP{tries: map[string]int{}, silentTries: 2}
		got, ended := map[Outcome]int{}, map[netip.Addr]bool{}
		begin := time.Now()
		o := SweepOptions{Wait: 100 * time.Millisecond, Retries: 2, Backoff: 2, Window: 64}
		for r := range SweepTCP(t.Context(), f.dial, hosts(256), 25, o) {
			got[r.Outcome]++
			if ended[r.Addr] || r.Outcome == Failed && !errors.Is(r.Err, syscall.ECONNREFUSED) || r.Outcome == Received && r.RTT != 10*time.Millisecond {
				t.Errorf("%+v", r)
			}
			ended[r.Addr] = true
		}
		if got[Received] != 192 || got[Failed] != 64 || len(got) != 2 || f.mostAtOnce > 64 {
			t.Errorf("%v, %d at once", got, f.mostAtOnce)
		}
		if took := time.Since(begin); took < 310*time.Millisecond || took > 2*time.Second {
			t.Errorf("took %s, with waits of 100 and 200 ms before the last answers", took)
		}
	})
}

func TestSweepTCPLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTCP{tries: map[string]int{}, silentTries: MaxRetries}
		got := map[Outcome]int{}
		for r := range SweepTCP(t.Context(), f.dial, hosts(64), 25, SweepOptions{Retries: 1}) {
			got[r.Outcome]++
		}
		if got[Received] != 32 || got[Failed] != 16 || got[Lost] != 16 {
			t.Errorf("%v", got)
		}
	})
}

// The rate holds, and who breaks off leaves nothing behind.
func TestSweepTCPRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeTCP{tries: map[string]int{}}
		begin, n := time.Now(), 0
		for range SweepTCP(t.Context(), f.dial, hosts(1<<20), 25, SweepOptions{Rate: 100}) {
			if n++; n == 201 {
				break
			}
		}
		if took := time.Since(begin).Round(100 * time.Millisecond); took != 2*time.Second {
			t.Errorf("201 at 100 a second took %s", took)
		}
		if f.at != 0 {
			t.Errorf("%d handshakes go on", f.at)
		}
	})
}
