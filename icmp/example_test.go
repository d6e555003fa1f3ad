package icmp_test

import (
	"context"
	"fmt"
	"log"
	"net/netip"
	"time"

	"mailprobe/icmp"
)

// One host, three probes.
func ExampleEngine_Ping() {
	e, err := icmp.Listen(icmp.Options{})
	if err != nil {
		log.Fatal(err) // names the commands that would permit it
	}
	defer e.Close()
	s, err := e.Ping(context.Background(), netip.MustParseAddr("192.0.2.25"), icmp.PingOptions{
		Count:    3,
		Interval: 200 * time.Millisecond,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d answered, %.0f%% loss, average %s\n", s.Received, s.Sent, s.Loss(), s.Avg())
}

// A prefix, of which the living are printed as they answer.
func ExampleEngine_Sweep() {
	e, err := icmp.Listen(icmp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	hosts, _, err := icmp.ParseRange("192.0.2.0/24")
	if err != nil {
		log.Fatal(err)
	}
	for r := range e.Sweep(context.Background(), hosts.Addrs(), icmp.SweepOptions{Retries: 1, Rate: 1000}) {
		if r.Outcome == icmp.Received {
			fmt.Println(r.Addr, r.RTT)
		}
	}
}

// The way to a host.
func ExampleEngine_Trace() {
	e, err := icmp.Listen(icmp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	route, err := e.Trace(context.Background(), netip.MustParseAddr("192.0.2.25"), icmp.TraceOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, hop := range route.Hops {
		fmt.Println(hop.TTL, hop.Addrs, hop.Stats.Loss(), hop.Stats.Avg())
	}
}
