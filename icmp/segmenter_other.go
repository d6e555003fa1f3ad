//go:build !linux

package icmp

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
)

// A segmenter sends probes by TCP or UDP, for which only Linux has what it takes.
type segmenter struct{}

func openSegments(_, _ uint16, _ *clock, _ Options) (*segmenter, error) {
	return nil, fmt.Errorf("icmp: tracing by TCP or UDP is not supported on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (*segmenter) Close() error { return nil }

func (*segmenter) prober(netip.Addr, TraceOptions) (*segmentProber, error) {
	return nil, errors.ErrUnsupported
}
