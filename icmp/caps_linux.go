package icmp

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// DropPrivileges takes the capabilities for raw sockets and for other network
// settings from every thread of this process, for good. Open engines keep
// their sockets; new ones get the datagram socket. Without the capabilities it
// does nothing.
//
// Capabilities belong to threads, which is why all of them are changed at once
// (capabilities(7)); that is possible in programs built without cgo only.
func DropPrivileges() error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return fmt.Errorf("icmp: read capabilities: %w", err)
	}
	const drop = 1<<unix.CAP_NET_RAW | 1<<unix.CAP_NET_ADMIN
	if (data[0].Effective|data[0].Permitted)&drop == 0 {
		return nil
	}
	data[0].Effective &^= drop
	data[0].Permitted &^= drop
	data[0].Inheritable &^= drop
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&hdr)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 {
		return fmt.Errorf("icmp: drop capabilities: %w", errno)
	}
	return nil
}
