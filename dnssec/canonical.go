package dnssec

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/miekg/dns"
)

// maxSigned is how many bytes a signature can be of: those of a message whose names were
// compressed.
const maxSigned = 4 * maxMessage

// signedData returns what a signature is of (RFC 4034 §3.1.8.1): its own fields, and the
// records in canonical form and order (RFC 4034 §6). Owners are in lower case already.
func signedData(sig *dns.RRSIG, rrs []dns.RR) ([]byte, bool) {
	owner, ok := signedOwner(sig, rrs[0].Header().Name)
	if !ok {
		return nil, false
	}
	data, ok := sigFields(sig)
	if !ok {
		return nil, false
	}
	wires, size := make([][]byte, 0, len(rrs)), len(data)
	for _, rr := range rrs {
		wire, ok := canonicalWire(rr, owner, sig.OrigTtl)
		if size += len(wire); !ok || size > maxSigned {
			return nil, false
		}
		wires = append(wires, wire)
	}
	data = slices.Grow(data, size-len(data))
	slices.SortFunc(wires, func(a, b []byte) int { return compareData(a, b, len(owner)+10) })
	for i, wire := range wires {
		if i == 0 || !bytes.Equal(wire, wires[i-1]) { // RFC 4034 §6.3
			data = append(data, wire...)
		}
	}
	return data, true
}

// compareData orders records of one set, by their data alone, which has its length before it.
func compareData(a, b []byte, from int) int { return bytes.Compare(a[from:], b[from:]) }

// signedOwner is the owner that the signer had, on the wire: that of the wildcard if the name
// was made from one.
func signedOwner(sig *dns.RRSIG, name string) ([]byte, bool) {
	if n := dns.CountLabel(name); int(sig.Labels) < n && int(sig.Labels) < labels(name) {
		name = wildcard(suffix(name, int(sig.Labels)))
	}
	return packName(name)
}

func packName(name string) ([]byte, bool) {
	buf := make([]byte, len(name)+1) // escapes only make it shorter
	n, err := dns.PackDomainName(name, buf, 0, nil, false)
	return buf[:n:n], err == nil
}

// sigFields are those of a signature without the signature itself.
func sigFields(sig *dns.RRSIG) ([]byte, bool) {
	signer, ok := packName(sig.SignerName)
	if !ok {
		return nil, false
	}
	data := make([]byte, 0, 18+len(signer))
	data = binary.BigEndian.AppendUint16(data, sig.TypeCovered)
	data = append(data, sig.Algorithm, sig.Labels)
	data = binary.BigEndian.AppendUint32(data, sig.OrigTtl)
	data = binary.BigEndian.AppendUint32(data, sig.Expiration)
	data = binary.BigEndian.AppendUint32(data, sig.Inception)
	data = binary.BigEndian.AppendUint16(data, sig.KeyTag)
	return append(data, signer...), true
}

// canonicalWire is a record with another owner and TTL, and with the names in its data
// in lower case.
func canonicalWire(rr dns.RR, owner []byte, ttl uint32) ([]byte, bool) {
	rr = lowerData(rr)
	own, ok := packName(rr.Header().Name)
	if !ok {
		return nil, false
	}
	buf := make([]byte, dns.Len(rr)+1)
	end, err := dns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return nil, false
	}
	wire := append(owner[:len(owner):len(owner)], buf[len(own):end]...)
	binary.BigEndian.PutUint32(wire[len(owner)+4:], ttl)
	return wire, true
}

// lowerData returns a record with the names in its data in lower case, for the types that
// want it (RFC 4034 §6.2, RFC 6840 §5.1): a copy, as published names are shown as they are.
func lowerData(rr dns.RR) dns.RR {
	if !hasLowerNames(rr.Header().Rrtype) {
		return rr
	}
	rr = dns.Copy(rr)
	for _, name := range namesIn(rr) {
		*name = canonical(*name)
	}
	return rr
}

func hasLowerNames(kind uint16) bool {
	switch kind {
	case dns.TypeNS, dns.TypeMD, dns.TypeMF, dns.TypeCNAME, dns.TypeSOA, dns.TypeMB, dns.TypeMG, dns.TypeMR, dns.TypePTR,
		dns.TypeMINFO, dns.TypeMX, dns.TypeRP, dns.TypeAFSDB, dns.TypeRT, dns.TypeSIG, dns.TypePX, dns.TypeNAPTR,
		dns.TypeKX, dns.TypeSRV, dns.TypeDNAME:
		return true
	}
	return false
}

// namesIn are the names in the data of a record.
func namesIn(rr dns.RR) []*string {
	switch x := rr.(type) {
	case *dns.NS:
		return []*string{&x.Ns}
	case *dns.CNAME:
		return []*string{&x.Target}
	case *dns.SOA:
		return []*string{&x.Ns, &x.Mbox}
	case *dns.PTR:
		return []*string{&x.Ptr}
	case *dns.MX:
		return []*string{&x.Mx}
	case *dns.SRV:
		return []*string{&x.Target}
	case *dns.DNAME:
		return []*string{&x.Target}
	case *dns.NAPTR:
		return []*string{&x.Replacement}
	}
	return rareNames(rr)
}

// rareNames are those of the types that mail has no use for.
func rareNames(rr dns.RR) []*string {
	switch x := rr.(type) {
	case *dns.MD:
		return []*string{&x.Md}
	case *dns.MF:
		return []*string{&x.Mf}
	case *dns.MB:
		return []*string{&x.Mb}
	case *dns.MG:
		return []*string{&x.Mg}
	case *dns.MR:
		return []*string{&x.Mr}
	case *dns.MINFO:
		return []*string{&x.Rmail, &x.Email}
	case *dns.RP:
		return []*string{&x.Mbox, &x.Txt}
	case *dns.AFSDB:
		return []*string{&x.Hostname}
	case *dns.RT:
		return []*string{&x.Host}
	case *dns.SIG:
		return []*string{&x.SignerName}
	case *dns.PX:
		return []*string{&x.Map822, &x.Mapx400}
	case *dns.KX:
		return []*string{&x.Exchanger}
	}
	return nil
}
