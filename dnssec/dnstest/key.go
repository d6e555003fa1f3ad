package dnstest

import (
	"cmp"
	"crypto"
	"encoding/base64"
	"strings"

	"github.com/miekg/dns"
)

// key is one of a zone, with what signs by it.
type key struct {
	Key
	*dns.DNSKEY
	signer crypto.Signer // nil for algorithms that are not made
}

// makeKeys makes those that the zone lists, or the one it has.
func (z *zone) makeKeys() error {
	list := z.Keys
	if len(list) == 0 {
		list = []Key{{Algorithm: z.Algorithm}}
	}
	for _, one := range list {
		k, err := z.makeKey(one)
		if err != nil {
			return errorf(&z.Zone, "%w", err)
		}
		z.keys = append(z.keys, k)
	}
	return nil
}

func (z *zone) makeKey(one Key) (*key, error) {
	flags := cmp.Or(one.Flags, dns.ZONE|dns.SEP)
	if z.Fault.has(NoZoneKey) {
		flags &^= dns.ZONE
	}
	if z.Fault.has(Revoked) {
		flags |= dns.REVOKE
	}
	k := &key{Key: one, DNSKEY: &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: z.apex, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: defaultTTL},
		Flags: flags, Protocol: cmp.Or(one.Protocol, 3), Algorithm: cmp.Or(uint8(one.Algorithm), dns.ECDSAP256SHA256),
	}}
	for {
		if err := k.generate(); err != nil {
			return nil, err
		}
		if k.signer == nil || k.KeyTag() != 0 { // with which the library does not sign
			return k, nil
		}
	}
}

func (k *key) generate() (err error) {
	switch a := k.DNSKEY.Algorithm; {
	case a == uint8(UnknownAlgorithm), a == uint8(Ed448):
		k.PublicKey = base64.StdEncoding.EncodeToString(make([]byte, 57))
		return nil
	case k.Bits > 0 || k.Exponent > 0:
		k.signer, k.PublicKey, err = newRSA(cmp.Or(k.Bits, 2048), cmp.Or(k.Exponent, 65537))
		return err
	}
	made, err := k.Generate(bits(k.DNSKEY.Algorithm))
	if err == nil {
		k.signer = made.(crypto.Signer)
	}
	return err
}

func bits(algorithm uint8) int {
	switch algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512:
		return 2048
	case dns.ECDSAP384SHA384:
		return 384
	}
	return 256
}

// dsRecords are what the zone above has of this one.
func (z *zone) dsRecords() []dns.RR {
	if !z.signed() || z.Fault.has(NoDS) {
		return nil
	}
	var all []dns.RR
	for _, k := range z.keys {
		if k.DS != WithoutDS {
			all = append(all, z.dsOf(k)...)
		}
	}
	return all
}

// dsOf are the DS of one key.
func (z *zone) dsOf(k *key) []dns.RR {
	digests := map[Digest][]uint8{SHA256: {dns.SHA256}, SHA1: {dns.SHA1}, SHA384: {dns.SHA384}, SHA1First: {dns.SHA1, dns.SHA256}, WrongSHA256: {dns.SHA256, dns.SHA1}, UnknownDigest: {dns.SHA256}}
	var all []dns.RR
	for i, digest := range digests[z.Digest] {
		ds := k.ToDS(digest)
		if z.Fault.has(WrongDS) || k.DS == WrongDigest || i == 0 && len(digests[z.Digest]) > 1 {
			ds.Digest = altered(ds.Digest)
		}
		if z.Digest == UnknownDigest {
			ds.DigestType = 200
		}
		switch k.DS {
		case WrongTag:
			ds.KeyTag++
		case WrongAlgorithm:
			ds.Algorithm = dns.RSASHA512
		}
		all = append(all, ds)
	}
	return all
}

// fill computes the signature of a set.
func (k *key) fill(sig *dns.RRSIG, set []dns.RR) {
	if k.signer == nil {
		sig.TypeCovered, sig.OrigTtl = set[0].Header().Rrtype, set[0].Header().Ttl
		sig.Labels = uint8(dns.CountLabel(strings.TrimPrefix(set[0].Header().Name, "*.")))
		sig.Signature = base64.StdEncoding.EncodeToString(make([]byte, 64))
		return
	}
	if err := sig.Sign(k.signer, set); err != nil {
		panic(err) // of a set and a key that this package made
	}
}
