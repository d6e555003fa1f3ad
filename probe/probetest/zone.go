package probetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// zone is a resolver that knows the records of a case.
type zone struct {
	open   bool   // every name has addresses
	every  string // the fault that every name has
	search string // the domain that is tried after a name without a final dot
	names  map[string]*records
}

type records struct {
	addrs []netip.Addr
	mx    []*net.MX
	alias string // the name that this one is an alias of
	fault string
}

// What a name may have instead of records.
const (
	timesOut = "TIMEOUT"
	servFail = "SERVFAIL"
	noDomain = "NXDOMAIN"
)

// dnsServer is the name server that answers.
const dnsServer = "192.0.2.53:53"

// parseZone reads lines such as "mx.example.org A 192.0.2.1", and "search corp.test" as
// resolv.conf has it.
func parseZone(text string) (*zone, error) {
	z := &zone{names: map[string]*records{}}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 {
			if err := z.add(words); err != nil {
				return nil, err
			}
		}
	}
	return z, nil
}

func (z *zone) add(words []string) error {
	bad := fmt.Errorf("dns: %q is not a record", strings.Join(words, " "))
	if len(words) < 2 {
		return bad
	}
	if words[0] == "search" {
		z.search = canonical(words[1])
		return nil
	}
	name := canonical(words[0])
	r := z.names[name]
	if r == nil {
		r = &records{}
		z.names[name] = r
	}
	switch sort := words[1]; {
	case (sort == "A" || sort == "AAAA") && len(words) == 3:
		addr, err := netip.ParseAddr(words[2])
		if err != nil || addr.Is4() != (sort == "A") {
			return bad
		}
		r.addrs = append(r.addrs, addr)
	case sort == "MX" && len(words) == 4:
		preference, err := strconv.ParseUint(words[2], 10, 16)
		if err != nil {
			return bad
		}
		r.mx = append(r.mx, &net.MX{Host: canonical(words[3]) + ".", Pref: uint16(preference)})
	case sort == "CNAME" && len(words) == 3:
		r.alias = canonical(words[2])
	case (sort == timesOut || sort == servFail || sort == noDomain) && len(words) == 2:
		r.fault = sort
	default:
		return bad
	}
	return nil
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// find returns the records of a name, or the error of a resolver without.
func (z *zone) find(ctx context.Context, name string) (*records, error) {
	if err := ctx.Err(); err != nil {
		return nil, ended(err, name)
	}
	r := z.names[canonical(name)]
	if r == nil && z.search != "" && !strings.HasSuffix(name, ".") {
		r = z.names[canonical(name)+"."+z.search]
	}
	if z.every != "" {
		r = &records{fault: z.every}
	}
	switch {
	case r == nil && z.open:
		return &records{addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}, nil
	case r == nil, r.fault == noDomain:
		return nil, notFound(name)
	case r.fault == servFail:
		return nil, &net.DNSError{Err: "server misbehaving", Name: name, Server: dnsServer, IsTemporary: true}
	case r.fault == timesOut:
		return nil, wait(ctx, name)
	case r.alias != "":
		return z.find(ctx, r.alias)
	}
	return r, nil
}

// LookupCNAME returns the name that one is an alias of, else the name itself.
func (z *zone) LookupCNAME(ctx context.Context, host string) (string, error) {
	if _, err := z.find(ctx, host); err != nil {
		return "", err
	}
	if r := z.names[canonical(host)]; r != nil && r.alias != "" {
		return r.alias + ".", nil
	}
	return canonical(host) + ".", nil
}

// resolverPatience is how long the system's resolver waits for its servers.
const resolverPatience = 10 * time.Second

func wait(ctx context.Context, name string) error {
	select {
	case <-ctx.Done():
		return ended(ctx.Err(), name)
	case <-time.After(resolverPatience):
		return &net.DNSError{Err: "i/o timeout", Name: name, Server: dnsServer, IsTimeout: true, IsTemporary: true}
	}
}

// ended is net.Resolver's error when its context has ended.
func ended(err error, name string) error {
	timeout := errors.Is(err, context.DeadlineExceeded)
	return &net.DNSError{UnwrapErr: err, Err: err.Error(), Name: name, IsTimeout: timeout, IsTemporary: timeout}
}

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, Server: dnsServer, IsNotFound: true}
}

// LookupNetIP returns addresses as net.Resolver does, IPv4 in their IPv6 form.
func (z *zone) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	r, err := z.find(ctx, host)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for _, a := range r.addrs {
		if network == "ip" || (network == "ip4") == a.Is4() {
			addrs = append(addrs, netip.AddrFrom16(a.As16()))
		}
	}
	if len(addrs) == 0 {
		return nil, notFound(host)
	}
	return addrs, nil
}

// LookupMX returns the exchangers of a name by preference, with names of any kind.
func (z *zone) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	r, err := z.find(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(r.mx) == 0 {
		return nil, notFound(name)
	}
	return r.sortedMX(), nil
}

func (r *records) sortedMX() []*net.MX {
	sorted := slices.Clone(r.mx)
	slices.SortStableFunc(sorted, func(a, b *net.MX) int { return int(a.Pref) - int(b.Pref) })
	return sorted
}
