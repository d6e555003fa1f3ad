package dnssec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// denial is the signed records by which a zone proves what is not in it.
type denial interface {
	// noName: the name does not exist, and no wildcard stands for it.
	noName(name string) (proof, string)
	// noType: the name, or a wildcard that stands for it, has no such record.
	noType(name string, kind Type) (proof, string)
	// noCloser: there is nothing at the name nor below it, so that a wildcard above
	// it could stand in; kind of proof for an expanded wildcard.
	noCloser(name string) (proof, string)
	// cutAt: whether a zone without DS begins at the name.
	cutAt(name string) (cut, string)
}

// proof is what a denial is worth. The text beside it says why not.
type proof int

const (
	unproven proof = iota
	proven
	// provenInsecure: it is proven that nothing can be proven here, by opt-out or by
	// too many iterations.
	provenInsecure
)

// cut is what the denial of a DS says of the zones.
type cut int

const (
	unknownCut   cut = iota
	noCut            // the name is in the zone above
	nothingThere     // as well, and there is nothing below it
	insecureCut      // the chain of trust ends
)

// denialBy returns the usable records of denial that a secure zone signed, of NSEC or of
// NSEC3; none where there are none, and the reason if that is because they are wrong.
func (j *judge) denialBy(z *zone, sets map[setKey]*rrset) (denial, string) {
	var plain []*dns.NSEC
	var hashed []*nsec3
	fault := ""
	for _, key := range sortedKeys(sets) {
		s := sets[key]
		if key.kind != TypeNSEC && key.kind != TypeNSEC3 || len(s.rrs) == 0 || !slices.Contains(s.signerNames(), z.name) {
			continue
		}
		sig, why := j.verify(s, z)
		if sig == nil {
			fault = why
			continue
		}
		if int(sig.Labels) != labels(s.name) { // RFC 4035 §5.3.4: not out of a wildcard
			continue
		}
		for _, rr := range s.rrs {
			switch rr := rr.(type) {
			case *dns.NSEC:
				plain = append(plain, rr)
			case *dns.NSEC3:
				if n := newNSEC3(rr, z.name); n != nil {
					hashed = append(hashed, n)
				}
			}
		}
	}
	switch {
	case len(plain) > 0:
		return nsecDenial{zone: z.name, records: plain}, ""
	case len(hashed) > 0:
		return newNSEC3Denial(j, z.name, hashed), ""
	}
	return nil, fault
}

// maxDenialSets is how many sets of a section are looked at for a denial, which takes
// three at most.
const maxDenialSets = 12

// sortedKeys returns the sets of NSEC and NSEC3 in an order that is always the same.
func sortedKeys(sets map[setKey]*rrset) []setKey {
	var keys []setKey
	for key := range sets {
		if key.kind == TypeNSEC || key.kind == TypeNSEC3 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b setKey) int {
		if a.kind != b.kind {
			return int(a.kind) - int(b.kind)
		}
		return strings.Compare(a.name, b.name)
	})
	return keys[:min(len(keys), maxDenialSets)]
}

// nsecDenial is denial by NSEC (RFC 4035 §5.4).
type nsecDenial struct {
	zone    string
	records []*dns.NSEC
}

func (d nsecDenial) match(name string) *dns.NSEC {
	for _, n := range d.records {
		if n.Hdr.Name == name {
			return n
		}
	}
	return nil
}

// cover returns the record in whose gap a name is.
func (d nsecDenial) cover(name string) *dns.NSEC {
	if !within(name, d.zone) {
		return nil
	}
	for _, n := range d.records {
		next := canonical(n.NextDomain)
		after := compareNames(n.Hdr.Name, name) < 0
		before := compareNames(name, next) < 0 || next == d.zone // the last one's next is the apex
		if after && before && !isAbove(n.Hdr.Name, n.TypeBitMap, name) {
			return n
		}
	}
	return nil
}

// isAbove reports whether a record says nothing of a name because that is in another
// zone, or moved by a DNAME (RFC 6840 §4.1).
func isAbove(owner string, types []uint16, name string) bool {
	if owner == name || !within(name, owner) {
		return false
	}
	return isDelegation(types) || has(types, TypeDNAME)
}

func isDelegation(types []uint16) bool { return has(types, TypeNS) && !has(types, TypeSOA) }

func has(types []uint16, t Type) bool { return slices.Contains(types, uint16(t)) }

// hasNames reports whether a name in the gap of a record exists all the same, as it has
// names below it (RFC 4035 §3.1.3.2).
func hasNames(n *dns.NSEC, name string) bool { return within(canonical(n.NextDomain), name) }

// encloser returns the deepest name above one in the gap that exists.
func encloser(n *dns.NSEC, name string) string {
	shared := max(dns.CompareDomainName(n.Hdr.Name, name), dns.CompareDomainName(canonical(n.NextDomain), name))
	return suffix(name, shared)
}

func (d nsecDenial) noName(name string) (proof, string) {
	n := d.cover(name)
	if n == nil || hasNames(n, name) {
		return unproven, fmt.Sprintf("no NSEC record shows that %s does not exist", show(name))
	}
	if wild := wildcard(encloser(n, name)); d.cover(wild) == nil {
		return unproven, fmt.Sprintf("no NSEC record shows that the wildcard %s does not exist", show(wild))
	}
	return proven, ""
}

func wildcard(name string) string {
	if name == "." {
		return "*."
	}
	return "*." + name
}

func (d nsecDenial) noType(name string, kind Type) (proof, string) {
	if n := d.match(name); n != nil {
		return lacks(n.TypeBitMap, name, kind)
	}
	n := d.cover(name)
	switch {
	case n == nil:
		return unproven, fmt.Sprintf("no NSEC record is about %s", show(name))
	case hasNames(n, name):
		return proven, "" // an empty non-terminal
	}
	wild := d.match(wildcard(encloser(n, name)))
	if wild == nil {
		return unproven, fmt.Sprintf("the NSEC records show that %s does not exist, while the answer says that it does", show(name))
	}
	return lacks(wild.TypeBitMap, wild.Hdr.Name, kind)
}

// lacks reports whether a list of types proves that one is absent (RFC 6840 §4.3, §4.4).
func lacks(types []uint16, name string, kind Type) (proof, string) {
	switch {
	case has(types, kind):
		return unproven, fmt.Sprintf("the zone has a %s of %s by its own denial record", kind, show(name))
	case has(types, TypeCNAME):
		return unproven, fmt.Sprintf("%s is an alias by the zone's own denial record", show(name))
	case kind == TypeDS && has(types, TypeSOA) && name != ".":
		return unproven, fmt.Sprintf("the denial of the DS of %s is the child's, not its parent's", show(name))
	case kind != TypeDS && isDelegation(types):
		return unproven, fmt.Sprintf("the denial is by the zone above %s, which does not know its records", show(name))
	}
	return proven, ""
}

func (d nsecDenial) noCloser(name string) (proof, string) {
	n := d.cover(name)
	if n == nil || hasNames(n, name) || encloser(n, name) != parentOf(name) {
		return unproven, fmt.Sprintf("no NSEC record shows that %s does not exist, so the wildcard does not stand for it", show(name))
	}
	return proven, ""
}

func (d nsecDenial) cutAt(name string) (cut, string) {
	if n := d.match(name); n != nil {
		return cutBy(n.TypeBitMap, d.zone, name, "NSEC")
	}
	n := d.cover(name)
	switch {
	case n == nil:
		return unknownCut, fmt.Sprintf("no NSEC record is about %s", show(name))
	case hasNames(n, name):
		return noCut, ""
	}
	return nothingThere, ""
}

// cutBy reads the record about a name itself.
func cutBy(types []uint16, zone, name, record string) (cut, string) {
	switch {
	case has(types, TypeDS):
		return unknownCut, fmt.Sprintf("%s has a DS by the %s record of %s", show(name), record, show(zone))
	case has(types, TypeSOA):
		return unknownCut, fmt.Sprintf("the %s record is the child's, not its parent's", record)
	case has(types, TypeNS):
		return insecureCut, fmt.Sprintf("%s is delegated without DS: an %s record of %s proves it", show(name), record, show(zone))
	}
	return noCut, ""
}

// compareNames orders names as DNSSEC does: label by label from the right, as bytes in
// lower case (RFC 4034 §6.1).
func compareNames(a, b string) int {
	x, y := dns.CountLabel(a), dns.CountLabel(b)
	for n := 1; n <= min(x, y); n++ {
		if c := strings.Compare(rawLabel(labelAt(a, n)), rawLabel(labelAt(b, n))); c != 0 {
			return c
		}
	}
	return x - y
}

// labelAt returns the label of a name at a place, counted from the right.
func labelAt(name string, n int) string {
	from, _ := dns.PrevLabel(name, n)
	to, _ := dns.PrevLabel(name, n-1)
	return strings.TrimSuffix(name[from:to], ".")
}

func rawLabel(label string) string {
	if strings.Contains(label, `\`) {
		label = lowerASCII(unescape(label))
	}
	return label
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
