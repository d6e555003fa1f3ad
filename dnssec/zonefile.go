package dnssec

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// The bounds of a zone file.
const (
	// MaxZoneFile is how many bytes a zone file may have.
	MaxZoneFile = 8 << 20
	// MaxZoneRecords is how many records it may have, those of $GENERATE included.
	MaxZoneRecords = 100_000
)

// ZoneFile is a zone as its file has it (RFC 1035 §5). With Client.AddZone look-ups see
// it as it will be once it is published. It does not change and may be used by many.
type ZoneFile struct {
	// Name is the file's, as given to ParseZone.
	Name string
	// Apex is the name of the zone, in lower case and absolute: that of its SOA, or the
	// origin if there is none.
	Apex string
	// Records are all records, in the order of the file.
	Records []ZoneRecord

	owners map[string][]int // the indexes of a name's records
	nodes  map[string]*node // names in the zone, empty non-terminals included
	cuts   map[string]bool  // where the file delegates to others
	signed bool
	proofs func() *proofs
}

// ZoneRecord is a record of a zone file, with its place.
type ZoneRecord struct {
	Record
	// Line is where the record begins in the file, from 1 on.
	Line int
	// Comment is the comment behind it, without the semicolon. Glued is set where the
	// semicolon touches what is before it, as where a text with semicolons is not quoted.
	Comment string
	Glued   bool
	// LongestString is how many bytes the longest word or string of the record has. A
	// string of more than 255 (RFC 1035 §3.3) stands split in Data, as some servers do
	// and others refuse.
	LongestString int

	rr dns.RR
}

// node is a name of the zone.
type node struct {
	sets map[Type][]dns.RR
	sigs map[Type][]dns.RR
}

// ErrNoOrigin is the error of a file with names that are relative, while no origin is
// known.
var ErrNoOrigin = errors.New("the names in the file are relative, and no origin is known")

// ErrZoneLimit is in the error of a file that servers may load and that is not read here: one
// that is too large, or that has other files in it.
var ErrZoneLimit = errors.New("not read here")

// ParseZone reads a zone file: records of class IN, $ORIGIN, $TTL and $GENERATE, with
// parentheses, quotes, comments and escapes. $INCLUDE is refused. Origin is what names
// are relative to up to the first $ORIGIN; if it is empty such names are ErrNoOrigin.
// Name is for errors, which begin with it and the line. Records of names outside of the
// zone are among the Records, and are not looked up.
//
// The records are not judged: a zone with a CNAME beside other records can be read.
func ParseZone(r io.Reader, origin, name string) (*ZoneFile, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxZoneFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxZoneFile {
		return nil, &zoneError{name: name, text: fmt.Sprintf("the file has more than %d MiB", MaxZoneFile>>20), kind: ErrZoneLimit}
	}
	z := &ZoneFile{Name: name}
	if origin != "" {
		if _, ok := dns.IsDomainName(origin); !ok {
			return nil, fmt.Errorf("%q is not a domain name", origin)
		}
		origin = canonical(origin)
	}
	if err := z.read(string(data), origin); err != nil {
		var at *zoneError
		if errors.As(err, &at) {
			at.name = name
		}
		return nil, err
	}
	z.proofs = sync.OnceValue(z.findProofs)
	return z, z.index(origin)
}

// read parses the records.
func (z *ZoneFile) read(text, origin string) error {
	entries, plain, err := scanZone(text)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.directive {
		case "", "$TTL", "$ORIGIN", "$GENERATE":
		case "$INCLUDE":
			return &zoneError{line: e.line, text: "$INCLUDE is not followed; put the zone together first, such as with named-compilezone", kind: ErrZoneLimit}
		default:
			return &zoneError{line: e.line, text: fmt.Sprintf("the directive %q is not known", e.directive)}
		}
	}
	in, buf := &lineReader{text: plain}, make([]byte, maxMessage)
	p := dns.NewZoneParser(in, origin, "")
	p.SetDefaultTTL(unsetTTL)
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		e := in.entry(entries)
		if err := checkRecord(rr, buf); err != nil {
			return &zoneError{line: e.line, text: err.Error()}
		}
		if len(z.Records) == MaxZoneRecords {
			return &zoneError{line: e.line, text: fmt.Sprintf("the file has more than %d records", MaxZoneRecords), kind: ErrZoneLimit}
		}
		z.Records = append(z.Records, ZoneRecord{Line: e.line, Comment: e.comment, Glued: e.glued, LongestString: e.longest, rr: rr})
	}
	if err := p.Err(); err != nil {
		return parseError(err, origin, in.entry(entries).line)
	}
	z.setTTLs()
	return nil
}

// unsetTTL marks records without TTL, in a file that has not said any before.
const unsetTTL = 1<<32 - 1

// setTTLs gives records without TTL that of negative answers, as BIND does, and fills in
// what they are for others.
func (z *ZoneFile) setTTLs() {
	var ttl uint32 = 3600
	for _, r := range z.Records {
		if soa, ok := r.rr.(*dns.SOA); ok {
			ttl = soa.Minttl
			break
		}
	}
	for i := range z.Records {
		r := &z.Records[i]
		h := r.rr.Header()
		if h.Ttl == unsetTTL {
			h.Ttl = ttl
		}
		h.Name = canonical(h.Name)
		if sig, ok := r.rr.(*dns.RRSIG); ok {
			sig.SignerName = canonical(sig.SignerName)
		}
		r.Record = recordOf(r.rr, longTTL)
	}
}

// longTTL is the longest that a TTL can be (RFC 2181 §8).
const longTTL = (1<<31 - 1) * 1e9

// checkRecord refuses what the parser takes and no zone can have: another class, a type
// that is for questions alone, and data that is missing or that cannot be encoded.
func checkRecord(rr dns.RR, buf []byte) error {
	h := rr.Header()
	switch {
	case h.Class != dns.ClassINET:
		return fmt.Errorf("the record is of class %s, not IN", dns.Class(h.Class))
	case !Type(h.Rrtype).isQuestion() && h.Rrtype != dns.TypeRRSIG:
		return fmt.Errorf("no zone can have records of type %s", Type(h.Rrtype))
	}
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return fmt.Errorf("the record of type %s is not valid: %s", Type(h.Rrtype), strings.TrimPrefix(err.Error(), "dns: "))
	}
	name, err := dns.PackDomainName(h.Name, buf, 0, nil, false)
	_, unknown := rr.(*dns.RFC3597)
	if err == nil && end == name+10 && !unknown && h.Rrtype != dns.TypeAPL && h.Rrtype != dns.TypeNULL {
		return fmt.Errorf("the record of type %s has no data", Type(h.Rrtype))
	}
	return nil
}

// where is the end of the parser's errors.
var where = pattern(` at line: (\d+):\d+$`)

// parseError rewords an error of the parser.
func parseError(err error, origin string, line int) error {
	text := strings.TrimPrefix(err.Error(), "dns: ")
	text = where().ReplaceAllString(text, "")
	if origin == "" && isOriginError(text) {
		return ErrNoOrigin
	}
	return &zoneError{line: line, text: "not a record: " + text}
}

// isOriginError reports whether an error may be that of a relative name.
func isOriginError(text string) bool {
	return strings.HasPrefix(text, "bad ")
}

// lineReader hands the file to the parser byte by byte, so that it is known how far that
// has read.
type lineReader struct {
	text []byte
	at   int
	last int // index of the entry that was current last
}

// ReadByte implements io.ByteReader.
func (r *lineReader) ReadByte() (byte, error) {
	if r.at >= len(r.text) {
		return 0, io.EOF
	}
	r.at++
	return r.text[r.at-1], nil
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// entry returns the entry that the byte read last is of.
func (r *lineReader) entry(all []entry) entry {
	for r.last < len(all)-1 && all[r.last+1].begin < r.at {
		r.last++
	}
	if len(all) == 0 {
		return entry{line: 1}
	}
	return all[r.last]
}

// index finds the apex and sorts the records by name.
func (z *ZoneFile) index(origin string) error {
	z.Apex = origin
	for _, r := range z.Records {
		if r.Type == TypeSOA {
			z.Apex = r.Name
			break
		}
	}
	if z.Apex == "" {
		return ErrNoOrigin
	}
	z.owners = map[string][]int{}
	for i, r := range z.Records {
		z.owners[r.Name] = append(z.owners[r.Name], i)
	}
	z.nodes, z.cuts = map[string]*node{z.Apex: newNode()}, map[string]bool{}
	for i := range z.Records {
		r := &z.Records[i]
		if !within(r.Name, z.Apex) {
			continue
		}
		z.add(r)
		z.cuts[r.Name] = z.cuts[r.Name] || r.Type == TypeNS && r.Name != z.Apex
	}
	return nil
}

// add adds a record to its node; the same one again is left out (RFC 2181 §5).
func (z *ZoneFile) add(r *ZoneRecord) {
	for name := r.Name; z.nodes[name] == nil; name = parentOf(name) {
		z.nodes[name] = newNode()
	}
	n := z.nodes[r.Name]
	if sig, ok := r.rr.(*dns.RRSIG); ok {
		z.signed = true
		n.sigs[Type(sig.TypeCovered)] = append(n.sigs[Type(sig.TypeCovered)], sig)
		return
	}
	same := func(o dns.RR) bool { return dns.IsDuplicate(o, r.rr) }
	if len(n.sets[r.Type]) < maxCompared && slices.ContainsFunc(n.sets[r.Type], same) {
		return
	}
	n.sets[r.Type] = append(n.sets[r.Type], r.rr)
}

// maxCompared is up to which size sets are searched for duplicates.
const maxCompared = 256

func newNode() *node { return &node{sets: map[Type][]dns.RR{}, sigs: map[Type][]dns.RR{}} }

// Signed reports whether the file has signatures.
func (z *ZoneFile) Signed() bool { return z.signed }

// Contains reports whether a name is in the zone: at its apex or below, and not
// delegated to others by the file. The name need not exist.
func (z *ZoneFile) Contains(name string) bool {
	name = canonical(name)
	return within(name, z.Apex) && z.cutAbove(name) == ""
}

// Delegated returns the name at or above one at which the file delegates to others,
// or nothing.
func (z *ZoneFile) Delegated(name string) string { return z.cutAbove(canonical(name)) }

// cutAbove returns the highest cut that a name is at or below, or nothing.
func (z *ZoneFile) cutAbove(name string) string {
	top := ""
	for ; name != z.Apex && within(name, z.Apex); name = parentOf(name) {
		if z.cuts[name] {
			top = name
		}
	}
	return top
}

// Find returns the records of a name and type, with their places, whether they are in the
// zone or not. Type 0 stands for all.
func (z *ZoneFile) Find(name string, kind Type) []ZoneRecord {
	var found []ZoneRecord
	for _, i := range z.owners[canonical(name)] {
		if kind == 0 || z.Records[i].Type == kind {
			found = append(found, z.Records[i])
		}
	}
	return found
}

// String returns the file's name and the zone's.
func (z *ZoneFile) String() string {
	return fmt.Sprintf("%s (%s)", cmp.Or(z.Name, "zone file"), show(z.Apex))
}

// Exists reports whether a name that the zone contains exists, by a wildcard, a DNAME or
// names below it too.
func (z *ZoneFile) Exists(name string) bool {
	name = canonical(name)
	if !z.Contains(name) {
		return false
	}
	a := &zoneAnswer{z: z, kind: TypeNS, Msg: new(dns.Msg)}
	return a.find(name) != "" || a.Rcode == dns.RcodeSuccess
}
