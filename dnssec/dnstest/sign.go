package dnstest

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// altered changes the first digit.
func altered(hex string) string {
	if strings.HasPrefix(hex, "0") {
		return "1" + hex[1:]
	}
	return "0" + hex[1:]
}

// sign signs all that is the zone's own, after all delegations are in it.
func (z *zone) sign() {
	if !z.signed() {
		return
	}
	for _, k := range z.keys {
		if !k.Unpublished {
			z.add(k.DNSKEY)
		}
	}
	z.order = z.owners()
	if z.NSEC3 != nil {
		z.chainHashed()
	} else {
		z.chainPlain()
	}
	for _, name := range z.order {
		for t, set := range z.nodes[name].sets {
			if z.cuts[name] && t != dns.TypeDS && t != dns.TypeNSEC {
				continue
			}
			z.nodes[name].sigs[t] = z.signSet(set)
		}
	}
}

// chainPlain makes the NSEC records.
func (z *zone) chainPlain() {
	for i, name := range z.order {
		next := z.order[(i+1)%len(z.order)]
		if z.Fault.has(WrongDenial) {
			next = "\\000." + name
		}
		z.nodes[name].sets[dns.TypeNSEC] = []dns.RR{&dns.NSEC{
			Hdr:        dns.RR_Header{Name: name, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 300},
			NextDomain: next,
			TypeBitMap: z.types(name, dns.TypeRRSIG, dns.TypeNSEC),
		}}
	}
}

// hashed is one record of the NSEC3 chain.
type hashed struct {
	hash string
	rr   *dns.NSEC3
	sigs []dns.RR
}

// chainHashed makes the NSEC3 records: for empty non-terminals too, and with opt-out not
// for delegations without DS (RFC 5155 §7.1).
func (z *zone) chainHashed() {
	z.nodes[z.apex].sets[dns.TypeNSEC3PARAM] = []dns.RR{&dns.NSEC3PARAM{
		Hdr:  dns.RR_Header{Name: z.apex, Rrtype: dns.TypeNSEC3PARAM, Class: dns.ClassINET},
		Hash: dns.SHA1, Iterations: z.NSEC3.Iterations, SaltLength: uint8(len(z.NSEC3.Salt) / 2), Salt: z.NSEC3.Salt,
	}}
	for name, n := range z.nodes {
		left := z.NSEC3.OptOut && z.cuts[name] && n.sets[dns.TypeDS] == nil
		if left || z.isBelowCut(name) {
			continue
		}
		z.hash = append(z.hash, z.hashRecord(name))
	}
	slices.SortFunc(z.hash, func(a, b *hashed) int { return strings.Compare(a.hash, b.hash) })
	for i, h := range z.hash {
		h.rr.NextDomain = z.hash[(i+1)%len(z.hash)].hash
		if z.Fault.has(WrongDenial) {
			h.rr.NextDomain = h.hash[:len(h.hash)-1] + "V"
		}
		h.sigs = z.signSet([]dns.RR{h.rr})
	}
}

func (z *zone) hashRecord(name string) *hashed {
	hash := dns.HashName(name, dns.SHA1, z.NSEC3.Iterations, z.NSEC3.Salt)
	rr := &dns.NSEC3{
		Hdr:  dns.RR_Header{Name: strings.ToLower(hash) + "." + z.apexSuffix(), Rrtype: dns.TypeNSEC3, Class: dns.ClassINET, Ttl: 300},
		Hash: dns.SHA1, Iterations: z.NSEC3.Iterations, SaltLength: uint8(len(z.NSEC3.Salt) / 2), Salt: z.NSEC3.Salt, HashLength: 20,
	}
	if z.NSEC3.OptOut {
		rr.Flags = 1
	}
	if n := z.nodes[name]; len(n.sets) > 0 {
		rr.TypeBitMap = z.types(name)
		if !z.cuts[name] || n.sets[dns.TypeDS] != nil {
			rr.TypeBitMap = z.types(name, dns.TypeRRSIG)
		}
	}
	return &hashed{hash: hash, rr: rr}
}

const (
	day          = 24 * time.Hour
	defaultValid = 14 * day
)

// signSet returns the signatures of a set, as the zone's fault has them.
func (z *zone) signSet(set []dns.RR) []dns.RR {
	kind := set[0].Header().Rrtype
	isKeys := kind == dns.TypeDNSKEY
	if z.Fault.has(NoSignatures) && !isKeys || z.Fault.has(NoKeySignature) && isKeys {
		return nil
	}
	valid := z.Valid
	if valid == 0 {
		valid = defaultValid
	}
	from, to := z.now.Add(-day), z.now.Add(valid)
	switch {
	case z.Fault.has(Expired), z.Fault.has(ExpiredData) && !isKeys:
		from, to = z.now.Add(-30*day), z.now.Add(-3*day)
	case z.Fault.has(NotYetValid):
		from, to = z.now.Add(3*day), z.now.Add(30*day)
	}
	var sigs []dns.RR
	for _, k := range z.keys {
		if k.Signs == Nothing || k.Signs == KeysOnly && !isKeys || k.Signs == DataOnly && isKeys {
			continue
		}
		sig := &dns.RRSIG{
			Hdr:       dns.RR_Header{Name: set[0].Header().Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: set[0].Header().Ttl},
			Algorithm: k.DNSKEY.Algorithm, KeyTag: k.KeyTag(), SignerName: z.signerName(),
			Inception: uint32(from.Unix()), Expiration: uint32(to.Unix()),
		}
		k.fill(sig, set)
		if z.Fault.has(WrongSignature) && !isKeys || k.Signs == Damaged {
			damage(sig)
		}
		if z.Fault.has(ManyLabels) {
			sig.Labels++
		}
		sigs = append(sigs, sig)
	}
	return sigs
}

// signerName is the zone, or another by its fault.
func (z *zone) signerName() string {
	switch {
	case z.Fault.has(SignerAbove):
		return above(z.apex)
	case z.Fault.has(SignerBelow):
		return "below." + z.apexSuffix()
	case z.Fault.has(SignerBeside):
		return "beside." + z.apexSuffix()[strings.Index(z.apexSuffix(), ".")+1:]
	}
	return z.apex
}

// damage alters a signature.
func damage(sig *dns.RRSIG) {
	raw, err := base64.StdEncoding.DecodeString(sig.Signature)
	if err != nil || len(raw) == 0 {
		return
	}
	raw[len(raw)/2] ^= 1
	sig.Signature = base64.StdEncoding.EncodeToString(raw)
}
