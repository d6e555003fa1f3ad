package icmp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestPingTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled atomic.Int64
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			n := dialled.Add(1)
			switch {
			case address != "192.0.2.7:25" || network != "tcp":
				t.Errorf("dialled %s %s", network, address)
			case n == 2:
				<-ctx.Done()
				return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
			case n == 3:
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}
			time.Sleep(20 * time.Millisecond)
			c, s := net.Pipe()
			s.Close()
			return c, nil
		}
		start := time.Now()
		s, err := PingTCP(t.Context(), dial, netip.MustParseAddrPort("192.0.2.7:25"), PingOptions{Count: 5})
		if err != nil || s.Sent != 5 || s.Received != 3 || s.Lost != 1 || s.Errors != 1 || s.Avg() != 20*time.Millisecond {
			t.Errorf("%+v, %v", s, err)
		}
		if !errors.Is(s.LastErr, syscall.ECONNREFUSED) {
			t.Errorf("last error %v", s.LastErr)
		}
		if took := time.Since(start); took != 4020*time.Millisecond {
			t.Errorf("took %s", took)
		}
	})
}

func TestPingTCPInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		to := netip.MustParseAddrPort("192.0.2.7:25")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(1500*time.Millisecond, cancel)
		if s, err := PingTCP(ctx, dial, to, PingOptions{Wait: time.Minute}); !errors.Is(err, context.Canceled) || s.Sent != 0 {
			t.Errorf("cancelled: %+v, %v", s, err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		if s, err := PingTCP(ctx, dial, to, PingOptions{Wait: time.Minute}); err != nil || s.Sent != 2 || s.Lost != 2 {
			t.Errorf("deadline: %+v, %v", s, err)
		}
		if _, err := PingTCP(t.Context(), dial, to, PingOptions{Count: -1}); err == nil {
			t.Error("a negative count: no error")
		}
	})
}
