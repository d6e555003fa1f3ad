package icmp

import (
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mailprobe/bench/tun"
	"mailprobe/probe"
)

var (
	cable4 = netip.MustParseAddr("10.98.0.2") // the host at the end of a cable
	nobody = netip.MustParseAddr("10.98.0.9")
)

// cable moves the test to a namespace with a cable, veth0, to a host in another.
// The function runs the command ip at that host.
func cable(t *testing.T) (far func(args ...string)) {
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
		without(t, lack)
	}
	far = func(args ...string) {
		commands <- args
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	far("addr", "add", cable4.String()+"/24", "dev", "veth1")
	far("link", "set", "veth1", "up")
	for _, args := range [][]string{
		{"addr", "add", "10.98.0.1/24", "dev", "veth0"},
		{"ntable", "change", "name", "arp_cache", "dev", "veth0", "retrans", "50"}, // else it waits 3 s for a neighbour
		{"link", "set", "veth0", "up"},
	} {
		if err := tun.IP(args...); err != nil {
			t.Fatal(err)
		}
	}
	awaitCable(t)
	return far
}

// awaitCable returns when both ends of the cable have noticed each other.
func awaitCable(t *testing.T) {
	t.Helper()
	e := listen(t, Options{})
	for range 50 {
		s, err := e.Ping(t.Context(), cable4, PingOptions{Count: 1, Wait: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if s.Received == 1 {
			return
		}
	}
	t.Fatal("the far end of the cable does not answer")
}

// A cable that is pulled and plugged in again costs the probes in between only.
func TestCablePulled(t *testing.T) {
	far := cable(t)
	e := listen(t, Options{})
	var last Outcome
	s, err := e.Ping(t.Context(), cable4, PingOptions{Count: 30, Interval: 100 * time.Millisecond, Wait: 200 * time.Millisecond, OnReply: func(r Reply) {
		switch last = r.Outcome; r.Seq {
		case 2:
			far("link", "set", "veth1", "down")
		case 6:
			far("link", "set", "veth1", "up")
		}
	}})
	if err != nil || s.Sent != 30 || s.Received < 4 || s.Lost+s.Errors < 3 || s.Received+s.Lost+s.Errors != 30 || last != Received {
		t.Errorf("received %d, lost %d, errors %d (%v), in the end %s, %v", s.Received, s.Lost, s.Errors, s.LastErr, last, err)
	}
}

// An interface that is taken away in the middle of a run, with the run bound to
// it, fails each probe from then on.
func TestInterfaceTakenAway(t *testing.T) {
	cable(t)
	e := listen(t, Options{Interface: "veth0"})
	s, err := e.Ping(t.Context(), cable4, PingOptions{Count: 9, Interval: 20 * time.Millisecond, Wait: 200 * time.Millisecond, OnReply: func(r Reply) {
		if r.Seq == 2 {
			if err := tun.IP("link", "del", "veth0"); err != nil {
				t.Error(err)
			}
		}
	}})
	if err != nil || s.Received < 3 || s.Errors < 1 || s.Received+s.Lost+s.Errors != 9 || !errors.Is(s.LastErr, syscall.ENODEV) {
		t.Errorf("received %d, lost %d, errors %d (%v), %v", s.Received, s.Lost, s.Errors, s.LastErr, err)
	}
}

// Nobody on the link has the address: the kernel says so after a while, and before that
// it knows that it has asked in vain. Where the address is behind a router it is that
// one that is silent, and nothing is known of the host.
func TestNoSuchNeighbour(t *testing.T) {
	cable(t)
	ip("route", "add", "192.0.2.0/24", "via", nobody.String())(t)
	ip("addr", "add", "fd98::1/64", "dev", "veth0", "nodad")(t)
	for _, c := range []struct {
		host  string
		wait  string
		also  int
		says  string
		error string
	}{
		{nobody.String(), "5s", 1, "10.98.0.9 is on this machine's own link and does not answer ARP", "host unreachable (type 3 code 1), says 10.98.0.1: "},
		{"192.0.2.7", "5s", 0, "the router 10.98.0.9, which is the way to 192.0.2.7, does not answer ARP", "host unreachable (type 3 code 1), says 10.98.0.1: "},
		{"fd98::9", "50ms", 1, "fd98::9 is on this machine's own link and does not answer NDP", ""},
		{"10.98.0.10", "50ms", 1, "10.98.0.10 is on this machine's own link and does not answer ARP", ""},
	} {
		step := checkHere(t, "-c", "2", "-i", "1ms", "-W", c.wait, c.host).Step(stepEcho)
		if step.Status != probe.Critical || !CauseNeighbourSilent.Is(step.Cause) || len(step.Also) != c.also || !strings.HasSuffix(step.Detail, "; "+c.error+c.says) {
			t.Errorf("%s: %s: %s, %v, %d more", c.host, step.Status, step.Detail, step.Cause, len(step.Also))
		}
	}
}

// A link whose queue is full is waited for, but of IPv6 datagram sockets, which
// Linux does not tell.
func TestFullQueue(t *testing.T) {
	sockets(t, echo, func(t *testing.T, e *Engine) {
		slow := exec.Command("tc", "qdisc", "add", "dev", "tun0", "root", "tbf", "rate", "400kbit", "burst", "1600", "limit", "1600")
		if out, err := slow.CombinedOutput(); err != nil {
			without(t, fmt.Errorf("tc: %w: %s", err, out))
		}
		for _, addr := range []netip.Addr{far4, far6} {
			s, err := e.Ping(t.Context(), addr, PingOptions{Count: 100, Interval: NoInterval})
			told := e.Socket(addr).Raw || addr.Is4()
			if err != nil || told && s.Received != 100 || s.Received+s.Lost+s.Errors != 100 {
				t.Errorf("%s: received %d, lost %d, errors %d (%v), %v", addr, s.Received, s.Lost, s.Errors, s.LastErr, err)
			}
		}
	})
}
