package dnssec

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// Direct is what a zone's own server says, unvalidated.
type Direct struct {
	Rcode Rcode
	// Authoritative reports whether the server has the zone (AA). One that a delegation
	// names and that does not is lame (RFC 1912 §2.8).
	Authoritative bool
	// Records are those of the type asked for.
	Records []Record
	// Referral are the NS records by which the server refers to others, as that of the
	// zone above does.
	Referral []Record
	// Glue are the addresses of these servers, as far as they came along (RFC 9471).
	Glue []Record
	// Took is the time until the answer.
	Took time.Duration
}

// AskServer asks one server for what it knows itself, without recursion: to find lame
// servers, and what the zone above has. The server is ADDR or ADDR:PORT. The answer is
// not validated and not kept. An error is a *LookupError.
func (c *Client) AskServer(ctx context.Context, server, name string, kind Type) (Direct, error) {
	c.once.Do(c.prepare)
	if _, ok := dns.IsDomainName(name); !ok || !kind.isQuestion() {
		return Direct{}, fmt.Errorf("%q, type %s, cannot be looked up", name, kind)
	}
	query := question{name: canonical(name), kind: kind}.message()
	query.RecursionDesired, query.CheckingDisabled = false, false
	packed, err := query.Pack()
	if err != nil {
		return Direct{}, fmt.Errorf("%q is not a domain name", name)
	}
	begin := time.Now()
	r := c.ask(ctx, withPort(server), query, packed, c.options.Timeout)
	if r.Msg == nil {
		return Direct{}, directError(r, show(canonical(name)))
	}
	d := Direct{Rcode: Rcode(r.Rcode), Authoritative: r.Authoritative, Took: time.Since(begin)}
	if set := setsOf(r.Answer)[setKey{canonical(name), kind}]; set != nil {
		d.Records = recordsOf(set.rrs, maxTTL)
	}
	for key, set := range setsOf(r.Ns) {
		if key.kind == TypeNS && within(canonical(name), key.name) && !d.Authoritative {
			d.Referral = append(d.Referral, recordsOf(set.rrs, maxTTL)...)
		}
	}
	if len(d.Referral) > 0 {
		d.Glue = glueOf(r.Extra, d.Referral)
	}
	return d, nil
}

// glueOf returns the addresses of the servers in a referral.
func glueOf(extra []dns.RR, referral []Record) (glue []Record) {
	servers := All[Host](referral)
	for key, set := range setsOf(extra) {
		if (key.kind == TypeA || key.kind == TypeAAAA) && slices.Contains(servers, Host(canonical(key.name))) {
			glue = append(glue, recordsOf(set.rrs, maxTTL)...)
		}
	}
	return glue
}

// ReverseName returns the name that an address has PTR records at (RFC 1035 §3.5, RFC
// 3596 §2.5).
func ReverseName(addr netip.Addr) string {
	name, err := dns.ReverseAddr(addr.Unmap().WithZone("").String())
	if err != nil {
		return ""
	}
	return name
}
