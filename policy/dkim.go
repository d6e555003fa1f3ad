package policy

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
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
	for _, name := range twice {
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

// minDKIMBits is the shortest RSA key that verifiers accept (RFC 8301 §3.2).
const minDKIMBits = 1024

// key reads p=.
func (k *DKIMKey) key(tags []tag) {
	text, ok := get(tags, "p")
	if !ok {
		k.invalid("there is no p=, which holds the key")
		return
	}
	text = strings.Join(strings.Fields(text), "")
	if text == "" {
		k.Revoked = true
		return
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		k.invalid("p= is not base64: %v", err)
		return
	}
	switch k.Algorithm {
	case "rsa":
		k.rsa(raw)
	case "ed25519":
		if k.Bits = 8 * len(raw); len(raw) != ed25519.PublicKeySize {
			k.invalid("an Ed25519 key has %d bytes, not %d", ed25519.PublicKeySize, len(raw))
		}
	default:
		k.invalid("k=%s is neither rsa nor ed25519", k.Algorithm)
	}
}

// rsa reads an RSA key, a SubjectPublicKeyInfo or, as some publish it, a bare RSAPublicKey.
func (k *DKIMKey) rsa(raw []byte) {
	key, err := x509.ParsePKCS1PublicKey(raw)
	if parsed, infoErr := x509.ParsePKIXPublicKey(raw); infoErr == nil {
		var ok bool
		if key, ok = parsed.(*rsa.PublicKey); !ok {
			k.invalid("p= is not an RSA key")
			return
		}
	} else if err != nil {
		k.invalid("p= is not an RSA key: it may be cut short")
		return
	}
	if k.Bits = key.N.BitLen(); k.Bits < minDKIMBits {
		k.invalid("the key has %d bits; verifiers take none below %d", k.Bits, minDKIMBits)
	}
}
