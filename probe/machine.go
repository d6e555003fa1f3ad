package probe

import (
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
)

// CauseMachineLimit with what helps, where it is not about files.
var (
	CauseNoPorts  = CauseMachineLimit.Advise("all ports of this machine are in use: run fewer checks at once with --jobs, or widen net.ipv4.ip_local_port_range")
	CauseNoMemory = CauseMachineLimit.Advise("this machine has no memory left for connections: see what takes it, or run fewer checks at once with --jobs")
)

// machineLimits are what the operating system says where this machine has no more files
// or memory. What it says where there are no more ports depends on the call.
var machineLimits = []struct {
	errors []syscall.Errno
	cause  *Cause
}{
	{[]syscall.Errno{syscall.EMFILE, syscall.ENFILE}, CauseMachineLimit},
	{[]syscall.Errno{syscall.ENOBUFS, syscall.ENOMEM}, CauseNoMemory},
}

// MachineLimit returns the cause of an error that says that this machine has no more
// files, or no more memory for a connection; nil for other errors.
func MachineLimit(err error) *Cause {
	for _, l := range machineLimits {
		if slices.ContainsFunc(l.errors, func(e syscall.Errno) bool { return errors.Is(err, e) }) {
			return l.cause
		}
	}
	return nil
}

// noFreePort is what the operating system says of a packet for which there is no port
// left to send it from (udp(7)).
var noFreePort = []syscall.Errno{syscall.EAGAIN, syscall.EADDRINUSE}

// machineLimitOf is MachineLimit for an error of net.Resolver, which keeps the text
// alone.
func machineLimitOf(dns *net.DNSError) *Cause {
	if saysAny(dns, noFreePort) {
		return CauseNoPorts
	}
	for _, l := range machineLimits {
		if saysAny(dns, l.errors) {
			return l.cause
		}
	}
	return nil
}

// saysAny reports whether one of some errors is behind one of net.Resolver.
func saysAny(dns *net.DNSError, errs []syscall.Errno) bool {
	return slices.ContainsFunc(errs, func(e syscall.Errno) bool { return strings.HasSuffix(dns.Err, e.Error()) })
}
