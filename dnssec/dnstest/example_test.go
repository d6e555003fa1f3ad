package dnstest_test

import (
	"fmt"
	"log"

	"mailprobe/dnssec/dnstest"
)

// A world with one good zone, one expired, and a resolver that is silent for a name.
func Example() {
	world, err := dnstest.Start(dnstest.World{
		Zones: []dnstest.Zone{
			{Name: "example.org", Records: `
				@       MX   10 mx1
				mx1     A    192.0.2.1
				_dmarc  TXT  "v=DMARC1; p=reject"`},
			{Name: "expired.org", Records: "@ MX 10 mx", Fault: dnstest.Expired},
			{Name: "plain.org", Records: "@ MX 10 mx", Algorithm: dnstest.Unsigned},
		},
		Rules: []dnstest.Rule{{Name: "mx1.example.org", Type: "A", Drop: true}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer world.Close()
	// world.Addr() is for --resolver, and world.Anchors() for a file for --trust-anchor.

	// Faults of the resolver can be changed as it runs.
	world.Change(func(w *dnstest.World) { w.Rules = nil })
	fmt.Println(len(world.Queries()), "queries so far")
	// Output: 0 queries so far
}
