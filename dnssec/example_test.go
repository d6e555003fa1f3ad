package dnssec_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// The exchangers of a domain, and whether others could have put them there.
func Example() {
	// A made-up DNS takes the place of the real one: leave Servers and Anchors out.
	world, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{
		Name:    "example.org",
		Records: "@ MX 10 mx1\n@ MX 20 mx2",
	}}})
	if err != nil {
		log.Fatal(err)
	}
	defer world.Close()
	anchors, err := dnssec.ParseAnchors(strings.NewReader(world.Anchors()))
	if err != nil {
		log.Fatal(err)
	}

	client := dnssec.New(dnssec.Options{Servers: []string{world.Addr()}, Anchors: anchors})
	answer, err := client.Lookup(context.Background(), "example.org", dnssec.TypeMX)
	if err != nil {
		log.Fatal(err) // no answer came
	}
	for _, mx := range dnssec.All[dnssec.MX](answer.Records) {
		fmt.Println(mx.Preference, mx.Host)
	}
	fmt.Println(answer.Status, "by", answer.Zone)
	// Output:
	// 10 mx1.example.org.
	// 20 mx2.example.org.
	// secure by example.org.
}

// Why a domain's signatures are refused.
func ExampleClient_Lookup() {
	world, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: "@ MX 10 mx", Fault: dnstest.WrongSignature},
		{Name: "example.net", Records: "@ MX 10 mx", Algorithm: dnstest.Unsigned},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer world.Close()
	anchors, err := dnssec.ParseAnchors(strings.NewReader(world.Anchors()))
	if err != nil {
		log.Fatal(err)
	}
	client := dnssec.New(dnssec.Options{Servers: []string{world.Addr()}, Anchors: anchors})
	for _, name := range []string{"example.org", "example.net"} {
		answer, err := client.Lookup(context.Background(), name, dnssec.TypeMX)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, answer.Status)
	}
	answer, _ := client.Lookup(context.Background(), "nothing.example.net", dnssec.TypeA)
	fmt.Println(answer.Rcode, answer.Denial, answer.Status)
	fmt.Println(answer.Why)
	// Output:
	// example.org bogus
	// example.net insecure
	// NXDOMAIN no such name insecure
	// example.net is delegated without DS: an NSEC record of net proves it
}

// A zone as it will be once its file is published.
func ExampleClient_AddZone() {
	file := `$TTL 3600
@    SOA  ns1 hostmaster 2026112901 86400 7200 2419200 3600
     NS   ns1
     MX   10 mx
ns1  A    192.0.2.53
mx   A    192.0.2.25
`
	zone, err := dnssec.ParseZone(strings.NewReader(file), "example.org", "example.org.zone")
	if err != nil {
		log.Fatal(err) // with the name of the file, and the line
	}
	// What is published has no exchanger, and no DNSSEC.
	world, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Algorithm: dnstest.Unsigned}}})
	if err != nil {
		log.Fatal(err)
	}
	defer world.Close()
	anchors, err := dnssec.ParseAnchors(strings.NewReader(world.Anchors()))
	if err != nil {
		log.Fatal(err)
	}

	client := dnssec.New(dnssec.Options{Servers: []string{world.Addr()}, Anchors: anchors})
	client.AddZone(zone)
	answer, err := client.Lookup(context.Background(), "example.org", dnssec.TypeMX)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Lines(), answer.Status, "from", answer.Server)
	fmt.Println(zone.Find("example.org", dnssec.TypeMX)[0].Line)
	// Output:
	// [10 mx.example.org.] insecure from example.org.zone
	// 4
}
