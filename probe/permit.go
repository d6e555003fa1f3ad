package probe

import (
	"fmt"
	"net/netip"
)

// permits asks Permit about an address with a port.
func (o *Options) permits(address string) error {
	if o.Permit == nil {
		return nil
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil { // a name could lead anywhere
		return fmt.Errorf("%q is no address, and could not be judged", address)
	}
	return o.Permit(netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
}

// Permitted is Permit of an address, and nil where nobody minds.
func (o *Options) Permitted(to netip.AddrPort) error { return o.permits(to.String()) }

// leaveOut removes the addresses that must not be used. Where none is left it returns why.
func (o *Options) leaveOut(addrs []netip.Addr, port uint16, s *Step) ([]netip.Addr, error) {
	var left []netip.Addr
	var refused []error
	for _, addr := range addrs {
		if err := o.permits(netip.AddrPortFrom(addr, port).String()); err != nil {
			refused = append(refused, err)
			continue
		}
		left = append(left, addr)
	}
	switch {
	case len(left) == 0 && len(refused) > 1:
		return nil, fmt.Errorf("%w, and likewise the other %d addresses", refused[0], len(refused)-1)
	case len(left) == 0:
		return nil, refused[0]
	}
	for _, err := range refused {
		s.Say(fmt.Sprintf("left out: %v", err))
	}
	return left, nil
}
