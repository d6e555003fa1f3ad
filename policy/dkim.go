package policy

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// DKIMKey is the record of a DKIM selector (RFC 6376 §3.6.1, RFC 8463).
type DKIMKey struct {
	// Text is the record as it stands in DNS.
	Text string
	// Algorithm is rsa or ed25519.
	Algorithm string
	// Bits is the length of the key.
	Bits int
	// Revoked is set where p= is empty.
	Revoked bool
	// Testing is t=y.
	Testing bool
	// Hashes and Services are h= and s=; nil where any may be used.
	Hashes, Services []string
	// Invalid are the reasons why no signature can be verified with the key.
	Invalid []error
	// Odd are faults that verifiers may overlook.
	Odd []error
}

// ParseDKIMKey reads the record of a selector.
func ParseDKIMKey(text string) *DKIMKey {
	k := &DKIMKey{Text: text, Algorithm: "rsa"}
	tags, odd, twice := parseTags(text)
	k.Odd = odd
	for _, name := range slices.Compact(twice) {
		k.invalid("the tag %s stands twice", name)
	}
	k.version(tags)
	if v, ok := get(tags, "k"); ok {
		k.Algorithm = strings.ToLower(v)
	}
	k.Hashes, k.Services = list(tags, "h"), list(tags, "s")
	k.Testing = slices.Contains(list(tags, "t"), "y")
	if k.Hashes != nil && !slices.Contains(k.Hashes, "sha256") {
		k.invalid("h=%s permits no sha256, and sha1 is verified by nobody (RFC 8301)", strings.Join(k.Hashes, ":"))
	}
	if k.Services != nil && !slices.Contains(k.Services, "*") && !slices.Contains(k.Services, "email") {
		k.invalid("s=%s does not permit email", strings.Join(k.Services, ":"))
	}
	k.key(tags)
	return k
}

func (k *DKIMKey) invalid(format string, args ...any) {
	k.Invalid = append(k.Invalid, fmt.Errorf(format, args...))
}

// version checks v=, which is DKIM1 and first where it is there.
func (k *DKIMKey) version(tags []tag) {
	switch v, ok := get(tags, "v"); {
	case ok && v != "DKIM1":
		k.invalid("v=%s is not DKIM1", v)
	case ok && tags[0].name != "v":
		k.Odd = append(k.Odd, errors.New("v=DKIM1 is not the first tag"))
	}
}

// list is a value with colons in it, nil where the tag is absent.
func list(tags []tag, name string) (all []string) {
	value, ok := get(tags, name)
	if !ok {
		return nil
	}
	for _, each := range strings.Split(value, ":") {
		all = append(all, strings.ToLower(strings.Trim(each, " \t\r\n")))
	}
	return all
}

// key reads p=.
func (k *DKIMKey) key(tags []tag) {
	text, ok := get(tags, "p")
	if !ok {
		k.invalid("there is no p=, which holds the key")
		return
	}
	raw, err := k.decode(text)
	switch {
	case err != nil:
		k.invalid("p= is not base64: it may be cut short or have a sign in it that does not belong there")
	case len(raw) == 0:
		k.Revoked = true
	case k.Algorithm == "rsa":
		k.rsa(raw)
	case k.Algorithm == "ed25519":
		k.ed25519(raw)
	default:
		k.invalid("k=%s is neither rsa nor ed25519", k.Algorithm)
	}
}

// decode reads base64 with white space in it. The signs at its end may be missing (RFC
// 6376 §2.10), which not every verifier takes.
func (k *DKIMKey) decode(text string) ([]byte, error) {
	text = strings.Map(func(c rune) rune {
		if strings.ContainsRune(" \t\r\n", c) {
			return -1
		}
		return c
	}, text)
	raw, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		return raw, nil
	}
	if raw, err = base64.RawStdEncoding.DecodeString(text); err == nil {
		k.Odd = append(k.Odd, errors.New("p= lacks the = signs at its end, which some verifiers want"))
	}
	return raw, err
}

// ed25519 reads an Ed25519 key, which is bare (RFC 8463 §4).
func (k *DKIMKey) ed25519(raw []byte) {
	if k.Bits = 8 * len(raw); len(raw) == ed25519.PublicKeySize {
		return
	}
	k.Bits = 0
	if parsed, err := x509.ParsePKIXPublicKey(raw); err == nil {
		if key, ok := parsed.(ed25519.PublicKey); ok {
			k.invalid("p= is a SubjectPublicKeyInfo; of an Ed25519 key only the last %d bytes belong there", len(key))
			return
		}
	}
	k.invalid("an Ed25519 key has %d bytes, not %d", ed25519.PublicKeySize, len(raw))
}

// publicKeyInfo is a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
type publicKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Key       asn1.BitString
}

// rsaPublicKey is an RSAPublicKey (RFC 8017 §A.1.1).
type rsaPublicKey struct{ N, E *big.Int }

// idRSA is rsaEncryption.
var idRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}

// rsa reads an RSA key. RFC 6376 §3.6.1 wants an RSAPublicKey and shows a
// SubjectPublicKeyInfo (erratum 3017); signers publish either, and verifiers take both.
func (k *DKIMKey) rsa(raw []byte) {
	var info publicKeyInfo
	if rest, err := asn1.Unmarshal(raw, &info); err == nil {
		if !info.Algorithm.Algorithm.Equal(idRSA) {
			k.invalid("p= is a key of another algorithm than RSA")
			return
		}
		raw = info.Key.RightAlign()
		k.trailing(rest)
	}
	var key rsaPublicKey
	rest, err := asn1.Unmarshal(raw, &key)
	if err != nil {
		k.invalid("p= is not an RSA key: it may be cut short")
		return
	}
	k.trailing(rest)
	k.judgeRSA(key)
}

// trailing notes bytes behind the key.
func (k *DKIMKey) trailing(rest []byte) {
	if len(rest) > 0 {
		k.Odd = append(k.Odd, fmt.Errorf("p= has %d bytes behind the key, which some verifiers refuse", len(rest)))
	}
}

// The lengths of RSA keys: the shortest that verifiers accept (RFC 8301 §3.2), and the
// longest that OpenSSL verifies with.
const (
	minDKIMBits = 1024
	maxDKIMBits = 16384
)

// judgeRSA judges the numbers of an RSA key as libraries do that verify with it.
func (k *DKIMKey) judgeRSA(key rsaPublicKey) {
	switch k.Bits = key.N.BitLen(); {
	case key.N.Sign() <= 0 || key.N.Bit(0) == 0:
		k.Bits = 0
		k.invalid("p= is not an RSA key: its modulus is not an odd number")
	case key.E.Cmp(big.NewInt(3)) < 0 || key.E.Bit(0) == 0:
		k.invalid("p= is not an RSA key that protects anything: its exponent is even or below 3")
	case k.Bits < minDKIMBits:
		k.invalid("the key has %d bits; verifiers take none below %d", k.Bits, minDKIMBits)
	case k.Bits > maxDKIMBits:
		k.invalid("the key has %d bits; verifiers take none above %d", k.Bits, maxDKIMBits)
	case key.E.BitLen() > 31:
		k.Odd = append(k.Odd, errors.New("the exponent of the key is above 2147483647, which some verifiers refuse"))
	}
}
