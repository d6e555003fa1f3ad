package icmp

import (
	"errors"
	"strings"
	"syscall"
)

// DialControl returns what a dialer does to a socket so that its packets are sent as the
// options say: from their interface, with their TTL, mark and DSCP.
func DialControl(o Options) func(network, address string, c syscall.RawConn) error {
	return func(network, _ string, c syscall.RawConn) error {
		var set error
		err := c.Control(func(fd uintptr) {
			set = errors.Join(bindToDevice(int(fd), o), setAll(int(fd), sentOptions(strings.HasSuffix(network, "4"), o)))
		})
		return errors.Join(err, set)
	}
}
