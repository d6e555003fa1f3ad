package dnstest

import (
	"strings"

	"github.com/miekg/dns"
)

// resolve answers a question from the zones, as a resolver that has asked their servers.
func (s *Server) resolve(m *dns.Msg, name string, kind uint16) {
	for range 16 {
		z := s.zoneOf(name, kind)
		if z.Fault.has(Lame) || z.cutAt(name) != "" && kind != dns.TypeDS {
			m.Rcode = dns.RcodeServerFailure // a zone that is not here, or lame
			return
		}
		next := z.answer(m, name, kind)
		if next == "" {
			return
		}
		name = next
	}
}

// zoneOf returns the zone that answers: for a DS the one above.
func (s *Server) zoneOf(name string, kind uint16) *zone {
	if kind == dns.TypeDS {
		name = above(name)
	}
	for ; name != "."; name = above(name) {
		if z := s.byName[name]; z != nil {
			return z
		}
	}
	return s.byName["."]
}

// answer adds what a zone has, and returns where an alias leads.
func (z *zone) answer(m *dns.Msg, name string, kind uint16) (next string) {
	if owner, target := z.moved(name); target != "" {
		z.put(&m.Answer, owner, owner, dns.TypeDNAME)
		m.Answer = append(m.Answer, &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: defaultTTL}, Target: target})
		return target
	}
	owner := name
	n := z.nodes[name]
	wild := n == nil
	if wild {
		owner = "*." + strings.TrimPrefix(z.encloser(name), ".")
		if n = z.nodes[owner]; n == nil {
			m.Rcode = dns.RcodeNameError
			z.deny(m, name, owner)
			return ""
		}
	}
	switch {
	case len(n.sets[kind]) > 0:
		z.put(&m.Answer, owner, name, kind)
	case len(n.sets[dns.TypeCNAME]) > 0 && kind != dns.TypeNSEC:
		z.put(&m.Answer, owner, name, dns.TypeCNAME)
		next = dns.CanonicalName(n.sets[dns.TypeCNAME][0].(*dns.CNAME).Target)
	default:
		if wild {
			z.denyExpanded(m, name, owner)
		} else {
			z.deny(m, name, "")
		}
		return ""
	}
	if wild {
		z.proveExpanded(m, name)
	}
	return next
}

// moved returns the DNAME above a name and where it moves the name (RFC 6672).
func (z *zone) moved(name string) (owner, target string) {
	for at := name; at != z.apex && dns.IsSubDomain(z.apex, at); {
		at = above(at)
		if n := z.nodes[at]; n != nil && n.sets[dns.TypeDNAME] != nil {
			return at, dns.CanonicalName(strings.TrimSuffix(name, at) + n.sets[dns.TypeDNAME][0].(*dns.DNAME).Target)
		}
	}
	return "", ""
}

// put adds a set with its signatures, under the name that it was made for.
func (z *zone) put(section *[]dns.RR, owner, name string, kind uint16) {
	n := z.nodes[owner]
	for _, rr := range append(append([]dns.RR(nil), n.sets[kind]...), n.sigs[kind]...) {
		rr = dns.Copy(rr)
		rr.Header().Name = name
		*section = append(*section, rr)
	}
}

// encloser returns the deepest name above one that exists (RFC 4592 §3.3.1).
func (z *zone) encloser(name string) string {
	at := above(name)
	for z.nodes[at] == nil && at != z.apex {
		at = above(at)
	}
	return at
}

// below returns the name one label longer than what encloses another, on the way to it.
func (z *zone) below(name string) string {
	encloser := z.encloser(name)
	for above(name) != encloser {
		name = above(name)
	}
	return name
}

// deny adds the proof that a name, or with none given for a wildcard a type of it, does
// not exist.
func (z *zone) deny(m *dns.Msg, name, wildcard string) {
	z.put(&m.Ns, z.apex, z.apex, dns.TypeSOA)
	p := z.proof(m)
	switch {
	case wildcard == "":
		p.about(name)
	case z.NSEC3 != nil:
		p.about(z.encloser(name))
		p.gap(z.below(name))
		p.gap(wildcard)
	default:
		p.gap(name)
		p.gap(wildcard)
	}
	p.end()
}

// denyExpanded adds the proof that a wildcard stands for a name, without the type.
func (z *zone) denyExpanded(m *dns.Msg, name, wildcard string) {
	z.put(&m.Ns, z.apex, z.apex, dns.TypeSOA)
	p := z.proof(m)
	if z.NSEC3 != nil {
		p.about(z.encloser(name))
	}
	p.gap(z.below(name))
	p.about(wildcard)
	p.end()
}

// proveExpanded adds the proof that a wildcard may stand for a name.
func (z *zone) proveExpanded(m *dns.Msg, name string) {
	p := z.proof(m)
	p.gap(z.below(name))
	p.end()
}

// proof gathers the records of a denial, each once.
type proof struct {
	z     *zone
	m     *dns.Msg
	sets  [][]dns.RR
	owner map[string]bool
}

func (z *zone) proof(m *dns.Msg) *proof { return &proof{z: z, m: m, owner: map[string]bool{}} }

func (p *proof) add(owner string, records []dns.RR) {
	if !p.owner[owner] {
		p.owner[owner] = true
		p.sets = append(p.sets, records)
	}
}

// about adds the record of a name itself; for one that has none, such as an empty
// non-terminal or what opt-out leaves out, the gap it is in.
func (p *proof) about(name string) {
	if p.z.NSEC3 != nil {
		if len(p.z.hash) == 0 {
			return
		}
		hash := dns.HashName(name, dns.SHA1, p.z.NSEC3.Iterations, p.z.NSEC3.Salt)
		for _, h := range p.z.hash {
			if h.hash == hash {
				p.addHashed(h)
				return
			}
		}
		p.about(above(name)) // the closest encloser that has a record
		p.gap(name)
		return
	}
	if n := p.z.nodes[name]; n != nil && n.sets[dns.TypeNSEC] != nil {
		p.add(name, append(append([]dns.RR(nil), n.sets[dns.TypeNSEC]...), n.sigs[dns.TypeNSEC]...))
		return
	}
	p.gap(name)
}

func (p *proof) addHashed(h *hashed) { p.add(h.hash, append([]dns.RR{h.rr}, h.sigs...)) }

// gap adds the record in whose gap a name is: the last one before it.
func (p *proof) gap(name string) {
	if p.z.NSEC3 != nil {
		if len(p.z.hash) == 0 {
			return
		}
		hash := dns.HashName(name, dns.SHA1, p.z.NSEC3.Iterations, p.z.NSEC3.Salt)
		last := p.z.hash[len(p.z.hash)-1]
		for _, h := range p.z.hash {
			if h.hash < hash {
				last = h
			}
		}
		p.addHashed(last)
		return
	}
	if len(p.z.order) == 0 {
		return
	}
	last := p.z.order[len(p.z.order)-1]
	for _, owner := range p.z.order {
		if compare(owner, name) < 0 {
			last = owner
		}
	}
	p.about(last)
}

// end adds what was gathered, as the zone's fault has it.
func (p *proof) end() {
	if p.z.Fault.has(NoDenial) {
		return
	}
	sets := p.sets
	if p.z.Fault.has(PartDenial) && len(sets) > 1 {
		sets = sets[:len(sets)-1]
	}
	for _, records := range sets {
		for _, rr := range records {
			p.m.Ns = append(p.m.Ns, dns.Copy(rr))
		}
	}
}
