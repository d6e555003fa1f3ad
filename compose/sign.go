package compose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"mailprobe/probe"
)

// signer signs for a domain (RFC 6376).
type signer struct {
	domain, selector string
	key              crypto.Signer
}

// maxKeyFile bounds the file of a key, in bytes.
const maxKeyFile = 64 << 10

// minRSA is the length in bits that a key must have (RFC 8301 §3.2).
const minRSA = 1024

// prepareSigners reads the keys.
func (d *Draft) prepareSigners(o *probe.Options) error {
	for _, spec := range d.Sign {
		s, name, err := parseSigner(spec)
		if err == nil {
			s.key, err = readKey(name)
		}
		if err != nil {
			return probe.OptionErrorf("%s: %w", probe.OptionName("dkim-sign"), err)
		}
		d.signers = append(d.signers, s)
	}
	return nil
}

// parseSigner reads DOMAIN:SELECTOR:KEYFILE.
func parseSigner(spec string) (s signer, keyFile string, err error) {
	parts := strings.SplitN(spec, ":", 3)
	if len(parts) < 3 || !isName(parts[0]) || !isName(parts[1]) || parts[2] == "" {
		return s, "", fmt.Errorf("%q is not DOMAIN:SELECTOR:KEYFILE such as example.org:mail2026:dkim.pem", spec)
	}
	return signer{domain: parts[0], selector: parts[1]}, parts[2], nil
}

// isName reports whether a text can be a domain or a selector (RFC 6376 §3.1).
func isName(text string) bool {
	label := func(s string) bool {
		return s != "" && len(s) <= 63 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
	}
	for part := range strings.SplitSeq(text, ".") {
		if !label(part) {
			return false
		}
	}
	return len(text) < 254
}

// readKey reads a private key from a PEM file.
func readKey(name string) (crypto.Signer, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, probe.NoFile(name, err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return key, nil
}

// parseKey finds a private key in PEM (RFC 7468): RSA as PKCS #1, or RSA or Ed25519 as
// PKCS #8. Nothing of it is in the error.
func parseKey(text []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "RSA PRIVATE KEY":
			if block.Headers["DEK-Info"] != "" {
				return nil, errEncrypted
			}
			key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("the RSA key is damaged")
			}
			return usable(key)
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("the private key is damaged, or of an unknown algorithm")
			}
			return usable(key)
		case "ENCRYPTED PRIVATE KEY":
			return nil, errEncrypted
		case "EC PRIVATE KEY":
			return nil, errECDSA
		}
	}
	return nil, errors.New("there is no private key in it; it must have a PEM block \"PRIVATE KEY\" or \"RSA PRIVATE KEY\"")
}

var (
	errEncrypted = errors.New("the key is encrypted, and mailprobe asks for no passphrase; decrypt it with openssl pkey")
	errECDSA     = errors.New("the key is for ECDSA, and DKIM has signatures by RSA and Ed25519 alone (RFC 8463)")
)

// usable returns a key that DKIM can sign with.
func usable(key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSA {
			return nil, fmt.Errorf("an RSA key of %d bits is too short, no receiver accepts less than %d (RFC 8301 §3.2)", bits, minRSA)
		}
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	case *ecdsa.PrivateKey:
		return nil, errECDSA
	}
	return nil, errors.New("the key is neither for RSA nor for Ed25519")
}

// signedFields are those that a signature covers where the message has them (RFC 6376
// §5.4.1).
var signedFields = []string{"From", "Subject", "Date", "To", "Cc", "Reply-To", "Message-ID", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

// sign signs the message, each signature over the message without the others.
func (m *Message) sign(signers []signer) error {
	if len(signers) == 0 {
		return nil
	}
	var all []*dkim.Signer
	head := &header{w: io.Discard}
	head.edit = func(text []byte) ([]byte, error) {
		writers := make([]io.Writer, len(signers))
		for i, s := range signers {
			one, err := dkim.NewSigner(s.options(text))
			if err != nil {
				return nil, err
			}
			all, writers[i] = append(all, one), one
		}
		head.w = io.MultiWriter(writers...)
		return text, nil
	}
	err := errors.Join(m.write(head), head.end())
	for _, one := range all {
		err = errors.Join(err, one.Close())
	}
	if err != nil {
		return err
	}
	for _, one := range all {
		m.top += one.Signature()
	}
	return nil
}

// options returns how to sign a message with a header. From is signed once more than it is
// there, so that no other can be added (RFC 6376 §8.15).
func (s *signer) options(head []byte) *dkim.SignOptions {
	keys := []string{"From"}
	for _, each := range splitFields(head) {
		for _, known := range signedFields {
			if strings.EqualFold(fieldName(each), known) {
				keys = append(keys, known)
			}
		}
	}
	return &dkim.SignOptions{
		Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderKeys: keys,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	}
}
