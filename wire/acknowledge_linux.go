package wire

import (
	"net"
	"syscall"
)

// acknowledge has the kernel acknowledge at once what arrives next. It does so
// until the next write or for some segments: tcp(7), TCP_QUICKACK.
func acknowledge(socket net.Conn) {
	s, ok := socket.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return
	}
	// Without it all works, only later.
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
