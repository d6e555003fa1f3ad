package icmp

import (
	"fmt"
	"iter"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// A Range is a series of addresses one after another.
type Range struct {
	First, Last netip.Addr
}

// ParseRange reads one address, "192.0.2.1"; a prefix, "192.0.2.0/24" or
// "2001:db8::/120"; or a range, "192.0.2.5-40" or "2001:db8::5-2001:db8::40".
// Of an IPv4 prefix up to /30 the first and the last address, which belong to
// the network and to broadcasts, are left out. It reports false if the text is
// none of these but may be a host name; a range that is one by its form but
// makes no sense is an error.
func ParseRange(text string) (r Range, ok bool, err error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return Range{addr, addr}, true, nil
	}
	if strings.Contains(text, "/") {
		r, err := parsePrefix(text)
		return r, err == nil, err
	}
	first, last, both := strings.Cut(text, "-")
	from, fromErr := netip.ParseAddr(first)
	if !both || fromErr != nil {
		return Range{}, false, nil
	}
	r, err = parseSpan(text, from, last)
	return r, err == nil, err
}

func parsePrefix(text string) (Range, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return Range{}, fmt.Errorf("%q is not a prefix such as 192.0.2.0/24 or 2001:db8::/120", text)
	}
	r := RangeOf(p)
	if p.Addr().Is4() && p.Bits() <= 30 {
		r.First, r.Last = r.First.Next(), r.Last.Prev()
	}
	return r, nil
}

// RangeOf returns all addresses of a network.
func RangeOf(p netip.Prefix) Range {
	p = p.Masked()
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(b)
	return Range{p.Addr(), last}
}

// parseSpan reads the end of a range, which may be its last number alone.
func parseSpan(text string, from netip.Addr, last string) (Range, error) {
	to, err := netip.ParseAddr(last)
	if err != nil && from.Is4() {
		if n, numErr := strconv.ParseUint(last, 10, 8); numErr == nil {
			b := from.As4()
			b[3] = byte(n)
			to, err = netip.AddrFrom4(b), nil
		}
	}
	switch {
	case err != nil || to.Is4() != from.Is4() || to.Zone() != from.Zone():
		return Range{}, fmt.Errorf("%q is not a range such as 192.0.2.5-40 or 192.0.2.5-192.0.3.40", text)
	case to.Less(from):
		return Range{}, fmt.Errorf("range %q ends before it begins", text)
	}
	return Range{from, to}, nil
}

// Addrs yields the addresses in order.
func (r Range) Addrs() iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for addr := r.First; yield(addr) && addr != r.Last; addr = addr.Next() {
		}
	}
}

// Count returns how many addresses there are, or limit if there are more.
func (r Range) Count(limit int) int {
	if n := r.Size(); n.IsInt64() && n.Int64() < int64(limit) {
		return int(n.Int64())
	}
	return limit
}

// Size returns how many addresses there are.
func (r Range) Size() *big.Int {
	first, last := new(big.Int).SetBytes(r.First.AsSlice()), new(big.Int).SetBytes(r.Last.AsSlice())
	return last.Add(last.Sub(last, first), big.NewInt(1))
}
