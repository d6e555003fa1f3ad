package policy

import (
	"cmp"
	"math/big"
	"net/netip"
	"slices"
)

// permits is what a record permits.
type permits struct {
	networks  []netip.Prefix // of mechanisms that pass
	exists    string         // a term that passes every client
	some      bool           // a term may pass clients that cannot be listed
	otherwise SPFResult      // where no other mechanism matches
	// void4 and void6: a look-up of a term has no answer for clients of the family.
	void4, void6 bool
}

// add adds what another record or mechanism permits.
func (p *permits) add(o permits) {
	p.networks = append(p.networks, o.networks...)
	p.exists, p.some = cmp.Or(p.exists, o.exists), p.some || o.some
}

// passes reports whether a client with an address of so many bits may pass.
func (p permits) passes(bits int) bool {
	return p.some || p.exists != "" || p.otherwise == SPFPass ||
		slices.ContainsFunc(p.networks, func(n netip.Prefix) bool { return n.Addr().BitLen() == bits })
}

// everyone names what passes any client of a family.
func (p permits) everyone() string {
	switch {
	case p.otherwise == SPFPass:
		return "+all"
	case p.exists != "":
		return p.exists
	case coversAll(p.networks, 32):
		return "all IPv4 addresses"
	case coversAll(p.networks, 128):
		return "all IPv6 addresses"
	}
	return ""
}

// coversAll reports whether networks hold every address of so many bits.
func coversAll(networks []netip.Prefix, bits int) bool {
	var family []netip.Prefix
	for _, p := range networks {
		if p.Addr().BitLen() == bits {
			family = append(family, p.Masked())
		}
	}
	slices.SortFunc(family, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	sum, one := new(big.Int), big.NewInt(1)
	var last netip.Prefix
	for _, p := range family {
		if last.IsValid() && last.Contains(p.Addr()) {
			continue
		}
		sum.Add(sum, new(big.Int).Lsh(one, uint(bits-p.Bits())))
		last = p
	}
	return sum.Cmp(new(big.Int).Lsh(one, uint(bits))) == 0
}
