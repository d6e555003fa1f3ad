package dnssec

import (
	"context"
	"fmt"
	"time"

	"github.com/miekg/dns"
)

// judge validates one answer within bounds, and records what the answer depends on.
type judge struct {
	c   *Client
	ctx context.Context
	now time.Time

	checks, hashes int
	expires        expiry // of the signatures used and what they depend on
	ttl            time.Duration
}

func (c *Client) newJudge(ctx context.Context) *judge {
	return &judge{c: c, ctx: ctx, now: c.options.Now(), ttl: maxTTL}
}

// uses records a signature that the answer depends on. Neither the set nor what is made of it
// holds longer than its first TTL or the signature (RFC 4035 §5.3.3).
func (j *judge) uses(sig *dns.RRSIG, s *rrset) {
	now := j.now.Unix()
	ends := time.Unix(now+int64(int32(sig.Expiration-uint32(now))), 0).UTC()
	j.expires = first(j.expires, expiry{ends, sig})
	j.ttl = min(j.ttl, s.ttl(), time.Duration(sig.OrigTtl)*time.Second, ends.Sub(j.now))
}

// verdict is the finding about one link of an answer.
type verdict struct {
	status Status
	why    string
	zone   string // that signed
	absent bool   // a proof is missing, rather than wrong
	// assumed: it is secure only if the zone file is signed before it is published.
	assumed bool
}

func bogus(why string) verdict { return verdict{status: Bogus, why: why} }
func absent(format string, args ...any) verdict {
	return verdict{why: fmt.Sprintf(format, args...), absent: true}
}

// after joins a link to those before it: the weaker counts.
func (v verdict) after(o verdict) verdict {
	if o.status.weaker(v.status) {
		v.status, v.why, v.absent = o.status, o.why, o.absent
	}
	if v.assumed = v.assumed || o.assumed; o.assumed && v.status == Secure {
		v.why = o.why
	}
	return v
}

// verdict is that of everything in a zone that is not secure.
func (z *zone) verdict() verdict {
	v := verdict{status: z.status, why: z.why, absent: z.absent, assumed: z.assumed}
	if z.assumed {
		v.zone = z.name
	}
	return v
}

// positive validates a set of an answer.
func (j *judge) positive(s *rrset, authority map[setKey]*rrset) verdict {
	names := s.signerNames()
	if len(names) == 0 {
		v := j.unsigned(s.name, s.kind, s.describe()+" has no signature")
		if v.absent && len(s.sigs) > 0 {
			return bogus(fmt.Sprintf("%s is signed by %s, which it is not in", s.describe(), show(s.sigs[0].SignerName)))
		}
		return v
	}
	var v verdict
	for i, name := range names {
		got := j.signed(s, name, authority)
		if i == 0 || v.status.weaker(got.status) {
			v = got
		}
	}
	return v
}

// signed validates a set by the signature of a zone.
func (j *judge) signed(s *rrset, signer string, authority map[setKey]*rrset) verdict {
	z, v := j.signerZone(signer, s.name, s.kind)
	if z == nil {
		return v
	}
	sig, why := j.verify(s, z)
	if sig == nil {
		return bogus(why)
	}
	j.dependsOn(z)
	if n := int(sig.Labels); n < labels(s.name) {
		return j.expanded(s, n, z, authority)
	}
	return verdict{status: Secure, zone: z.name}
}

// signerZone returns the signer's zone if one begins at that name and is secure, and a
// verdict otherwise. A DS is signed by the parent, everything else by the zone itself.
func (j *judge) signerZone(signer, name string, kind Type) (*zone, verdict) {
	if kind == TypeDS && signer == name && name != "." {
		return nil, bogus(fmt.Sprintf("the DS of %s is signed by the zone itself, not by its parent", show(name)))
	}
	z := j.c.zoneOf(j.ctx, signer)
	switch {
	case z.status != Secure:
		return nil, z.verdict()
	case z.name != signer:
		return nil, bogus(fmt.Sprintf("%s is signed in the name of %s, where no zone begins", show(name), show(signer)))
	}
	return z, verdict{}
}

// dependsOn records that the answer depends on the chain of trust of a zone.
func (j *judge) dependsOn(z *zone) { j.expires = first(j.expires, z.expires) }

// expanded validates a set made from a wildcard: no closer match for the name may exist
// (RFC 4035 §5.3.4, RFC 5155 §8.8).
func (j *judge) expanded(s *rrset, n int, z *zone, authority map[setKey]*rrset) verdict {
	d, why := j.denialBy(z, authority)
	if d == nil {
		if why != "" {
			return bogus(why)
		}
		return absent("%s comes from a wildcard, and there is no proof that the name itself does not exist", s.describe())
	}
	return proofVerdict(z, func() (proof, string) { return d.noCloser(suffix(s.name, n+1)) })
}

func proofVerdict(z *zone, prove func() (proof, string)) verdict {
	is, why := prove()
	switch is {
	case proven:
		return verdict{status: Secure, zone: z.name}
	case provenInsecure:
		return verdict{status: Insecure, why: why, zone: z.name}
	}
	return bogus(why)
}

// unsigned judges what has no signature by the zone it is in: a secure zone signs all.
func (j *judge) unsigned(name string, kind Type, what string) verdict {
	if kind == TypeDS && name != "." {
		name = parentOf(name)
	}
	z := j.c.zoneOf(j.ctx, name)
	if z.status != Secure || z.assumed {
		j.dependsOn(z)
		return z.verdict()
	}
	return absent("%s, while %s is signed", what, show(z.name))
}

// negative validates a denial and returns what it denies: some servers answer NXDOMAIN
// for an empty non-terminal, whose denial proves no more than NODATA.
func (j *judge) negative(q question, d Denial, authority map[setKey]*rrset) (verdict, Denial) {
	names := denialSigners(q.name, authority)
	if len(names) == 0 {
		return j.unsigned(q.name, q.kind, fmt.Sprintf("there is no proof that %s has no %s", show(q.name), q.kind)), d
	}
	var best verdict
	is := d
	for i, name := range names {
		v, as := j.deniedBy(q, d, name, authority)
		if i == 0 || best.status.weaker(v.status) {
			best, is = v, as
		}
	}
	return best, is
}

// denialSigners returns the signers that the NSEC and NSEC3 records name, the deepest
// first.
func denialSigners(name string, authority map[setKey]*rrset) []string {
	var all rrset
	all.name = name
	for _, key := range sortedKeys(authority) {
		all.sigs = append(all.sigs, authority[key].sigs...)
	}
	return all.signerNames()
}

func (j *judge) deniedBy(q question, d Denial, signer string, authority map[setKey]*rrset) (verdict, Denial) {
	z, v := j.signerZone(signer, q.name, q.kind)
	if z == nil {
		return v, d
	}
	by, why := j.denialBy(z, authority)
	if by == nil {
		return bogus(why), d
	}
	j.dependsOn(z)
	noData := proofVerdict(z, func() (proof, string) { return by.noType(q.name, q.kind) })
	if d == NoData {
		return noData, d
	}
	noName := proofVerdict(z, func() (proof, string) { return by.noName(q.name) })
	if noName.status == Bogus && noData.status != Bogus {
		return noData, NoData
	}
	return noName, d
}
