package icmp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	pollSize    = 2048 // octets kept of a packet beside what a probe has: any error with its quote
	pollControl = 128  // octets of control messages per packet
)

// A flight is a batch of messages as the kernel takes them.
type flight struct {
	headers [batchSize]mmsghdr
	vectors [batchSize][2]unix.Iovec         // an IP header, if we write it, and the message
	names   [batchSize]unix.RawSockaddrInet6 // of IPv4 its beginning
	data    [batchSize][]byte                // of what is received
	control [batchSize][]byte
}

// An mmsghdr is a struct mmsghdr (recvmmsg(2)).
type mmsghdr struct {
	header unix.Msghdr
	n      uint32
}

// prepare lays a flight out, with room for data if any is to be received.
func (f *flight) prepare(room int) {
	data, control := make([]byte, batchSize*room), make([]byte, batchSize*pollControl)
	for i := range batchSize {
		f.data[i] = data[i*room : (i+1)*room : (i+1)*room]
		f.control[i] = control[i*pollControl : i*pollControl : (i+1)*pollControl]
		h := &f.headers[i].header
		h.Name = (*byte)(unsafe.Pointer(&f.names[i]))
		h.Iov = &f.vectors[i][1]
		h.SetIovlen(1)
	}
}
