package dnssec

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Record is one resource record.
type Record struct {
	// Name is the owner, in lower case and absolute.
	Name string
	Type Type
	TTL  time.Duration
	// Text is the data in presentation format, with everything that is not printable
	// ASCII escaped (RFC 1035 §5.1).
	Text string
	// Data is a netip.Addr for A and AAAA, a Host for NS, CNAME, DNAME and PTR, an MX,
	// TXT, TLSA, CAA, SRV, SOA or DS for these, and nil for other types.
	Data any
}

// String returns the record as a line of a zone.
func (r Record) String() string {
	return fmt.Sprintf("%s %d IN %s %s", r.Name, int64(r.TTL/time.Second), r.Type, r.Text)
}

// Host is a name that a record points to, as published, absolute.
type Host string

// MX is a mail exchanger (RFC 1035 §3.3.9). The null MX has the host "." (RFC 7505).
type MX struct {
	Preference uint16
	Host       string
}

// TXT is a text (RFC 1035 §3.3.14): its strings with the bytes they have on the wire.
type TXT []string

// Join returns the strings as one, without anything between (RFC 7208 §3.3).
func (t TXT) Join() string {
	all := ""
	for _, s := range t {
		all += s
	}
	return all
}

// TLSA binds a certificate or a key to a service (RFC 6698 §2.1).
type TLSA struct {
	Usage, Selector, Matching uint8
	Data                      []byte
}

// CAA names who may issue certificates (RFC 8659 §4).
type CAA struct {
	Critical   bool
	Tag, Value string
}

// SRV is the place of a service (RFC 2782).
type SRV struct {
	Priority, Weight, Port uint16
	Host                   string
}

// SOA is the start of a zone (RFC 1035 §3.3.13).
type SOA struct {
	Server, Mailbox                         string
	Serial, Refresh, Retry, Expire, Minimum uint32
}

// DS is the digest of a key in the parent zone (RFC 4034 §5.1).
type DS struct {
	KeyTag                uint16
	Algorithm, DigestType uint8
	Digest                []byte
}

// All returns the data of records that is of one type, in order:
//
//	for _, mx := range dnssec.All[dnssec.MX](answer.Records) { ... }
func All[T any](records []Record) []T {
	var all []T
	for _, r := range records {
		if data, ok := r.Data.(T); ok {
			all = append(all, data)
		}
	}
	return all
}

func recordsOf(rrs []dns.RR, ttl time.Duration) []Record {
	records := make([]Record, 0, len(rrs))
	for _, rr := range rrs {
		records = append(records, recordOf(rr, ttl))
	}
	return records
}

func recordOf(rr dns.RR, ttl time.Duration) Record {
	h := rr.Header()
	return Record{
		Name: canonical(h.Name),
		Type: Type(h.Rrtype),
		TTL:  min(ttl, time.Duration(h.Ttl)*time.Second),
		Text: textOfData(rr),
		Data: dataOf(rr),
	}
}

// textOfData returns the data in presentation format; that of an unknown type as RFC 3597
// §5 has it.
func textOfData(rr dns.RR) string {
	if unknown, ok := rr.(*dns.RFC3597); ok {
		return strings.TrimSpace(fmt.Sprintf(`\# %d %s`, len(unknown.Rdata)/2, unknown.Rdata))
	}
	return rr.String()[len(rr.Header().String()):]
}

func dataOf(rr dns.RR) any {
	switch rr := rr.(type) {
	case *dns.A:
		return addrOf(rr.A.To4())
	case *dns.AAAA:
		return addrOf(rr.AAAA)
	case *dns.NS:
		return Host(rr.Ns)
	case *dns.CNAME:
		return Host(rr.Target)
	case *dns.DNAME:
		return Host(rr.Target)
	case *dns.PTR:
		return Host(rr.Ptr)
	case *dns.MX:
		return MX{rr.Preference, rr.Mx}
	case *dns.TXT:
		return textOf(rr.Txt)
	case *dns.TLSA:
		data, _ := hex.DecodeString(rr.Certificate)
		return TLSA{rr.Usage, rr.Selector, rr.MatchingType, data}
	case *dns.CAA:
		return CAA{rr.Flag&128 != 0, unescape(rr.Tag), rr.Value} // the value comes as it is
	case *dns.SRV:
		return SRV{rr.Priority, rr.Weight, rr.Port, rr.Target}
	case *dns.SOA:
		return SOA{rr.Ns, rr.Mbox, rr.Serial, rr.Refresh, rr.Retry, rr.Expire, rr.Minttl}
	case *dns.DS:
		digest, _ := hex.DecodeString(rr.Digest)
		return DS{rr.KeyTag, rr.Algorithm, rr.DigestType, digest}
	}
	return nil
}

func addrOf(ip net.IP) any {
	if addr, ok := netip.AddrFromSlice(ip); ok {
		return addr
	}
	return nil // a record without data
}

func textOf(escaped []string) TXT {
	text := make(TXT, len(escaped))
	for i, s := range escaped {
		text[i] = unescape(s)
	}
	return text
}

// unescape undoes the escapes of presentation format: \DDD is a byte, and \X is X
// (RFC 1035 §5.1).
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			i++
			c = s[i]
			if i+2 < len(s) && isDigit(c) && isDigit(s[i+1]) && isDigit(s[i+2]) {
				c = (c-'0')*100 + (s[i+1]-'0')*10 + s[i+2] - '0'
				i += 2
			}
		}
		b = append(b, c)
	}
	return string(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
