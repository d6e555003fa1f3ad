//go:build linux

package main

import (
	"encoding/binary"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"mailprobe/bench/tun"
)

// A capture records when the echo requests and replies of an interface passed
// it, by the kernel's stamps: the truth that pingers are held against. Nobody
// reads it before the end, because waking a reader for every packet would come
// between the stamp here and the one that the pinger gets.
type capture struct {
	fd    int
	sent  map[[4]byte]int64 // by identifier and sequence number
	trips []time.Duration
}

func startCapture(device string) (*capture, error) {
	const allProtocols = 0x0300 // ETH_P_ALL in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, allProtocols)
	if err != nil {
		return nil, os.NewSyscallError("packet socket", err)
	}
	index, err := net.InterfaceByName(device)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: allProtocols, Ifindex: index.Index})
	}
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	}
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 8<<20)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &capture{fd: fd, sent: make(map[[4]byte]int64)}, nil
}

func stampOf(oob []byte) int64 {
	hdr, data, _, err := unix.ParseOneSocketControlMessage(oob)
	if err != nil || hdr.Type != unix.SO_TIMESTAMPNS || len(data) < 16 {
		return 0
	}
	return int64(binary.NativeEndian.Uint64(data))*1e9 + int64(binary.NativeEndian.Uint64(data[8:]))
}

// note pairs a request with its reply.
func (c *capture) note(p tun.Packet, at int64) {
	m := p.ICMP()
	if len(m) < 8 {
		return
	}
	key := [4]byte(m[4:])
	if p.IsEchoRequest() {
		c.sent[key] = at
	} else if tx, ok := c.sent[key]; ok {
		c.trips = append(c.trips, time.Duration(at-tx))
		delete(c.sent, key)
	}
}

// close ends the capture and returns the average round trip and their number.
func (c *capture) close() (time.Duration, int) {
	defer unix.Close(c.fd)
	buf, oob := make([]byte, 1<<16), make([]byte, 256)
	for {
		n, oobn, _, _, err := unix.Recvmsg(c.fd, buf, oob, 0)
		if err != nil {
			break
		}
		c.note(buf[:n], stampOf(oob[:oobn]))
	}
	if len(c.trips) == 0 {
		return 0, 0
	}
	var sum time.Duration
	for _, d := range c.trips {
		sum += d
	}
	return sum / time.Duration(len(c.trips)), len(c.trips)
}
