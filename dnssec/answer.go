package dnssec

import (
	"fmt"
	"strings"
	"time"
)

// Answer is what a look-up found, and how far it can be relied on.
type Answer struct {
	// Name and Type are the question; the name is in lower case and ends in a dot.
	Name string
	Type Type
	// Records are those of the type asked for, in the order they came in. They stand
	// at Canonical, which differs from Name if that is an alias.
	Records   []Record
	Canonical string
	// Aliases are the CNAME and DNAME records followed, in order.
	Aliases []Record
	// AliasLoop: the aliases lead in a circle, or on and on.
	AliasLoop bool

	// Status is the validator's finding, that of the weakest link of the aliases. Why
	// is it in English, with the zone, the key tag and the dates it stands on.
	Status Status
	Why    string
	// Assumed is set where Status is Secure although nothing is signed yet: the answer is
	// from a zone file without signatures, while the zone above has a DS. See AddZone.
	Assumed bool
	// Denial is what proves that there are no records.
	Denial Denial
	// Zone is the zone that signed, which is that of the records or of the denial;
	// empty where nothing is signed.
	Zone string

	// Rcode is the resolver's response code, and EDE its reasons (RFC 8914). They are
	// hints of the resolver, not findings. FormErr also stands for an answer with records
	// of other names alone.
	Rcode Rcode
	EDE   []ExtendedError
	// Server is the resolver that answered, as address and port, or the name of the file
	// that did.
	Server string

	// TTL is the least of the records' (RFC 4035 §5.3.3), of a denial that of its SOA.
	TTL time.Duration
	// Expires is when the first signature of the chain of trust expires, from the
	// anchor's to the records'; zero where nothing is signed. Validators take the
	// answer for bogus from then on, unless it is signed anew.
	Expires time.Time
	// ExpiresFirst is that signature, such as "DS of example.org by key 20326 of org".
	ExpiresFirst string
}

// Denial says why an answer has no records.
type Denial uint8

const (
	// Denied by nothing: there are records, or there is no usable answer.
	NotDenied Denial = iota
	// NoName: the name does not exist, and nothing exists below it (NXDOMAIN, RFC 8020).
	NoName
	// NoData: the name exists, or a wildcard stands for it, without such a record.
	NoData
)

// String returns the denial as a phrase.
func (d Denial) String() string {
	switch d {
	case NoName:
		return "no such name"
	case NoData:
		return "no such record"
	}
	return "not denied"
}

// ExtendedError is a resolver's reason (RFC 8914).
type ExtendedError struct {
	Code uint16
	Text string // as the resolver wrote it: not to be trusted, often empty
}

// String returns the code's meaning, and the resolver's own text quoted behind it.
func (e ExtendedError) String() string {
	meaning, ok := edeMeaning[e.Code]
	if !ok {
		meaning = fmt.Sprintf("extended error %d", e.Code)
	}
	if e.Text == "" {
		return meaning
	}
	return fmt.Sprintf("%s (%q)", meaning, e.Text)
}

// edeMeaning is the registry of RFC 8914 §5.2 and what was added to it.
var edeMeaning = map[uint16]string{
	0: "other error", 1: "unsupported DNSKEY algorithm", 2: "unsupported DS digest type", 3: "stale answer",
	4: "forged answer", 5: "DNSSEC indeterminate", 6: "DNSSEC bogus", 7: "signature expired",
	8: "signature not yet valid", 9: "DNSKEY missing", 10: "RRSIGs missing", 11: "no zone key bit set",
	12: "NSEC missing", 13: "cached error", 14: "not ready", 15: "blocked", 16: "censored", 17: "filtered",
	18: "prohibited", 19: "stale NXDOMAIN answer", 20: "not authoritative", 21: "not supported",
	22: "no reachable authority", 23: "network error", 24: "invalid data", 25: "signature expired before valid",
	26: "too early", 27: "unsupported NSEC3 iterations value", 28: "unable to conform to policy",
	29: "synthesized", 30: "invalid query type",
}

// reasons joins the resolver's reasons, each once.
func reasons(all []ExtendedError) string {
	var texts []string
	seen := map[ExtendedError]bool{}
	for _, e := range all {
		if !seen[e] {
			texts = append(texts, e.String())
		}
		seen[e] = true
	}
	return strings.Join(texts, "; ")
}

// Found reports whether there are records.
func (a Answer) Found() bool { return len(a.Records) > 0 }

// Failed reports whether the answer says nothing of the name: the resolver gave neither
// records nor a denial, what it gave is bogus, or the aliases lead nowhere. Such a
// failure is never "no record".
func (a Answer) Failed() bool {
	return a.Status == Bogus || a.AliasLoop || a.Rcode != NoError && a.Rcode != NXDomain
}

// IsCircle reports of aliases that lead nowhere whether they come back to a name that they
// have passed; otherwise there are more of them than are followed.
func (a Answer) IsCircle() bool { return a.AliasLoop && len(a.Aliases) <= maxAliases }

// Lines returns the records in presentation format, sorted as they came.
func (a Answer) Lines() []string {
	lines := make([]string, len(a.Records))
	for i, r := range a.Records {
		lines[i] = r.Text
	}
	return lines
}
