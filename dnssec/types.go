package dnssec

import (
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Type is a record type (RFC 1035 §3.2.2), as numbered by IANA.
type Type uint16

// The record types that matter to mail, and those of DNSSEC itself.
const (
	TypeA      Type = 1
	TypeNS     Type = 2
	TypeCNAME  Type = 5
	TypeSOA    Type = 6
	TypePTR    Type = 12
	TypeMX     Type = 15
	TypeTXT    Type = 16
	TypeAAAA   Type = 28
	TypeSRV    Type = 33
	TypeDNAME  Type = 39
	TypeDS     Type = 43
	TypeRRSIG  Type = 46
	TypeNSEC   Type = 47
	TypeDNSKEY Type = 48
	TypeNSEC3  Type = 50
	TypeTLSA   Type = 52
	TypeCAA    Type = 257
)

// String returns the type's mnemonic, or TYPE and its number (RFC 3597 §5).
func (t Type) String() string { return dns.Type(t).String() }

// isQuestion reports whether a type can be looked up: it is neither a signature, which
// comes with what it signs, nor one of those that stand for no records of their own
// (RFC 6895 §3.1).
func (t Type) isQuestion() bool {
	return t != 0 && t != TypeRRSIG && t != Type(dns.TypeOPT) && (t < 128 || t > 255)
}

// Status is what validation says of an answer (RFC 4035 §4.3).
type Status uint8

// The zero value is Indeterminate: what was not validated is never secure.
const (
	// Indeterminate: a proof is needed that could not be had.
	Indeterminate Status = iota
	// Bogus: a signature, a DS or a denial contradicts the answer. Whoever validates
	// takes it as a failure.
	Bogus
	// Insecure: it is proven that the zone has no chain of trust.
	Insecure
	// Secure: a chain of signatures leads from a trust anchor to the answer, or to
	// the proof that there is none.
	Secure
)

// String returns the status as one lower-case word.
func (s Status) String() string {
	switch s {
	case Bogus:
		return "bogus"
	case Insecure:
		return "insecure"
	case Secure:
		return "secure"
	}
	return "indeterminate"
}

// weaker reports whether s makes more of a difference to a chain of aliases than o:
// the chain is as secure as its weakest link, and bogus if any link is.
func (s Status) weaker(o Status) bool { return s.rank() < o.rank() }

func (s Status) rank() int {
	switch s {
	case Bogus:
		return 0
	case Indeterminate:
		return 1
	case Insecure:
		return 2
	}
	return 3
}

// Rcode is the response code of an answer (RFC 1035 §4.1.1, RFC 6895 §2.3).
type Rcode int

// The codes that a resolver answers with.
const (
	NoError        Rcode = 0
	FormErr        Rcode = 1
	ServFail       Rcode = 2
	NXDomain       Rcode = 3
	NotImplemented Rcode = 4
	Refused        Rcode = 5
)

// String returns the code's mnemonic, such as NXDOMAIN.
func (r Rcode) String() string {
	if name, ok := dns.RcodeToString[int(r)]; ok {
		return name
	}
	return "RCODE" + strconv.Itoa(int(r))
}

// canonical returns a name as the package keeps it: in lower case and absolute.
func canonical(name string) string { return dns.CanonicalName(name) }

// parentOf returns the name without its first label; of the root the root.
func parentOf(name string) string {
	next, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[next:]
}

// suffix returns the last n labels of a name.
func suffix(name string, n int) string {
	if n <= 0 {
		return "."
	}
	at, _ := dns.PrevLabel(name, n)
	return name[at:]
}

// within reports whether a name is another or below it. Both are canonical.
func within(name, above string) bool { return dns.IsSubDomain(above, name) }

// show returns a name as people write it, without the last dot.
func show(name string) string {
	if name == "." {
		return "the root"
	}
	return strings.TrimSuffix(name, ".")
}
