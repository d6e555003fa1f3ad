package dnssec

import (
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// specialNames are those that resolvers may answer by themselves: special-use names of
// RFC 6761 and later, and zones that are served locally (RFC 6303).
var specialNames = strings.Fields(`
	alt. example. home.arpa. internal. invalid. ipv4only.arpa. local. localhost. onion. resolver.arpa. service.arpa. test.
	0.in-addr.arpa. 10.in-addr.arpa. 127.in-addr.arpa. 254.169.in-addr.arpa. 168.192.in-addr.arpa.
	2.0.192.in-addr.arpa. 100.51.198.in-addr.arpa. 113.0.203.in-addr.arpa. 255.255.255.255.in-addr.arpa.
	d.f.ip6.arpa. 8.e.f.ip6.arpa. 9.e.f.ip6.arpa. a.e.f.ip6.arpa. b.e.f.ip6.arpa. 8.b.d.0.1.0.0.2.ip6.arpa.
	0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.
`)

// specialOf returns the name for special use that a name is or is below, or nothing.
func specialOf(name string) string {
	for _, special := range specialNames {
		if within(name, special) {
			return special
		}
	}
	// 172.16.0.0/12, and 100.64.0.0/10 (RFC 7793), have a zone for each second octet.
	if zone := secondOctet(name, "172.in-addr.arpa.", 16, 31); zone != "" {
		return zone
	}
	return secondOctet(name, "100.in-addr.arpa.", 64, 127)
}

// secondOctet returns the zone below another that a reverse name is in, if its number is
// in a range.
func secondOctet(name, above string, from, to int) string {
	if !within(name, above) {
		return ""
	}
	zone := suffix(name, dns.CountLabel(above)+1)
	n, err := strconv.Atoi(strings.TrimSuffix(zone, "."+above))
	if err != nil || n < from || n > to {
		return ""
	}
	return zone
}
