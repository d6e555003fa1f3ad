package dnssec

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha1" // of algorithms 5 and 7
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"math/big"

	"github.com/miekg/dns"
)

// publicKey is a key of a zone, read once for all the signatures that are checked by it.
type publicKey struct {
	*dns.DNSKEY
	// verifies reports whether a signature is of data; nil for a key that is none of
	// its algorithm.
	verifies func(data, sig []byte) bool
}

func newPublicKey(k *dns.DNSKEY) *publicKey {
	p := &publicKey{DNSKEY: k}
	raw, err := base64.StdEncoding.DecodeString(k.PublicKey)
	if err != nil {
		return p
	}
	switch k.Algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1:
		p.verifies = rsaVerifier(raw, crypto.SHA1, 512)
	case dns.RSASHA256:
		p.verifies = rsaVerifier(raw, crypto.SHA256, 512) // RFC 5702 §2.1
	case dns.RSASHA512:
		p.verifies = rsaVerifier(raw, crypto.SHA512, 1024) // RFC 5702 §2.2
	case dns.ECDSAP256SHA256:
		p.verifies = ecdsaVerifier(raw, elliptic.P256(), crypto.SHA256)
	case dns.ECDSAP384SHA384:
		p.verifies = ecdsaVerifier(raw, elliptic.P384(), crypto.SHA384)
	case dns.ED25519:
		p.verifies = ed25519Verifier(raw)
	}
	return p
}

func digest(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

// ecdsaVerifier reads the point of a key, and signatures of two numbers (RFC 6605 §4).
func ecdsaVerifier(raw []byte, curve elliptic.Curve, hash crypto.Hash) func(data, sig []byte) bool {
	key, err := ecdsa.ParseUncompressedPublicKey(curve, append([]byte{4}, raw...))
	if err != nil {
		return nil
	}
	return func(data, sig []byte) bool {
		if len(sig) != len(raw) {
			return false
		}
		half := len(sig) / 2
		r, s := new(big.Int).SetBytes(sig[:half]), new(big.Int).SetBytes(sig[half:])
		return ecdsa.Verify(key, digest(hash, data), r, s)
	}
}

// ed25519Verifier reads a key of RFC 8080 §3.
func ed25519Verifier(raw []byte) func(data, sig []byte) bool {
	if len(raw) != ed25519.PublicKeySize {
		return nil
	}
	return func(data, sig []byte) bool { return ed25519.Verify(raw, data, sig) }
}

const (
	maxModulus = 4096 // bits, RFC 3110 §2
	// maxExponent is in bits, each of which makes checking dearer: OpenSSL's limit, while
	// RFC 3110 has none.
	maxExponent = 64
	goModulus   = 1024 // bits at least that crypto/rsa takes
	goExponent  = 31
)

// rsaVerifier reads a key of RFC 3110 §2 with a modulus of at least so many bits.
func rsaVerifier(raw []byte, hash crypto.Hash, least int) func(data, sig []byte) bool {
	e, n := rsaNumbers(raw)
	if e == nil || n.BitLen() < least || n.BitLen() > maxModulus || e.BitLen() < 2 || e.BitLen() > maxExponent || e.Bit(0) == 0 || n.Bit(0) == 0 {
		return nil
	}
	if n.BitLen() >= goModulus && e.BitLen() <= goExponent {
		key := &rsa.PublicKey{N: n, E: int(e.Int64())}
		return func(data, sig []byte) bool { return rsa.VerifyPKCS1v15(key, hash, digest(hash, data), sig) == nil }
	}
	return func(data, sig []byte) bool { return oddRSA(n, e, hash, digest(hash, data), sig) }
}

// rsaNumbers returns the exponent and the modulus; nothing if the key is cut short.
func rsaNumbers(raw []byte) (e, n *big.Int) {
	if len(raw) < 3 {
		return nil, nil
	}
	size, raw := int(raw[0]), raw[1:]
	if size == 0 {
		size, raw = int(raw[0])<<8|int(raw[1]), raw[2:]
	}
	if size == 0 || size >= len(raw) {
		return nil, nil
	}
	return new(big.Int).SetBytes(raw[:size]), new(big.Int).SetBytes(raw[size:])
}

// digestInfo is what is before a digest in a signature (RFC 8017 §9.2).
var digestInfo = map[crypto.Hash][]byte{
	crypto.SHA1:   {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14},
	crypto.SHA256: {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20},
	crypto.SHA512: {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40},
}

// oddRSA checks a signature of RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2) by a key that
// crypto/rsa does not take: DNSSEC allows 512 bits and exponents of more than 31. All is
// public, so it need not take the same time for all.
func oddRSA(n, e *big.Int, hash crypto.Hash, sum, sig []byte) bool {
	size := (n.BitLen() + 7) / 8
	s := new(big.Int).SetBytes(sig)
	info := digestInfo[hash]
	fill := size - 3 - len(info) - len(sum)
	if len(sig) != size || s.Cmp(n) >= 0 || fill < 8 {
		return false
	}
	want := bytes.Join([][]byte{{0, 1}, bytes.Repeat([]byte{0xff}, fill), {0}, info, sum}, nil)
	return bytes.Equal(new(big.Int).Exp(s, e, n).FillBytes(make([]byte, size)), want)
}
