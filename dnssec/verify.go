package dnssec

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds on the work that an answer may cause, however it is made (CVE-2023-50387,
// CVE-2023-50868).
const (
	maxSignatures = 8   // of a set that are tried
	maxKeysPerTag = 4   // keys of a zone with the same tag
	maxKeys       = 64  // keys of a zone
	maxChecks     = 96  // signatures checked for an answer
	maxHashes     = 160 // names hashed for an answer (RFC 5155 §5)
	maxKeyText    = 2048
)

// rrset is the records of a name and type in a section, with their signatures.
type rrset struct {
	name string
	kind Type
	rrs  []dns.RR
	sigs []*dns.RRSIG
}

type setKey struct {
	name string
	kind Type
}

// lowerOwners puts the names of owners and signers into lower case, once, as the message
// is shared later. Those in the data miekg/dns lowers as it should (RFC 6840 §5.1).
func lowerOwners(m *dns.Msg) {
	for _, section := range [][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range section {
			h := rr.Header()
			h.Name = canonical(h.Name)
			if sig, ok := rr.(*dns.RRSIG); ok {
				sig.SignerName = canonical(sig.SignerName)
			}
		}
	}
}

// setsOf sorts the records of a section into sets.
func setsOf(section []dns.RR) map[setKey]*rrset {
	sets := map[setKey]*rrset{}
	for _, rr := range section {
		h := rr.Header()
		if h.Class != dns.ClassINET {
			continue
		}
		key := setKey{h.Name, Type(h.Rrtype)}
		sig, isSig := rr.(*dns.RRSIG)
		if isSig {
			key.kind = Type(sig.TypeCovered)
		}
		set := sets[key]
		if set == nil {
			set = &rrset{name: key.name, kind: key.kind}
			sets[key] = set
		}
		if isSig {
			set.sigs = append(set.sigs, sig)
		} else {
			set.rrs = append(set.rrs, rr)
		}
	}
	return sets
}

// ttl returns the least of the records'.
func (s *rrset) ttl() time.Duration {
	least := maxTTL
	for _, rr := range s.rrs {
		least = min(least, time.Duration(rr.Header().Ttl)*time.Second)
	}
	return least
}

// signerNames returns the zones that are said to have signed a set, the deepest first.
// A zone signs what is in it: others are left out.
func (s *rrset) signerNames() []string {
	var names []string
	for _, sig := range s.sigs {
		if within(s.name, sig.SignerName) && !slices.Contains(names, sig.SignerName) && len(names) < 3 {
			names = append(names, sig.SignerName)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return dns.CountLabel(b) - dns.CountLabel(a) })
	return names
}

// labels returns the number of a name's labels as RRSIG counts them, without that of a
// wildcard (RFC 4034 §3.1.3).
func labels(name string) int {
	n := dns.CountLabel(name)
	if strings.HasPrefix(name, "*.") {
		n--
	}
	return n
}

// verify checks a set with the keys of a secure zone (RFC 4035 §5.3). It returns the
// signature that is right, or the reason why none is.
func (j *judge) verify(s *rrset, z *zone) (*dns.RRSIG, string) {
	why, worst := "", 0
	say := func(weight int, text string) {
		if weight > worst {
			why, worst = text, weight
		}
	}
	tries := 0
	for _, sig := range s.sigs {
		if sig.SignerName != z.name {
			continue
		}
		if tries++; tries > maxSignatures {
			break
		}
		ok, weight, fault := j.verifyOne(s, sig, z)
		if ok {
			j.uses(sig, s)
			return sig, ""
		}
		say(weight, fault)
	}
	if why == "" {
		why = fmt.Sprintf("%s has no signature by %s", s.describe(), show(z.name))
	}
	return nil, why
}

// describe names a set in a sentence.
func (s *rrset) describe() string { return s.kind.String() + " of " + show(s.name) }

// verifyOne checks one signature. Where it is not right, the weight orders the reasons
// by how much they say.
func (j *judge) verifyOne(s *rrset, sig *dns.RRSIG, z *zone) (ok bool, weight int, fault string) {
	by := fmt.Sprintf("the signature of %s by key %d of %s", s.describe(), sig.KeyTag, show(z.name))
	keys := z.keys[sig.KeyTag]
	switch now := uint32(j.now.Unix()); {
	case int(sig.Labels) > labels(s.name): // RFC 4035 §5.3.1
		return false, 2, by + " is for a name with more labels"
	case !j.c.knowsAlgorithm(sig.Algorithm):
		return false, 1, fmt.Sprintf("%s has the unknown algorithm %d", by, sig.Algorithm)
	case int32(now-sig.Expiration) > 0: // serial number arithmetic, RFC 4034 §3.1.5
		return false, 4, fmt.Sprintf("%s expired on %s", by, date(sig.Expiration))
	case int32(sig.Inception-now) > 0:
		return false, 4, fmt.Sprintf("%s is not valid before %s; the time here is %s", by, date(sig.Inception), date(now))
	case len(keys) == 0:
		return false, 2, fmt.Sprintf("%s is by a key that the zone does not have", by)
	}
	for _, key := range keys {
		if key.Algorithm != sig.Algorithm {
			continue
		}
		if j.check(sig, key, s.rrs) {
			return true, 0, ""
		}
	}
	if j.exhausted() {
		return false, 5, "the answer needs more than " + fmt.Sprint(maxChecks) + " signatures to be checked"
	}
	return false, 3, by + " does not match the records"
}

// date writes the time of a signature, to the minute.
func date(t uint32) string { return time.Unix(int64(t), 0).UTC().Format("2006-01-02 15:04 UTC") }

// check is the one place that does public-key work, which is counted and bounded.
func (j *judge) check(sig *dns.RRSIG, key *publicKey, rrs []dns.RR) bool {
	if j.exhausted() || len(rrs) == 0 || key.verifies == nil {
		return false
	}
	data, ok := signedData(sig, rrs)
	raw, err := base64.StdEncoding.DecodeString(sig.Signature)
	if !ok || err != nil {
		return false
	}
	verify := func() bool {
		j.checks++
		j.c.checks.Add(1)
		return key.verifies(data, raw)
	}
	if !isDenial(sig) {
		return verify()
	}
	return j.c.verified.check(verifiedID{key.DNSKEY, sha256.Sum256(append(data[:len(data):len(data)], raw...))}, verify)
}

// isDenial reports whether a signature is of what comes with many answers.
func isDenial(sig *dns.RRSIG) bool {
	t := Type(sig.TypeCovered)
	return t == TypeNSEC || t == TypeNSEC3
}

func (j *judge) exhausted() bool { return j.checks >= maxChecks }

// verifiedSets remembers the signatures that were right of what comes with many answers:
// a zone's NSEC and NSEC3 records. The answers often come at the same time, so that it
// also checks each once for all that wait.
type verifiedSets struct {
	mu      sync.Mutex
	known   map[verifiedID]bool
	pending map[verifiedID]*verification
}

// verifiedID is the key, and the sum of what was signed and the signature.
type verifiedID struct {
	key *dns.DNSKEY
	sum [sha256.Size]byte
}

// verification is one that is under way.
type verification struct {
	done chan struct{}
	ok   bool
}

const maxVerified = 8192

func newVerifiedSets() *verifiedSets {
	return &verifiedSets{known: map[verifiedID]bool{}, pending: map[verifiedID]*verification{}}
}

// check reports whether a signature is right, which verify finds out unless it is known
// or about to be. A wrong one is not remembered.
func (v *verifiedSets) check(id verifiedID, verify func() bool) bool {
	v.mu.Lock()
	one := v.pending[id]
	switch {
	case v.known[id]:
		v.mu.Unlock()
		return true
	case one != nil:
		v.mu.Unlock()
		<-one.done
		return one.ok
	}
	one = &verification{done: make(chan struct{})}
	v.pending[id] = one
	v.mu.Unlock()
	defer v.end(id, one) // also after a panic, as others wait
	one.ok = verify()
	return one.ok
}

func (v *verifiedSets) end(id verifiedID, one *verification) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.pending, id)
	if one.ok {
		if len(v.known) >= maxVerified {
			clear(v.known)
		}
		v.known[id] = true
	}
	close(one.done)
}

// knowsAlgorithm reports whether signatures of an algorithm can be checked, and count. Zones
// that have no other are insecure (RFC 4035 §5.2).
func (c *Client) knowsAlgorithm(algorithm uint8) bool {
	isSHA1 := algorithm == dns.RSASHA1 || algorithm == dns.RSASHA1NSEC3SHA1
	return isKnownAlgorithm(algorithm) && !(isSHA1 && c.options.NoSHA1)
}

func isKnownAlgorithm(algorithm uint8) bool {
	switch algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512, dns.ECDSAP256SHA256, dns.ECDSAP384SHA384, dns.ED25519:
		return true
	}
	return false
}

// isZoneKey reports whether a key may sign a zone: RFC 4034 §2.1.1, RFC 5011 §2.1 for
// those revoked. A key too large costs too much.
func isZoneKey(k *dns.DNSKEY) bool {
	return k.Flags&dns.ZONE != 0 && k.Flags&dns.REVOKE == 0 && k.Protocol == 3 && len(k.PublicKey) <= maxKeyText
}

// isDigestOf reports whether a DS is that of a key (RFC 4034 §5.1.4).
func isDigestOf(ds *dns.DS, k *dns.DNSKEY) bool {
	made := k.ToDS(ds.DigestType)
	return made != nil && ds.Algorithm == k.Algorithm && strings.EqualFold(made.Digest, ds.Digest)
}

// knowsDigest reports whether a DS can be compared (RFC 8624 §3.3).
func knowsDigest(t uint8) bool { return t == dns.SHA1 || t == dns.SHA256 || t == dns.SHA384 }
