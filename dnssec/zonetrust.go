package dnssec

import (
	"context"
	"fmt"
)

// isUnsignedFile reports whether a zone is known from a file that is to be signed before
// it is published, or not at all.
func (c *Client) isUnsignedFile(apex string) bool {
	z := c.fileAt(apex)
	return z != nil && !z.signed
}

// assume makes a zone secure that has a DS and no signatures yet.
func (z *zone) assume() *zone {
	z.assumed = true
	return z.fails(Secure, fmt.Sprintf("the file of %s has no signatures, and the zone above has a DS: the zone must be signed before it is published", show(z.name)))
}

// missingInFile is the verdict where a proof is missing for a name of a zone file. If the
// zone above shows that the file has to have it the zone is going to be bogus.
func (c *Client) missingInFile(ctx context.Context, q question, v verdict) verdict {
	z := c.zoneOf(ctx, q.name)
	if z.status == Secure || z.absent && c.fileAt(z.name) != nil {
		return bogus(v.why)
	}
	return verdict{why: v.why}
}

// belowAssumed finds whether a zone begins at a name of an unsigned file, of which
// nothing can be validated.
func (c *Client) belowAssumed(ctx context.Context, parent *zone, name string) *zone {
	file := c.fileAt(parent.name)
	if file == nil || !file.cuts[name] {
		return parent
	}
	z := &zone{name: name, expires: parent.expires, ttl: parent.ttl}
	rrs := file.nodes[name].sets[TypeDS]
	if len(rrs) == 0 {
		return z.fails(Insecure, fmt.Sprintf("the file of %s delegates %s without DS", show(parent.name), show(name)))
	}
	return c.newJudge(ctx).enter(parent, z, &rrset{name: name, kind: TypeDS, rrs: rrs})
}

// SignatureFault is what is wrong with the signature of a set in a zone file.
type SignatureFault struct {
	// Line is that of the set's first record.
	Line int
	// Text says what is wrong, with the key tag and dates.
	Text string
}

// The bounds of CheckSignatures.
const (
	maxFileSignatures = 20_000
	maxSignatureFault = 100
)

// CheckSignatures checks the signatures of a zone file with the keys in it, whatever the
// zone above has: each set of records is signed, but for delegations and what is below
// them (RFC 4035 §2.2). It returns the first faults in the order of the file, and how
// many sets are right. Of a file without signatures there is nothing to check.
func (c *Client) CheckSignatures(ctx context.Context, file *ZoneFile) (faults []SignatureFault, good int) {
	c.once.Do(c.prepare)
	if !file.signed {
		return nil, 0
	}
	keys := &rrset{name: file.Apex, kind: TypeDNSKEY, rrs: file.nodes[file.Apex].sets[TypeDNSKEY]}
	z := &zone{name: file.Apex, keys: keysByTag(keys.keys())}
	if len(z.keys) == 0 {
		return []SignatureFault{{Line: file.Records[0].Line, Text: "the file has signatures and no key (DNSKEY)"}}, 0
	}
	seen := map[setKey]bool{}
	for _, r := range file.Records {
		key := setKey{r.Name, r.Type}
		if seen[key] || !file.signs(key) {
			continue
		}
		seen[key] = true
		if len(seen) > maxFileSignatures || len(faults) == maxSignatureFault || ctx.Err() != nil {
			break
		}
		n := file.nodes[r.Name]
		set := setsOf(append(n.sets[r.Type][:len(n.sets[r.Type]):len(n.sets[r.Type])], n.sigs[r.Type]...))[key]
		if _, why := c.newJudge(ctx).verify(set, z); why != "" {
			faults = append(faults, SignatureFault{r.Line, why})
			continue
		}
		good++
	}
	return faults, good
}

// signs reports whether a zone signs a set: what is its own, and of a delegation the DS
// and the denial.
func (z *ZoneFile) signs(key setKey) bool {
	if key.kind == TypeRRSIG || !within(key.name, z.Apex) {
		return false
	}
	cut := z.cutAbove(key.name)
	return cut == "" || cut == key.name && (key.kind == TypeDS || key.kind == TypeNSEC)
}
