//go:build !linux

package icmp

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"
)

// Segments are probes by TCP or UDP, for which only Linux has what it takes.
type Segments struct{}

func openSegments(_, _ uint16, _ *clock, _ Options) (*Segments, error) {
	return nil, fmt.Errorf("icmp: tracing by TCP or UDP is not supported on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (*Segments) Close() error { return nil }

func (*Segments) prober(netip.Addr, int, time.Duration) (*segmentProber, error) {
	return nil, errors.ErrUnsupported
}
