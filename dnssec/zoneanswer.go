package dnssec

import (
	"strings"

	"github.com/miekg/dns"
)

// AddZone has names of a zone answered from its file, as its servers will answer once
// they have it: with aliases, wildcards (RFC 4592), and NODATA or NXDOMAIN for what is
// not there. All other names, those that the file delegates to others and the DS of the
// zone itself are asked for as before. Zones are added before names in them are looked
// up. Where one zone is below another its own file counts.
//
// Signatures in the file are validated as any others, from the DS that the zone above has
// now. Of a file without signatures, Answer.Status is what will be: Insecure without a DS
// in the zone above, and with one Secure, as the zone has to be signed on its way to the
// servers; Answer.Assumed is set then.
func (c *Client) AddZone(z *ZoneFile) {
	c.once.Do(c.prepare)
	c.filesLock.Lock()
	defer c.filesLock.Unlock()
	files := map[string]*ZoneFile{z.Apex: z}
	if old := c.files.Load(); old != nil {
		for apex, file := range *old {
			if apex != z.Apex {
				files[apex] = file
			}
		}
	}
	c.files.Store(&files)
}

// fileAt returns the file of a zone, nil for one that is asked for.
func (c *Client) fileAt(apex string) *ZoneFile {
	files := c.files.Load()
	if files == nil {
		return nil
	}
	return (*files)[apex]
}

// fileOf returns the file that answers a question, nil if the resolver does. A DS is of
// the zone above.
func (c *Client) fileOf(name string, kind Type) *ZoneFile {
	if c.files.Load() == nil {
		return nil
	}
	if kind == TypeDS && name != "." {
		name = parentOf(name)
	}
	for apex := name; ; apex = parentOf(apex) {
		if z := c.fileAt(apex); z != nil {
			if z.cutAbove(name) == "" {
				return z
			}
			return nil
		}
		if apex == "." {
			return nil
		}
	}
}

// answer is the zone's answer to a question that it is the zone of (RFC 1034 §4.3.2).
func (z *ZoneFile) answer(q question) reply {
	a := &zoneAnswer{z: z, kind: q.kind, Msg: q.message()}
	a.Response, a.Authoritative = true, true
	name := q.name
	for range maxAliases {
		if name = a.find(name); name == "" || !z.Contains(name) {
			break
		}
	}
	return reply{Msg: a.Msg, server: z.Name, file: z}
}

// Lookup returns the records that the zone has for a name that it contains, also by a
// wildcard, or the name that an alias leads to. What is delegated to others, and what is
// not there, has neither.
func (z *ZoneFile) Lookup(name string, kind Type) (records []Record, alias string) {
	name = canonical(name)
	if !z.Contains(name) {
		return nil, ""
	}
	q := question{name: name, kind: kind}
	a := &zoneAnswer{z: z, kind: kind, Msg: q.message()}
	if alias = a.find(name); alias != "" {
		return nil, alias
	}
	if set := setsOf(a.Answer)[setKey{name, kind}]; set != nil {
		records = recordsOf(set.rrs, longTTL)
	}
	return records, ""
}

// zoneAnswer is an answer in the making.
type zoneAnswer struct {
	*dns.Msg
	z    *ZoneFile
	kind Type
}

// find adds what the zone has at a name, and returns the name that an alias leads to.
func (a *zoneAnswer) find(name string) string {
	if target := a.redirected(name); target != "" {
		return target
	}
	if n := a.z.nodes[name]; n != nil {
		return a.take(name, name)
	}
	encloser := a.z.encloser(name)
	wild := wildcard(encloser)
	if a.z.nodes[wild] == nil {
		a.Rcode = dns.RcodeNameError
		a.deny(a.z.proofs().noName(name, encloser))
		return ""
	}
	a.Ns = append(a.Ns, a.z.proofs().noCloser(name, encloser)...)
	return a.take(wild, name)
}

// redirected follows the DNAME above a name (RFC 6672 §3.2).
func (a *zoneAnswer) redirected(name string) string {
	for above := name; above != a.z.Apex; {
		above = parentOf(above)
		n := a.z.nodes[above]
		if n == nil || len(n.sets[TypeDNAME]) == 0 {
			continue
		}
		a.Answer = append(a.Answer, n.sets[TypeDNAME][0])
		a.Answer = append(a.Answer, n.sigs[TypeDNAME]...)
		prefix := name
		if above != "." {
			prefix = strings.TrimSuffix(name, above)
		}
		target := prefix + strings.TrimPrefix(canonical(n.sets[TypeDNAME][0].(*dns.DNAME).Target), ".")
		if _, ok := dns.IsDomainName(target); !ok {
			a.Rcode = dns.RcodeYXDomain
			return ""
		}
		return target
	}
	return ""
}

// take adds the records at a node for a name, which is another where the node is a
// wildcard, or a denial where there are none.
func (a *zoneAnswer) take(at, name string) string {
	n := a.z.nodes[at]
	if alias := n.sets[TypeCNAME]; len(alias) > 0 && a.kind != TypeCNAME && a.kind != TypeNSEC {
		a.copyTo(name, alias[:1], n.sigs[TypeCNAME])
		return canonical(alias[0].(*dns.CNAME).Target)
	}
	if set := n.sets[a.kind]; len(set) > 0 {
		a.copyTo(name, set, n.sigs[a.kind])
		return ""
	}
	a.deny(a.z.proofs().noType(at))
	return ""
}

// copyTo adds records with the name that was asked for.
func (a *zoneAnswer) copyTo(name string, sets ...[]dns.RR) {
	for _, set := range sets {
		for _, rr := range set {
			if rr.Header().Name != name {
				rr = dns.Copy(rr)
				rr.Header().Name = name
			}
			a.Answer = append(a.Answer, rr)
		}
	}
}

// deny adds the SOA and the proof of a denial (RFC 2308 §3).
func (a *zoneAnswer) deny(proof []dns.RR) {
	apex := a.z.nodes[a.z.Apex]
	a.Ns = append(a.Ns, apex.sets[TypeSOA]...)
	a.Ns = append(a.Ns, apex.sigs[TypeSOA]...)
	a.Ns = append(a.Ns, proof...)
}

// encloser returns the deepest name above one that exists.
func (z *ZoneFile) encloser(name string) string {
	for name = parentOf(name); z.nodes[name] == nil; {
		name = parentOf(name)
	}
	return name
}
