package icmp_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"time"

	"mailprobe/icmp"
)

// One host, three probes. The network of the examples exists in this process only;
// without it they would probe real hosts.
func ExampleEngine_Ping() {
	network := &icmp.Network{}
	network.Answer = func(n *icmp.Network, request icmp.Packet) {
		if n.Sent() != 2 { // the second one is lost
			n.Deliver(0, request.Reply())
		}
	}
	e, err := icmp.Listen(icmp.Options{Network: network})
	if err != nil {
		log.Fatal(err) // names the commands that would permit it
	}
	defer e.Close()
	s, err := e.Ping(context.Background(), netip.MustParseAddr("192.0.2.25"), icmp.PingOptions{
		Count:    3,
		Interval: time.Millisecond,
		Wait:     100 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d answered, %.0f%% loss, TTL %d\n", s.Received, s.Sent, s.Loss(), s.TTL)
	// Output: 2 of 3 answered, 33% loss, TTL 64
}

// A range of addresses, of which those that answer are printed in any order.
func ExampleEngine_Sweep() {
	network := &icmp.Network{}
	network.Answer = func(n *icmp.Network, request icmp.Packet) {
		if request.Addr.As4()[3]%2 == 0 {
			n.Deliver(0, request.Reply())
		}
	}
	e, err := icmp.Listen(icmp.Options{Network: network})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	hosts, _, err := icmp.ParseRange("192.0.2.1-6")
	if err != nil {
		log.Fatal(err)
	}
	for r := range e.Sweep(context.Background(), hosts.Addrs(), icmp.SweepOptions{Wait: 100 * time.Millisecond}) {
		if r.Outcome == icmp.Received {
			fmt.Println(r.Addr)
		}
	}
	// Unordered output:
	// 192.0.2.2
	// 192.0.2.4
	// 192.0.2.6
}

// The path to a host.
func ExampleEngine_Trace() {
	network := &icmp.Network{Answer: icmp.Path(time.Millisecond,
		netip.MustParseAddr("198.51.100.1"), netip.Addr{}, netip.MustParseAddr("203.0.113.9"))}
	e, err := icmp.Listen(icmp.Options{Network: network})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	route, err := e.Trace(context.Background(), netip.MustParseAddr("192.0.2.25"), icmp.TraceOptions{Wait: 100 * time.Millisecond})
	if err != nil {
		log.Fatal(err)
	}
	for _, hop := range route.Hops {
		fmt.Println(hop.TTL, hop.Addrs, hop.Stats.Received)
	}
	// Output:
	// 1 [198.51.100.1] 3
	// 2 [] 0
	// 3 [203.0.113.9] 3
	// 4 [192.0.2.25] 3
}

// The size of packets that get through: a router reports that its next link takes less.
func ExampleEngine_PathMTU() {
	router := netip.MustParseAddr("198.51.100.1")
	network := &icmp.Network{}
	network.Answer = func(n *icmp.Network, request icmp.Packet) {
		const header, mtu = 20, 1492
		if header+len(request.Data) > mtu {
			n.Deliver(0, request.Fault(router, icmp.TypeUnreachable4, icmp.CodeFragNeeded, mtu))
			return
		}
		n.Deliver(0, request.Reply())
	}
	e, err := icmp.Listen(icmp.Options{Network: network, DontFragment: true})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	found, err := e.PathMTU(context.Background(), netip.MustParseAddr("192.0.2.25"), icmp.MTUOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d octets, limited by %s\n", found.MTU, found.Router)
	// Output: 1492 octets, limited by 198.51.100.1
}
