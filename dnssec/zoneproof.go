package dnssec

import (
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// proofs are the NSEC or NSEC3 records of a zone file, in their order. Of a file without
// signatures there are none.
type proofs struct {
	z      *ZoneFile
	plain  []string // names with NSEC, sorted
	hashes []string // hashes with NSEC3, sorted, in upper case
	params *dns.NSEC3
}

// maxFileIterations is up to where names are hashed: validators stop at less.
const maxFileIterations = 500

func (z *ZoneFile) findProofs() *proofs {
	p := &proofs{z: z}
	for name, n := range z.nodes {
		if len(n.sets[TypeNSEC]) > 0 {
			p.plain = append(p.plain, name)
		}
		if set := n.sets[TypeNSEC3]; len(set) > 0 && parentOf(name) == z.Apex {
			p.hashes = append(p.hashes, strings.ToUpper(strings.TrimSuffix(name, "."+strings.TrimPrefix(z.Apex, "."))))
			p.params = set[0].(*dns.NSEC3)
		}
	}
	slices.SortFunc(p.plain, compareNames)
	slices.Sort(p.hashes)
	return p
}

// noName proves that neither a name nor the wildcard for it exists (RFC 4035 §3.1.3.2,
// RFC 5155 §7.2.2).
func (p *proofs) noName(name, encloser string) []dns.RR {
	return p.join(p.match(encloser, false), p.cover(nextCloser(name, encloser), name), p.cover(wildcard(encloser), wildcard(encloser)))
}

// noCloser proves that a wildcard stands for a name (RFC 4035 §3.1.3.3, RFC 5155 §7.2.6).
func (p *proofs) noCloser(name, encloser string) []dns.RR {
	return p.join(p.match(encloser, false), p.cover(nextCloser(name, encloser), name))
}

// noType proves which types a name has (RFC 4035 §3.1.3.1, RFC 5155 §7.2.3). A delegation
// that opt-out leaves out has no record of its own.
func (p *proofs) noType(name string) []dns.RR {
	if found := p.match(name, true); len(found) > 0 {
		return found
	}
	encloser := name
	for encloser != p.z.Apex {
		next := encloser
		encloser = parentOf(encloser)
		if found := p.match(encloser, false); len(found) > 0 {
			return p.join(found, p.cover(next, name))
		}
	}
	return p.cover(name, name)
}

// nextCloser is the name one label longer than another that it is below.
func nextCloser(name, encloser string) string {
	return suffix(name, dns.CountLabel(encloser)+1)
}

// match returns the record of a name itself: of NSEC only where it counts by itself.
func (p *proofs) match(name string, plain bool) []dns.RR {
	if len(p.plain) > 0 {
		if plain && len(p.z.nodes[name].sets[TypeNSEC]) > 0 {
			return p.at(name, TypeNSEC)
		}
		return nil
	}
	hash := p.hash(name)
	if _, ok := slices.BinarySearch(p.hashes, hash); !ok || hash == "" {
		return nil
	}
	return p.hashed(hash)
}

// cover returns the record in whose gap a name is: of NSEC3 that of the hash of next, the
// longest ancestor of it that does not exist.
func (p *proofs) cover(next, name string) []dns.RR {
	if len(p.plain) > 0 {
		i, ok := slices.BinarySearchFunc(p.plain, name, compareNames)
		if !ok {
			i--
		}
		return p.at(p.plain[(i+len(p.plain))%len(p.plain)], TypeNSEC)
	}
	hash := p.hash(next)
	if hash == "" {
		return nil
	}
	i, ok := slices.BinarySearch(p.hashes, hash)
	if !ok {
		i--
	}
	return p.hashed(p.hashes[(i+len(p.hashes))%len(p.hashes)])
}

// hash returns the hash of a name; nothing where there is no NSEC3, or none that counts.
func (p *proofs) hash(name string) string {
	if p.params == nil || p.params.Iterations > maxFileIterations {
		return ""
	}
	return strings.ToUpper(dns.HashName(name, p.params.Hash, p.params.Iterations, p.params.Salt))
}

func (p *proofs) hashed(hash string) []dns.RR {
	return p.at(strings.ToLower(hash)+"."+strings.TrimPrefix(p.z.Apex, "."), TypeNSEC3)
}

// at returns a set with its signatures.
func (p *proofs) at(name string, kind Type) []dns.RR {
	n := p.z.nodes[name]
	if n == nil {
		return nil
	}
	return slices.Concat(n.sets[kind], n.sigs[kind])
}

// join joins sets, each once.
func (p *proofs) join(sets ...[]dns.RR) []dns.RR {
	var all []dns.RR
	for _, set := range sets {
		if len(set) > 0 && !slices.Contains(all, set[0]) {
			all = append(all, set...)
		}
	}
	return all
}
