//go:build linux

package tuntest

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mailprobe/bench/tun"
)

// Addresses on the TUN device that [Isolate] makes: this machine's, a host's and a
// router's.
var (
	Near4 = netip.MustParseAddr("10.99.0.1")
	Far4  = netip.MustParseAddr("10.99.0.7")
	Gate4 = netip.MustParseAddr("10.99.0.254")
	Far6  = netip.MustParseAddr("fd99::7")
	Gate6 = netip.MustParseAddr("fd99::fe")
)

// CableHost is the address of the host at the end of the cable of [Cable].
var CableHost = netip.MustParseAddr("10.98.0.2")

// Isolate moves the test to a namespace whose network is the TUN device tun0 with
// respond at its far side. The rest of the test must stay on its goroutine.
func Isolate(t *testing.T, respond func(tun.Packet) []tun.Answer) *tun.Device {
	t.Helper()
	if err := tun.Isolate(); err != nil {
		Without(t, err)
	}
	d, err := tun.Open("tun0", Near4.String()+"/16", "fd99::1/64")
	if err != nil {
		Without(t, err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		tun.Serve(d, respond)
	}()
	t.Cleanup(func() {
		d.Close()
		<-served
	})
	return d
}

// Echo answers every echo request.
func Echo(p tun.Packet) []tun.Answer {
	if !p.IsEchoRequest() {
		return nil
	}
	return []tun.Answer{{Packet: p.Reply()}}
}

// Write writes a setting of the kernel, or skips the test where that is not permitted.
func Write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0); err != nil {
		Without(t, err)
	}
}

// PermitDatagram opens the datagram socket of ICMP to everyone in this namespace.
func PermitDatagram(t *testing.T) {
	t.Helper()
	Write(t, "/proc/sys/net/ipv4/ping_group_range", "0 2147483647")
}

// IP runs the command ip in the namespace of the test.
func IP(t *testing.T, args ...string) {
	t.Helper()
	if err := tun.IP(args...); err != nil {
		t.Fatal(err)
	}
}

// Cable moves the test to a namespace with a cable, veth0, to CableHost in another.
// The function runs the command ip at that host.
func Cable(t *testing.T) (far func(args ...string)) {
	t.Helper()
	commands, results := make(chan []string), make(chan error)
	thread := make(chan int)
	go func() {
		defer close(results)
		results <- tun.Isolate()
		thread <- unix.Gettid()
		for args := range commands {
			results <- tun.IP(args...)
		}
	}()
	t.Cleanup(func() { close(commands); <-results })
	lack := <-results
	there := strconv.Itoa(<-thread)
	if lack == nil {
		lack = tun.Isolate()
	}
	if lack == nil {
		lack = tun.IP("link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns", there)
	}
	if lack != nil {
		Without(t, lack)
	}
	far = func(args ...string) {
		commands <- args
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	far("addr", "add", CableHost.String()+"/24", "dev", "veth1")
	far("link", "set", "veth1", "up")
	IP(t, "addr", "add", "10.98.0.1/24", "dev", "veth0")
	IP(t, "ntable", "change", "name", "arp_cache", "dev", "veth0", "retrans", "50") // else it waits 3 s for a neighbour
	IP(t, "link", "set", "veth0", "up")
	AwaitHost(t, CableHost)
	return far
}

// AwaitHost returns when a host on the link answers: it says that its port 9 is closed.
func AwaitHost(t *testing.T, host netip.Addr) {
	t.Helper()
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 9)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 50 {
		_ = conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := conn.Write([]byte{0})
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
	}
	t.Fatalf("%s does not answer", host)
}

// Sockets runs a test in two networks with respond at their far side, once for raw and
// once for datagram sockets.
func Sockets(t *testing.T, respond func(tun.Packet) []tun.Answer, test func(t *testing.T, datagram bool)) {
	for name, datagram := range map[string]bool{"raw": false, "datagram": true} {
		t.Run(name, func(t *testing.T) {
			Isolate(t, respond)
			PermitDatagram(t)
			test(t, datagram)
		})
	}
}
