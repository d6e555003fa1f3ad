package dnstest

import (
	"fmt"
	"time"
)

// World is what Start makes.
type World struct {
	Zones []Zone
	// Rules are exceptions of the resolver for names; the first that fits counts.
	Rules []Rule
	// Now is when the zones are signed; zero for the present.
	Now time.Time

	// Validates: names in zones whose fault makes them bogus are answered with SERVFAIL,
	// unless the question has CD.
	Validates bool
	// IgnoresCD: and then even if it has.
	IgnoresCD bool
	// Strips: the resolver passes no DNSSEC on, and clears CD and DO in its answers, as
	// pdns-recursor does with dnssec=off.
	Strips bool
	// OwnRootKeys: the keys of the root come without signature, as from systemd-resolved.
	OwnRootKeys bool
	// Shouts: answers have the names in upper case, even in the question.
	Shouts bool
	// Delay is how long each answer takes.
	Delay time.Duration

	// Listen is the address and port to answer at; empty for a free port of the loopback.
	Listen string
}

// Zone is a zone and what is wrong with it.
type Zone struct {
	// Name is the apex; "." for the root.
	Name string
	// Records are lines of a zone file, relative to Name, with a TTL of an hour unless
	// they say another. SOA and NS are added if they are missing.
	Records string
	// Algorithm of the key, and Digest of the DS.
	Algorithm Algorithm
	Digest    Digest
	// Keys are the zone's keys where it has several, or odd ones; none for one key of
	// Algorithm that signs all.
	Keys []Key
	// NSEC3 denies by hashes; nil for NSEC.
	NSEC3 *NSEC3
	// Valid is how long the signatures hold from now on; 0 for two weeks, less than
	// that for signatures that ended so long ago.
	Valid time.Duration
	Fault Fault
}

// Key is one of a zone's keys.
type Key struct {
	Algorithm Algorithm
	// Bits of an RSA key, 0 for 2048, and its public exponent, 0 for 65537. Small keys
	// and large exponents are made too, which validators may refuse.
	Bits     int
	Exponent uint64
	// Flags are those of the DNSKEY, 0 for 257: a key of the zone, to be entered by.
	// Protocol is 3, unless another is given.
	Flags    uint16
	Protocol uint8
	Signs    Signs
	DS       DS
	// Unpublished keys are not in the zone, as those that are to come.
	Unpublished bool
}

// Signs is what a key signs.
type Signs uint8

// A key signs all there is, unless another is said.
const (
	All Signs = iota
	KeysOnly
	DataOnly
	Nothing
	// Damaged: it signs all, and no signature is right.
	Damaged
)

// DS is what the zone above has of a key.
type DS uint8

// A key has a right DS, unless another is said.
const (
	RightDS DS = iota
	WithoutDS
	WrongTag       // of a right digest
	WrongAlgorithm // as well
	WrongDigest
)

// Algorithm is that of a zone's key (RFC 8624 §3.1).
type Algorithm uint8

// ECDSA P-256 is the zero value, as the quickest to sign.
const (
	ECDSA     Algorithm = 0
	Unsigned  Algorithm = 255
	RSASHA1   Algorithm = 5
	RSASHA256 Algorithm = 8
	RSASHA512 Algorithm = 10
	ECDSA384  Algorithm = 14
	Ed25519   Algorithm = 15
	// Ed448 is listed, not made: signatures by it are noise.
	Ed448 Algorithm = 16
	// UnknownAlgorithm is one that nobody has: the zone counts as unsigned.
	UnknownAlgorithm Algorithm = 200
)

// Digest is that of a DS (RFC 8624 §3.3).
type Digest uint8

// SHA-256 is the zero value.
const (
	SHA256 Digest = iota
	SHA1
	SHA384
	// SHA1First has a wrong digest by SHA-1 beside a right one by SHA-256: the wrong
	// one does not count (RFC 4509 §3).
	SHA1First
	// WrongSHA256 has it the other way round: bogus, as the right one does not count.
	WrongSHA256
	// UnknownDigest is one that nobody has: the zone counts as unsigned.
	UnknownDigest
)

// NSEC3 are the parameters of hashed denial (RFC 5155 §4).
type NSEC3 struct {
	Iterations uint16
	Salt       string // hexadecimal
	OptOut     bool
}

// Fault is what is wrong with a zone. Faults can be combined.
type Fault uint32

// The faults. Those that a validator takes for bogus come first.
const (
	Expired        Fault = 1 << iota // the signatures ended three days ago
	NotYetValid                      // the signatures begin in three days
	ExpiredData                      // as Expired, but those of the keys are good
	WrongDS                          // the DS in the zone above is that of another key
	WrongSignature                   // the signatures do not match the records
	NoSignatures                     // the records have none
	NoKeySignature                   // the keys have none
	NoDenial                         // there are no NSEC or NSEC3 records
	PartDenial                       // of which one is missing where there are several
	WrongDenial                      // the NSEC records are of another name
	Revoked                          // the only key is revoked (RFC 5011)
	NoZoneKey                        // the only key has no zone bit (RFC 4034 §2.1.1)
	ManyLabels                       // the signatures are for names with a label more
	SignerAbove                      // the signatures are in the name of the zone above
	SignerBelow                      // the signatures are in the name of one below
	SignerBeside                     // the signatures are in the name of one beside
	ChildDS                          // the DS is signed by the zone itself

	NoDS // signed, while the zone above has no DS: insecure
	Lame // no server of it answers: SERVFAIL

	bogusFaults = ChildDS<<1 - 1
)

// Rule is how the resolver answers for some names. What it does not say is as usual.
type Rule struct {
	// Name, and with Below all names under it as well; Type "" for every type.
	Name  string
	Below bool
	Type  string
	// WithoutCD is for questions without CD alone.
	WithoutCD bool

	// Rcode to answer with, such as "SERVFAIL" or "REFUSED", and extended error.
	Rcode string
	EDE   uint16
	Text  string
	// Records are answered instead, without signatures and with AA, as a resolver with
	// a zone of its own does (split horizon).
	Records string
	// Strip leaves the signatures out, NoProof all that is not in the answer section.
	Strip, NoProof bool
	// Truncate sets TC by UDP, and gives a part; Cut cuts the message inside a record.
	Truncate, Cut bool
	// Oversize sends all by UDP, however little the query allows.
	Oversize bool
	// Drop is silence; DropUDP by UDP alone; DropFirst only the first time.
	Drop, DropUDP, DropFirst bool
	// Stray sends a packet before the answer which is none: with another identifier,
	// question or no response at all.
	Stray bool
	// Damage alters the signatures.
	Damage bool
	Delay  time.Duration
}

// Query is a question that came in.
type Query struct {
	Name, Type string
	CD, TCP    bool
}

// String returns it as name, type and flags.
func (q Query) String() string {
	s := q.Name + " " + q.Type
	if !q.CD {
		s += " CD=0"
	}
	if q.TCP {
		s += " TCP"
	}
	return s
}

func (f Fault) has(o Fault) bool { return f&o != 0 }

// isBogus reports whether validators take the zone for bogus.
func (z *zone) isBogus() bool {
	return z.signed() && (z.Fault.has(bogusFaults) || z.Digest == WrongSHA256)
}

func errorf(z *Zone, format string, args ...any) error {
	return fmt.Errorf("zone %s: %w", z.Name, fmt.Errorf(format, args...))
}
