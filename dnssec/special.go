package dnssec

import "strings"

// specialNames are those that resolvers may answer by themselves: special-use names of
// RFC 6761 and later, and zones that are served locally (RFC 6303).
var specialNames = strings.Fields(`
	alt. example. home.arpa. internal. invalid. ipv4only.arpa. local. localhost. onion. resolver.arpa. service.arpa. test.
	0.in-addr.arpa. 10.in-addr.arpa. 127.in-addr.arpa. 254.169.in-addr.arpa. 168.192.in-addr.arpa.
	2.0.192.in-addr.arpa. 100.51.198.in-addr.arpa. 113.0.203.in-addr.arpa. 255.255.255.255.in-addr.arpa.
	d.f.ip6.arpa. 8.e.f.ip6.arpa. 9.e.f.ip6.arpa. a.e.f.ip6.arpa. b.e.f.ip6.arpa. 8.b.d.0.1.0.0.2.ip6.arpa.
	0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.
`)

func isSpecial(name string) bool {
	for _, special := range specialNames {
		if within(name, special) {
			return true
		}
	}
	return isPrivate172(name) || isShared100(name)
}

// isPrivate172 reports whether a name is that of an address in 172.16.0.0/12.
func isPrivate172(name string) bool {
	return within(name, "172.in-addr.arpa.") && secondOctet(name, "172.in-addr.arpa.", 16, 31)
}

// isShared100 reports whether a name is that of an address in 100.64.0.0/10 (RFC 7793).
func isShared100(name string) bool {
	return within(name, "100.in-addr.arpa.") && secondOctet(name, "100.in-addr.arpa.", 64, 127)
}

func secondOctet(name, zone string, from, to int) bool {
	rest := strings.TrimSuffix(strings.TrimSuffix(name, zone), ".")
	digits := rest[strings.LastIndexByte(rest, '.')+1:]
	n := 0
	for _, c := range []byte(digits) {
		if !isDigit(c) || n > 255 {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return digits != "" && n >= from && n <= to
}
