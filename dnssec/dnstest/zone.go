package dnstest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// zone is one that was made of a Zone.
type zone struct {
	Zone
	apex  string
	now   time.Time
	nodes map[string]*node // by name in lower case, empty non-terminals included
	order []string         // names with records, as NSEC has them
	cuts  map[string]bool  // delegations
	keys  []*key
	hash  []*hashed // the NSEC3 chain, by hash
}

// node is a name.
type node struct {
	sets map[uint16][]dns.RR
	sigs map[uint16][]dns.RR
}

const defaultTTL = 3600

func newZone(z Zone, now time.Time) (*zone, error) {
	made := &zone{Zone: z, apex: dns.CanonicalName(z.Name), now: now, nodes: map[string]*node{}, cuts: map[string]bool{}}
	parser := dns.NewZoneParser(strings.NewReader(unindent(z.Records)), made.apex, "")
	parser.SetDefaultTTL(defaultTTL)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		made.add(rr)
	}
	if err := parser.Err(); err != nil {
		return nil, errorf(&z, "%w", err)
	}
	made.addApex()
	return made, nil
}

// unindent takes blanks from the beginning of lines, where they would mean the owner of
// the line before.
func unindent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n") + "\n"
}

func (z *zone) signed() bool { return z.Algorithm != Unsigned }

func (z *zone) add(rr dns.RR) {
	name := dns.CanonicalName(rr.Header().Name)
	n := z.node(name)
	t := rr.Header().Rrtype
	n.sets[t] = append(n.sets[t], rr)
	if t == dns.TypeNS && name != z.apex {
		z.cuts[name] = true
	}
}

// node returns a name's node, and makes it and those between it and the apex.
func (z *zone) node(name string) *node {
	for at := name; dns.IsSubDomain(z.apex, at); at = above(at) {
		if z.nodes[at] == nil {
			z.nodes[at] = &node{sets: map[uint16][]dns.RR{}, sigs: map[uint16][]dns.RR{}}
		}
		if at == z.apex {
			break
		}
	}
	if z.nodes[name] == nil { // out of the zone: kept, never found
		return &node{sets: map[uint16][]dns.RR{}, sigs: map[uint16][]dns.RR{}}
	}
	return z.nodes[name]
}

func above(name string) string {
	next, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[next:]
}

func (z *zone) addApex() {
	sets := z.node(z.apex).sets
	if sets[dns.TypeSOA] == nil {
		z.addLine("3600 IN SOA ns." + z.apexSuffix() + " hostmaster." + z.apexSuffix() + " 1 7200 3600 1209600 300")
	}
	if sets[dns.TypeNS] == nil {
		z.addLine("3600 IN NS ns." + z.apexSuffix())
		if z.nodes["ns."+z.apexSuffix()] == nil {
			z.add(mustRR("ns." + z.apexSuffix() + " 3600 IN A 127.0.0.1"))
		}
	}
}

func (z *zone) apexSuffix() string {
	if z.apex == "." {
		return ""
	}
	return z.apex
}

func (z *zone) addLine(rest string) { z.add(mustRR(z.apex + " " + rest)) }

func mustRR(line string) dns.RR {
	rr, err := dns.NewRR(line)
	if err != nil {
		panic(err) // a line of this package
	}
	return rr
}

// delegate adds the delegation of a zone to the one above it.
func (z *zone) delegate(child *zone) {
	for _, ns := range child.nodes[child.apex].sets[dns.TypeNS] {
		z.add(dns.Copy(ns))
	}
	for _, ds := range child.dsRecords() {
		z.add(ds)
	}
}

// isBelowCut reports whether a name is not the zone's own: glue, or below a delegation.
func (z *zone) isBelowCut(name string) bool {
	for at := above(name); at != z.apex && dns.IsSubDomain(z.apex, at); at = above(at) {
		if z.cuts[at] {
			return true
		}
	}
	return false
}

// cutAt returns the delegation that a name is at or below.
func (z *zone) cutAt(name string) string {
	for at := name; at != z.apex && dns.IsSubDomain(z.apex, at); at = above(at) {
		if z.cuts[at] {
			return at
		}
	}
	return ""
}

// owners returns the names that have records which are the zone's own, in the order of
// RFC 4034 §6.1.
func (z *zone) owners() []string {
	var names []string
	for name, n := range z.nodes {
		if len(n.sets) > 0 && !z.isBelowCut(name) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, compare)
	return names
}

func compare(a, b string) int {
	x, y := dns.SplitDomainName(a), dns.SplitDomainName(b)
	slices.Reverse(x)
	slices.Reverse(y)
	for i := range min(len(x), len(y)) {
		if c := cmp.Compare(wire(x[i]), wire(y[i])); c != 0 {
			return c
		}
	}
	return len(x) - len(y)
}

// wire returns a label's bytes.
func wire(label string) string {
	buf := make([]byte, 256)
	n, err := dns.PackDomainName(label+".", buf, 0, nil, false)
	if err != nil {
		return label
	}
	return string(buf[1 : n-1])
}

// types returns what a name has, for the list of a denial (RFC 4034 §4.1.2).
func (z *zone) types(name string, more ...uint16) []uint16 {
	list := slices.Clone(more)
	for t := range z.nodes[name].sets {
		if z.cuts[name] && t != dns.TypeNS && t != dns.TypeDS {
			continue
		}
		list = append(list, t)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
