// Package dnstest is a DNS of one's own inside the process, as net/http/httptest is a
// web server: a root, top-level domains and zones, signed when it starts, behind a
// resolver on a free port of the loopback, with faults to order.
//
//	world, err := dnstest.Start(dnstest.World{
//		Zones: []dnstest.Zone{
//			{Name: "example.org", Records: `
//				@    MX  10 mx1
//				mx1  A   192.0.2.1`},
//			{Name: "expired.org", Records: "@ MX 10 mx", Fault: dnstest.Expired},
//			{Name: "plain.org", Records: "@ MX 10 mx", Algorithm: dnstest.Unsigned},
//		},
//	})
//	if err != nil { ... }
//	defer world.Close()
//	// world.Addr() is the resolver, world.Anchors() the keys of the root.
//
// The zones above those listed are made. Each has a key of its own, ECDSA P-256 unless it
// wants another algorithm, and denies by NSEC unless it wants NSEC3. What a zone has
// wrong is its Fault; what the resolver has wrong, for all or for single names, are the
// fields of World and its Rules, which can be changed while it runs.
//
// The resolver answers as one that recurses: it follows aliases from zone to zone, and
// gives signatures where DO asks for them. It does not validate; with Validates it
// answers SERVFAIL for zones whose Fault makes them bogus, unless CD is set.
//
// Real validators can be put over it, as it is a resolver to forward to: unbound with
// forward-zone, named with forwarders, delv directly.
package dnstest
