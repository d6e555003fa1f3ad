//go:build !linux

package icmp

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
)

// DialControl returns what a dialer does to a socket so that its packets are sent as the
// options say, which is possible on Linux only.
func DialControl(o Options) func(network, address string, c syscall.RawConn) error {
	return func(string, string, syscall.RawConn) error {
		if o.Interface != "" || o.Mark != 0 || o.TTL != 0 || o.DSCP != 0 {
			return fmt.Errorf("handshakes with an interface, a mark, a TTL or a DSCP are not supported on %s: %w", runtime.GOOS, errors.ErrUnsupported)
		}
		return nil
	}
}
