package wire

import "syscall"

// arrivedAt looks for a byte without taking it and without waiting: recv(2).
func arrivedAt(raw syscall.RawConn) (yes bool) {
	_ = raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		yes = err == nil && n > 0
	})
	return yes
}
