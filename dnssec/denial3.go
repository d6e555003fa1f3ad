package dnssec

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// maxIterations is how many more times a name may be hashed. Zones with more are
// insecure (RFC 9276 §3.2).
const maxIterations = 100

// nsec3 is one record, with its hashes in upper case as HashName makes them.
type nsec3 struct {
	*dns.NSEC3
	hash, next string
}

// newNSEC3 returns nothing for records that are to be ignored: of other hash functions,
// with unknown flags (RFC 5155 §8.1, §8.2), or not one label below the zone.
func newNSEC3(rr *dns.NSEC3, zone string) *nsec3 {
	if rr.Hash != dns.SHA1 || rr.Flags > 1 || parentOf(rr.Hdr.Name) != zone || rr.Hdr.Name == zone {
		return nil
	}
	hash := strings.ToUpper(strings.TrimSuffix(strings.TrimSuffix(rr.Hdr.Name, zone), "."))
	return &nsec3{rr, hash, strings.ToUpper(rr.NextDomain)}
}

func (n *nsec3) optOut() bool { return n.Flags&1 != 0 }

// nsec3Denial is denial by NSEC3 (RFC 5155 §8).
type nsec3Denial struct {
	j       *judge
	zone    string
	records []*nsec3 // all with the parameters of the first
	hashes  map[string]string
}

func newNSEC3Denial(j *judge, zone string, records []*nsec3) *nsec3Denial {
	d := &nsec3Denial{j: j, zone: zone, hashes: map[string]string{}}
	for _, n := range records {
		if n.Iterations == records[0].Iterations && n.Salt == records[0].Salt { // RFC 5155 §8.2
			d.records = append(d.records, n)
		}
	}
	return d
}

// tooMany returns why the zone is not looked into.
func (d *nsec3Denial) tooMany() string {
	if n := d.records[0].Iterations; n > maxIterations {
		return fmt.Sprintf("%s hashes names %d times for NSEC3, more than %d: it counts as unsigned (RFC 9276 §3.2)", show(d.zone), n, maxIterations)
	}
	return ""
}

func (d *nsec3Denial) hash(name string) string {
	if h, ok := d.hashes[name]; ok {
		return h
	}
	if d.j.hashes++; d.j.hashes > maxHashes {
		return ""
	}
	h := dns.HashName(name, dns.SHA1, d.records[0].Iterations, d.records[0].Salt)
	d.hashes[name] = h
	return h
}

func (d *nsec3Denial) match(name string) *nsec3 {
	h := d.hash(name)
	for _, n := range d.records {
		if h != "" && n.hash == h {
			return n
		}
	}
	return nil
}

// cover returns the record in whose gap the hash of a name is, of which one that has no
// opt-out says more.
func (d *nsec3Denial) cover(name string) *nsec3 {
	h := d.hash(name)
	if h == "" || !within(name, d.zone) {
		return nil
	}
	var found *nsec3
	for _, n := range d.records {
		if inGap(n.hash, n.next, h) && (found == nil || found.optOut()) {
			found = n
		}
	}
	return found
}

// inGap reports whether a hash is strictly between two, where the last one's next is
// the first, and a single record's next is itself.
func inGap(hash, next, h string) bool {
	if hash < next {
		return hash < h && h < next
	}
	return h != hash && (h > hash || h < next)
}

// closest finds the deepest ancestor that exists, and the record that shows that the
// name one label longer does not (RFC 5155 §8.3).
func (d *nsec3Denial) closest(name string) (encloser string, closer *nsec3) {
	below := ""
	for at := name; within(at, d.zone); at = parentOf(at) {
		if n := d.match(at); n != nil {
			if below == "" || isAbove(at, n.TypeBitMap, name) {
				return "", nil
			}
			return at, d.cover(below)
		}
		below = at
		if at == "." {
			break
		}
	}
	return "", nil
}

func (d *nsec3Denial) noName(name string) (proof, string) {
	if why := d.tooMany(); why != "" {
		return provenInsecure, why
	}
	encloser, closer := d.closest(name)
	if closer == nil {
		return unproven, fmt.Sprintf("no NSEC3 record shows that %s does not exist", show(name))
	}
	if wild := wildcard(encloser); d.cover(wild) == nil {
		return unproven, fmt.Sprintf("no NSEC3 record shows that the wildcard %s does not exist", show(wild))
	}
	return d.grade(closer)
}

// grade is what a gap proves. In one with opt-out there may be delegations without DS
// (RFC 5155 §9.2).
func (d *nsec3Denial) grade(closer *nsec3) (proof, string) {
	if closer.optOut() {
		return provenInsecure, fmt.Sprintf("an NSEC3 record of %s leaves unsigned delegations out (opt-out, RFC 5155 §9.2)", show(d.zone))
	}
	return proven, ""
}

func (d *nsec3Denial) noType(name string, kind Type) (proof, string) {
	if why := d.tooMany(); why != "" {
		return provenInsecure, why
	}
	if n := d.match(name); n != nil {
		return lacks(n.TypeBitMap, name, kind)
	}
	encloser, closer := d.closest(name)
	if closer == nil {
		return unproven, fmt.Sprintf("no NSEC3 record is about %s", show(name))
	}
	if kind == TypeDS && closer.optOut() { // RFC 5155 §8.6
		return d.grade(closer)
	}
	wild := d.match(wildcard(encloser)) // RFC 5155 §8.7
	if wild == nil {
		return unproven, fmt.Sprintf("the NSEC3 records show that %s does not exist, while the answer says that it does", show(name))
	}
	if is, why := lacks(wild.TypeBitMap, wildcard(encloser), kind); is != proven {
		return is, why
	}
	return d.grade(closer)
}

func (d *nsec3Denial) noCloser(name string) (proof, string) {
	if why := d.tooMany(); why != "" {
		return provenInsecure, why
	}
	closer := d.cover(name) // RFC 5155 §8.8
	if closer == nil {
		return unproven, fmt.Sprintf("no NSEC3 record shows that %s does not exist, so the wildcard does not stand for it", show(name))
	}
	return d.grade(closer)
}

func (d *nsec3Denial) cutAt(name string) (cut, string) {
	if why := d.tooMany(); why != "" {
		return insecureCut, why
	}
	if n := d.match(name); n != nil {
		return cutBy(n.TypeBitMap, d.zone, name, "NSEC3")
	}
	_, closer := d.closest(name)
	switch {
	case closer == nil:
		return unknownCut, fmt.Sprintf("no NSEC3 record is about %s", show(name))
	case closer.optOut():
		return insecureCut, fmt.Sprintf("%s is delegated without DS, or not at all: an NSEC3 record of %s with opt-out leaves it out (RFC 5155 §8.6)", show(name), show(d.zone))
	}
	return nothingThere, ""
}
