package integration

import (
	"bytes"
	endian "encoding/binary"
	"net/netip"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"mailprobe/bench/tun"
)

// capture keeps what passes a node by TCP over IPv4, by direction of each connection.
type capture struct {
	fd   int
	mu   sync.Mutex
	seen map[flow][]byte
}

type flow struct{ from, to netip.AddrPort }

// capture begins one at each node. Loopback is part of a node.
func (l *fleetLab) capture(nodes ...*tun.Node) {
	l.t.Helper()
	for _, n := range nodes {
		c := &capture{seen: map[flow][]byte{}}
		l.must(n.Do(func() (err error) {
			c.fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(htons(unix.ETH_P_IP)))
			return err
		}))
		l.must(unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20))
		l.must(unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000}))
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			c.run(stop)
		}()
		l.t.Cleanup(func() {
			close(stop)
			<-done
			_ = unix.Close(c.fd)
		})
		l.captures = append(l.captures, c)
	}
}

func htons(n uint16) uint16 {
	b := endian.BigEndian.AppendUint16(nil, n)
	return endian.NativeEndian.Uint16(b)
}

func (c *capture) run(stop <-chan struct{}) {
	packet := make([]byte, 1<<17)
	for {
		select {
		case <-stop:
			return
		default:
		}
		n, from, err := unix.Recvfrom(c.fd, packet, 0)
		if err != nil {
			continue // nothing came for a while
		}
		if at, is := from.(*unix.SockaddrLinklayer); is && at.Pkttype != unix.PACKET_OUTGOING { // each comes in, somewhere
			c.take(packet[:n])
		}
	}
}

// take keeps what a packet carries.
func (c *capture) take(p []byte) {
	if len(p) < 40 || p[0]>>4 != 4 || p[9] != unix.IPPROTO_TCP {
		return
	}
	from, _ := netip.AddrFromSlice(p[12:16])
	to, _ := netip.AddrFromSlice(p[16:20])
	p = p[min(len(p), int(p[0]&15)*4):]
	if len(p) < 20 {
		return
	}
	f := flow{netip.AddrPortFrom(from, endian.BigEndian.Uint16(p)), netip.AddrPortFrom(to, endian.BigEndian.Uint16(p[2:]))}
	p = p[min(len(p), int(p[12]>>4)*4):]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[f] = append(c.seen[f], p...)
}

// holds reports whether a text has passed.
func (c *capture) holds(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, stream := range c.seen {
		if bytes.Contains(stream, []byte(text)) {
			return true
		}
	}
	return false
}

// lost is how many packets the capture has missed, of those since it was last asked.
func (c *capture) lost(t *testing.T) uint32 {
	s, err := unix.GetsockoptTpacketStats(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		t.Fatal(err)
	}
	return s.Drops
}

// size is how many bytes were captured.
func (c *capture) size() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, stream := range c.seen {
		n += len(stream)
	}
	return n
}
