package dnssec

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// zone is the zone that a name is in, and how far it can be trusted.
type zone struct {
	name   string // the apex; of a zone that is not secure the highest name that is not
	status Status
	why    string
	// absent: it is indeterminate because a proof is missing, not because it was
	// contradicted.
	absent bool
	// assumed: it is secure only if the file that it is in is signed before it is
	// published.
	assumed bool
	// nothingBelow: the name asked for is proven not to exist, and so are those below it.
	nothingBelow bool

	keys    map[uint16][]*publicKey // by key tag, if it is secure
	expires expiry                  // of the chain of trust
	ttl     time.Duration
}

// zoneOf finds the zone that a name is in, from the anchor down, one label after the
// other, until the end of the chain of trust.
func (c *Client) zoneOf(ctx context.Context, name string) *zone {
	top := c.anchorAbove(name)
	if top == "" {
		return &zone{name: name, why: "no trust anchor is above " + show(name), ttl: maxTTL}
	}
	z := c.anchored(ctx, top)
	for n := dns.CountLabel(top) + 1; n <= dns.CountLabel(name); n++ {
		if z.status != Secure || z.nothingBelow {
			break
		}
		if n-dns.CountLabel(top) > maxDepth {
			return z.indeterminate(fmt.Sprintf("%s has more labels than are looked into", show(name)))
		}
		c.prepareBelow(ctx, name, n)
		z = c.below(ctx, z, suffix(name, n))
	}
	return z
}

const (
	// maxDepth is how many labels a chain of trust is followed. Reverse names of IPv6
	// have 34 (RFC 3596 §2.5).
	maxDepth = 40
	// window is how many links are asked for at once on a long way down.
	window = 4
)

// prepareBelow asks for the next links of a long chain at once.
func (c *Client) prepareBelow(ctx context.Context, name string, n int) {
	for i := n; n > maxAhead && (n-1)%window == 0 && i < min(n+window, dns.CountLabel(name)+1); i++ {
		c.send(ctx, question{name: suffix(name, i), kind: TypeDS})
	}
}

// indeterminate is the result for names whose zone cannot be determined.
func (z *zone) indeterminate(why string) *zone {
	return &zone{name: z.name, why: why, expires: z.expires, ttl: failureTTL}
}

// waitZone determines a zone once for all callers.
func (c *Client) waitZone(ctx context.Context, name string, work func(context.Context) *zone) *zone {
	z, err := c.zones.do(ctx, name, maxSteps*c.options.Timeout, func(ctx context.Context) (*zone, time.Duration) {
		z := work(ctx)
		if z.status == Indeterminate {
			return z, failureTTL
		}
		return z, min(max(z.ttl, minTTL), maxTTL)
	})
	if err != nil {
		return &zone{name: name, why: "interrupted", ttl: failureTTL}
	}
	return z
}

// anchored returns a zone with an anchor.
func (c *Client) anchored(ctx context.Context, name string) *zone {
	return c.waitZone(ctx, name, func(ctx context.Context) *zone {
		z := &zone{name: name, ttl: maxTTL}
		set, why := c.keySet(ctx, name)
		if set == nil && c.isUnsignedFile(name) {
			return z.assume()
		}
		if set == nil {
			return z.fails(Indeterminate, why).missing()
		}
		var entries []*dns.DNSKEY
		for _, k := range set.keys() {
			if slices.ContainsFunc(c.anchors[name], func(a Anchor) bool { return a.matches(k) }) {
				entries = append(entries, k)
			}
		}
		switch {
		case len(set.sigs) == 0 && len(entries) > 0 && len(entries) == len(set.rrs):
			// systemd-resolved answers this from its own anchors, without signatures.
			z.status, z.keys = Secure, keysByTag(set.keys())
			return z
		case len(entries) == 0: // the anchor may be old or of another DNS, or the resolver's root
			return z.fails(Indeterminate, fmt.Sprintf("no key of %s is a trust anchor: it has %s, and trusted are %s", show(name), tags(set.keys()), c.anchorTags(name)))
		}
		return c.trustKeys(ctx, z, set, entries)
	})
}

func (z *zone) fails(status Status, why string) *zone {
	z.status, z.why = status, why
	return z
}

// missing marks that a proof is merely absent.
func (z *zone) missing() *zone {
	z.absent = true
	return z
}

// keySet asks for the keys of a zone; without any it returns the reason.
func (c *Client) keySet(ctx context.Context, name string) (*rrset, string) {
	r, err := c.fetch(ctx, question{name: name, kind: TypeDNSKEY})
	if err != nil {
		return nil, fmt.Sprintf("the keys of %s could not be asked for: the resolver did not answer", show(name))
	}
	if r.Rcode != dns.RcodeSuccess {
		return nil, fmt.Sprintf("the keys of %s could not be had: the resolver answered %s%s", show(name), Rcode(r.Rcode), behind(extendedErrors(r.Msg)))
	}
	set := setsOf(r.Answer)[setKey{name, TypeDNSKEY}]
	if set == nil || len(set.rrs) == 0 {
		return nil, fmt.Sprintf("the resolver has no keys (DNSKEY) of %s", show(name))
	}
	return set, ""
}

// behind formats the resolver's reasons as the end of a sentence.
func behind(all []ExtendedError) string {
	if len(all) == 0 {
		return ""
	}
	return ": " + reasons(all)
}

// keys returns the zone keys of a set.
func (s *rrset) keys() []*dns.DNSKEY {
	var keys []*dns.DNSKEY
	for _, rr := range s.rrs {
		if k, ok := rr.(*dns.DNSKEY); ok && isZoneKey(k) && len(keys) < maxKeys {
			keys = append(keys, k)
		}
	}
	return keys
}

// keysByTag sorts keys by tag, of each only a few.
func keysByTag(keys []*dns.DNSKEY) map[uint16][]*publicKey {
	byTag := map[uint16][]*publicKey{}
	for _, k := range keys {
		if tag := k.KeyTag(); len(byTag[tag]) < maxKeysPerTag {
			byTag[tag] = append(byTag[tag], newPublicKey(k))
		}
	}
	return byTag
}

// trustKeys makes a zone secure if its key set is signed by one of the proven keys.
func (c *Client) trustKeys(ctx context.Context, z *zone, set *rrset, entries []*dns.DNSKEY) *zone {
	j := c.newJudge(ctx)
	proven := &zone{name: z.name, keys: keysByTag(entries)}
	if len(set.sigs) == 0 {
		return z.fails(Indeterminate, fmt.Sprintf("the keys of %s have no signature", show(z.name))).missing()
	}
	if _, why := j.verify(set, proven); why != "" {
		return z.fails(Bogus, why)
	}
	z.status, z.keys = Secure, keysByTag(set.keys())
	z.expires = first(z.expires, j.expires)
	z.ttl = min(z.ttl, j.ttl)
	return z
}

// below finds whether a zone begins at a name that is one label below a zone or below
// names of it that are no zones.
func (c *Client) below(ctx context.Context, parent *zone, name string) *zone {
	return c.waitZone(ctx, name, func(ctx context.Context) *zone {
		if parent.assumed {
			return c.belowAssumed(ctx, parent, name)
		}
		r, err := c.fetch(ctx, question{name: name, kind: TypeDS})
		switch {
		case err != nil:
			return parent.indeterminate(fmt.Sprintf("the DS of %s could not be asked for: the resolver did not answer", show(name)))
		case r.Rcode != dns.RcodeSuccess && r.Rcode != dns.RcodeNameError:
			return c.dsFailed(ctx, parent, name, r)
		}
		j := c.newJudge(ctx)
		sets := setsOf(r.Answer)
		if ds := sets[setKey{name, TypeDS}]; ds != nil && len(ds.rrs) > 0 {
			return j.delegated(parent, ds)
		}
		if alias := sets[setKey{name, TypeCNAME}]; alias != nil && len(alias.rrs) > 0 {
			if _, why := j.verify(alias, parent); why == "" {
				return parent // RFC 2181 §10.1: an alias is no zone
			}
		}
		return j.undelegated(parent, name, r)
	})
}

// dsFailed handles a resolver that fails when asked for a DS: the parent zone may be
// bogus.
func (c *Client) dsFailed(ctx context.Context, parent *zone, name string, r reply) *zone {
	if status, why := c.checkSOA(ctx, parent); status == Bogus {
		return &zone{name: parent.name, status: Bogus, why: why, ttl: minTTL}
	}
	return parent.indeterminate(fmt.Sprintf("the DS of %s could not be had: the resolver answered %s%s", show(name), Rcode(r.Rcode), behind(extendedErrors(r.Msg))))
}

// delegated judges a delegation with a DS.
func (j *judge) delegated(parent *zone, ds *rrset) *zone {
	z := &zone{name: ds.name, expires: parent.expires, ttl: parent.ttl}
	if len(ds.sigs) == 0 {
		return z.fails(Indeterminate, fmt.Sprintf("%s has no signature", ds.describe())).missing()
	}
	if _, why := j.verify(ds, parent); why != "" {
		return z.fails(Bogus, why)
	}
	z.expires, z.ttl = first(z.expires, j.expires), min(z.ttl, j.ttl)
	return j.enter(parent, z, ds)
}

// enter judges the keys of a zone by its DS, which are right.
func (j *judge) enter(parent, z *zone, ds *rrset) *zone {
	usable := j.usable(ds)
	if len(usable) == 0 {
		return z.fails(Insecure, fmt.Sprintf("%s has only DS records with algorithms or digests that are not known (RFC 4035 §5.2)", show(z.name)))
	}
	set, why := j.c.keySet(j.ctx, z.name)
	switch {
	case set == nil && j.c.isUnsignedFile(z.name):
		return z.assume()
	case set == nil:
		return z.fails(Indeterminate, why).missing()
	}
	entries := entriesOf(usable, set.keys())
	if len(entries) == 0 {
		return z.fails(Bogus, fmt.Sprintf("no key of %s matches its DS in %s: there are keys %s, the DS is for %s", show(z.name), show(parent.name), tags(set.keys()), dsTags(usable, set.keys())))
	}
	if j.c.isUnsignedFile(z.name) {
		return z.assume()
	}
	return j.c.trustKeys(j.ctx, z, set, entries)
}

// usable returns the DS that count. SHA-1 does not where there is a better digest for the
// same algorithm (RFC 4509 §3, RFC 9905).
func (j *judge) usable(set *rrset) []*dns.DS {
	var all []*dns.DS
	for _, rr := range set.rrs {
		if ds, ok := rr.(*dns.DS); ok && j.c.knowsAlgorithm(ds.Algorithm) && knowsDigest(ds.DigestType) && len(all) < maxKeys {
			all = append(all, ds)
		}
	}
	isBetter := func(ds *dns.DS) bool { return ds.DigestType != dns.SHA1 }
	if slices.ContainsFunc(all, isBetter) {
		all = slices.DeleteFunc(all, func(ds *dns.DS) bool { return !isBetter(ds) })
	}
	return all
}

// entriesOf returns the keys that a DS is of.
func entriesOf(all []*dns.DS, keys []*dns.DNSKEY) []*dns.DNSKEY {
	var entries []*dns.DNSKEY
	tried := map[uint16]int{}
	for _, k := range keys {
		tag := k.KeyTag()
		if tried[tag]++; tried[tag] > maxKeysPerTag {
			continue
		}
		if slices.ContainsFunc(all, func(ds *dns.DS) bool { return ds.KeyTag == tag && isDigestOf(ds, k) }) {
			entries = append(entries, k)
		}
	}
	return entries
}

// undelegated judges the denial of a DS.
func (j *judge) undelegated(parent *zone, name string, r reply) *zone {
	z := &zone{name: name, expires: parent.expires, ttl: parent.ttl}
	d, why := j.denialBy(parent, setsOf(r.Ns))
	if d == nil {
		z.status = Indeterminate
		if why != "" {
			return z.fails(Bogus, why)
		}
		z.why = fmt.Sprintf("there is neither a DS of %s nor a proof that there is none", show(name))
		return z.missing()
	}
	cut, why := d.cutAt(name)
	z.expires, z.ttl = first(z.expires, j.expires), min(z.ttl, j.ttl)
	if file := j.c.fileAt(name); file != nil && (cut == noCut || cut == nothingThere) {
		return z.fails(Insecure, fmt.Sprintf("%s is not delegated yet: %s has no NS records for it", show(name), show(parent.name)))
	}
	switch cut {
	case noCut, nothingThere:
		same := *parent
		same.nothingBelow, same.expires, same.ttl = cut == nothingThere, z.expires, z.ttl
		return &same
	case insecureCut:
		return z.fails(Insecure, why)
	}
	return z.fails(Bogus, fmt.Sprintf("the denial of a DS of %s does not hold: %s", show(name), why))
}

// expiry is the end of the signature of a chain that expires first.
type expiry struct {
	at  time.Time
	sig *dns.RRSIG // nil for none
}

// first returns the earlier of two.
func first(a, b expiry) expiry {
	if a.sig == nil || b.sig != nil && b.at.Before(a.at) {
		return b
	}
	return a
}

// String names the signature.
func (e expiry) String() string {
	if e.sig == nil {
		return ""
	}
	return fmt.Sprintf("%s of %s by key %d of %s", Type(e.sig.TypeCovered), show(e.sig.Hdr.Name), e.sig.KeyTag, show(e.sig.SignerName))
}

// tags lists keys by tag.
func tags(keys []*dns.DNSKEY) string {
	var all []string
	for _, k := range keys {
		all = append(all, fmt.Sprint(k.KeyTag()))
	}
	return list(all)
}

// dsTags lists DS by tag, and says of those whose tag a key has what differs.
func dsTags(records []*dns.DS, keys []*dns.DNSKEY) string {
	var all []string
	for _, ds := range records {
		text := fmt.Sprint(ds.KeyTag)
		at := slices.IndexFunc(keys, func(k *dns.DNSKEY) bool { return k.KeyTag() == ds.KeyTag })
		switch {
		case at >= 0 && keys[at].Algorithm != ds.Algorithm:
			text += fmt.Sprintf(" (of algorithm %d, the key's is %d)", ds.Algorithm, keys[at].Algorithm)
		case at >= 0:
			text += " (by another digest)"
		}
		all = append(all, text)
	}
	return list(all)
}

func (c *Client) anchorTags(zone string) string {
	var all []string
	for _, a := range c.anchors[zone] {
		if a.key != nil {
			all = append(all, fmt.Sprint(a.key.KeyTag()))
		} else {
			all = append(all, fmt.Sprint(a.ds.KeyTag))
		}
	}
	return list(all)
}

// list joins distinct words, at most five.
func list(all []string) string {
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case len(all) == 0:
		return "none"
	case len(all) > 5:
		return strings.Join(all[:5], ", ") + " ..."
	}
	return strings.Join(all, ", ")
}
