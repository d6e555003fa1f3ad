package agent

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"mailprobe/probe"
)

// Rules are what the owner of an agent permits a centre to ask for.
type Rules struct {
	// Kinds are the kinds of checks.
	Kinds []string
	// Public permits all public addresses, Networks further ones.
	Public   bool
	Networks []netip.Prefix
	// Ports are those that something may be sent to.
	Ports []Ports
	// Rate is how many sessions begin in a second at most, HostRate how many of them with
	// one host.
	Rate, HostRate float64
}

// Ports are those from the first to the last.
type Ports struct{ First, Last uint16 }

// String returns the ports as settings have them.
func (p Ports) String() string {
	if p.First == p.Last {
		return strconv.Itoa(int(p.First))
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}

// usualPorts are those of mail, of DNS, of the policies that domains publish by HTTPS, and
// that of traceroute.
var usualPorts = []uint16{25, 53, 110, 143, 443, 465, 587, 993, 995, 33434}

// kindOfDelivery is the kind that sends messages, and so not permitted by default.
const kindOfDelivery = "deliver"

// defaultRules are those of an owner who says nothing.
func defaultRules(kinds []probe.Kind) Rules {
	r := Rules{Public: true, Rate: 10, HostRate: 2}
	for _, k := range kinds {
		if k.Name != kindOfDelivery {
			r.Kinds = append(r.Kinds, k.Name)
		}
	}
	for _, p := range usualPorts {
		r.Ports = append(r.Ports, Ports{p, p})
	}
	return r
}

// sends reports whether checks may hand over messages.
func (r *Rules) sends() bool { return slices.Contains(r.Kinds, kindOfDelivery) }

// judge returns why a check is not permitted, as far as its target shows.
func (r *Rules) judge(kind string, t probe.Target) error {
	if !slices.Contains(r.Kinds, kind) {
		return fmt.Errorf("agent.yaml permits the kinds %s, and not %s", strings.Join(r.Kinds, ", "), kind)
	}
	if t.Port != 0 {
		if err := r.port(t.Port); err != nil {
			return err
		}
	}
	if addr, err := netip.ParseAddr(t.Host); err == nil {
		return r.address(addr)
	}
	return nil
}

// port returns why nothing may be sent to a port.
func (r *Rules) port(port uint16) error {
	if slices.ContainsFunc(r.Ports, func(p Ports) bool { return p.First <= port && port <= p.Last }) {
		return nil
	}
	return fmt.Errorf("agent.yaml does not permit port %d", port)
}

// address returns why nothing may be sent to an address.
func (r *Rules) address(addr netip.Addr) error {
	addr = plain(addr)
	if r.Public && isPublic(addr) || slices.ContainsFunc(r.Networks, func(n netip.Prefix) bool { return n.Contains(addr) }) {
		return nil
	}
	if !isPublic(addr) {
		return fmt.Errorf("agent.yaml does not permit %s, an address that is not public", addr)
	}
	return fmt.Errorf("agent.yaml does not permit %s", addr)
}

// permit returns a failure where nothing may be sent to an address and a port, 0 for none.
func (r *Rules) permit(to netip.AddrPort) error {
	err := r.address(to.Addr())
	if err == nil && to.Port() != 0 {
		err = r.port(to.Port())
	}
	return notAllowed(err)
}

// notPublic are the ranges that lead nowhere in the Internet, or to one's own networks: those
// of the registries of IANA for special purposes (RFC 6890) that netip does not know, and
// those that carry an IPv4 address within.
var notPublic = sync.OnceValue(func() (all []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8",
		"100.64.0.0/10", // shared by customers (RFC 6598)
		"192.0.0.0/24",
		"192.0.2.0/24", // for documents (RFC 5737)
		"198.18.0.0/15",
		"198.51.100.0/24",
		"203.0.113.0/24",
		"240.0.0.0/4",
		"::/96",          // IPv4 within
		"64:ff9b:1::/48", // NAT64 (RFC 8215)
		"100::/64",
		"2001::/23",
		"2001:db8::/32",
		"2002::/16", // 6to4
		"3fff::/20",
		"5f00::/16",
		"fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
})

// nat64 is where an IPv6 network without IPv4 reaches the addresses of IPv4 (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// plain returns an address as the rules have it: one of IPv4 that is written within one of IPv6
// by itself.
func plain(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return addr
}

// isPublic reports whether an address is one of the Internet.
func isPublic(addr netip.Addr) bool {
	return addr.IsGlobalUnicast() && !addr.IsPrivate() &&
		!slices.ContainsFunc(notPublic(), func(n netip.Prefix) bool { return n.Contains(addr) })
}
