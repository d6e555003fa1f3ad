//go:build !linux

package pingcheck

import "net/netip"

// silentNeighbour returns the first station on the way to a host if it does not answer for its
// link-layer address, which is known on Linux only.
func silentNeighbour(netip.Addr) (addr netip.Addr, ok bool) { return netip.Addr{}, false }
