package dnssec

import (
	"context"
	"strings"

	"github.com/miekg/dns"
)

// isKnown reports whether the end of the chain of trust for a name is known: nothing
// needs to be asked ahead then. The root and the zones right below it are only the way
// to others.
func (c *Client) isKnown(name string) bool {
	for ; dns.CountLabel(name) > 1; name = parentOf(name) {
		if z, ok := c.zones.peek(name); ok && z.name == name && z.status != Indeterminate {
			return true
		}
	}
	return false
}

// askAhead asks for what validating an answer is going to need, at the same time as for
// the answer itself: one round trip instead of one for each link of the chain of trust.
// That is the keys of the root, the DS of every suffix that may be a zone, and the keys
// of the suffixes up to two labels and of the name itself if it may be one.
func (c *Client) askAhead(ctx context.Context, q question) {
	top := c.anchorAbove(q.name)
	if top == "" {
		return
	}
	c.send(ctx, question{name: top, kind: TypeDNSKEY})
	if c.isKnown(q.name) {
		return
	}
	for _, zone := range likelyZones(q) {
		if zone == top || !within(zone, top) {
			continue
		}
		c.send(ctx, question{name: zone, kind: TypeDS})
		if dns.CountLabel(zone) <= 2 || zone == q.name {
			c.send(ctx, question{name: zone, kind: TypeDNSKEY})
		}
	}
}

const maxAhead = 4 // of the suffixes, the shortest

// likelyZones returns the suffixes of a name that may be zones: what is above it, and
// the name itself if its type is one that zones have at their apex. Names with an
// underscore are not (RFC 8552), and neither are the single digits of reverse names
// but for few.
func likelyZones(q question) []string {
	var zones []string
	labels := dns.CountLabel(q.name)
	for n := 1; n <= min(labels, maxAhead); n++ {
		zone := suffix(q.name, n)
		if strings.HasPrefix(zone, "_") || n == labels && n > 1 && !isApexType(q.kind) {
			break
		}
		zones = append(zones, zone)
	}
	return zones
}

func isApexType(t Type) bool {
	switch t {
	case TypeMX, TypeNS, TypeSOA, TypeTXT, TypeCAA, TypeDNSKEY:
		return true
	}
	return false
}
