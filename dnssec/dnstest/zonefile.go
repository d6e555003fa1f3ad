package dnstest

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// ZoneFile returns a zone as the file that a signer writes, with its signatures, keys and
// denial; empty if there is no such zone.
func (s *Server) ZoneFile(name string) string {
	i := slices.IndexFunc(s.zones, func(z *zone) bool { return z.apex == dns.CanonicalName(name) })
	if i < 0 {
		return ""
	}
	z := s.zones[i]
	var lines []string
	for _, n := range z.nodes {
		for t, set := range n.sets {
			for _, rr := range slices.Concat(set, n.sigs[t]) {
				lines = append(lines, rr.String())
			}
		}
	}
	for _, h := range z.hash {
		for _, rr := range append([]dns.RR{h.rr}, h.sigs...) {
			lines = append(lines, rr.String())
		}
	}
	slices.SortFunc(lines, func(a, b string) int { // the SOA first, as tools want it
		if x, y := strings.Contains(a, "\tSOA\t"), strings.Contains(b, "\tSOA\t"); x != y {
			return map[bool]int{true: -1, false: 1}[x]
		}
		return strings.Compare(a, b)
	})
	return strings.Join(lines, "\n") + "\n"
}
