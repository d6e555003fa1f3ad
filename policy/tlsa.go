package policy

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"time"
)

// TLSA is a TLSA record (RFC 6698 §2.1).
type TLSA struct {
	// Usage says which certificate is meant: 2 an authority of the chain (DANE-TA), 3
	// the server's own (DANE-EE); SMTP does not use 0 and 1 (RFC 7672 §3.1.3).
	Usage uint8
	// Selector says what of it: 0 the certificate, 1 its public key.
	Selector uint8
	// Matching says how: 0 in full, 1 its SHA-256, 2 its SHA-512.
	Matching uint8
	// Data is what it must be.
	Data []byte
}

// String is the record as it stands in a zone.
func (t TLSA) String() string {
	return fmt.Sprintf("%d %d %d %s", t.Usage, t.Selector, t.Matching, hex.EncodeToString(t.Data))
}

// Usable reports whether SMTP can use the record; reason says why not (RFC 7672 §3.1).
func (t TLSA) Usable() (ok bool, reason string) {
	switch {
	case t.Usage != 2 && t.Usage != 3:
		return false, fmt.Sprintf("usage %d is not used for SMTP, which uses 2 and 3", t.Usage)
	case t.Selector > 1:
		return false, fmt.Sprintf("selector %d is unknown", t.Selector)
	case t.Matching == 1 && len(t.Data) != sha256.Size, t.Matching == 2 && len(t.Data) != sha512.Size:
		return false, fmt.Sprintf("%d bytes are not a digest of matching type %d", len(t.Data), t.Matching)
	case t.Matching > 2:
		return false, fmt.Sprintf("matching type %d is unknown", t.Matching)
	case len(t.Data) == 0:
		return false, "it has no data"
	}
	return true, ""
}

// Matches reports whether the record is of a certificate, whatever its usage.
func (t TLSA) Matches(c *x509.Certificate) bool {
	data := c.Raw
	if t.Selector == 1 {
		data = c.RawSubjectPublicKeyInfo
	}
	switch t.Matching {
	case 1:
		sum := sha256.Sum256(data)
		data = sum[:]
	case 2:
		sum := sha512.Sum512(data)
		data = sum[:]
	}
	return bytes.Equal(data, t.Data)
}

// Verify reports whether a chain, the server's own certificate first, is that of the
// record, for a server that may be called by one of names. The record of the server's
// own certificate asks for nothing else: neither names nor dates count (RFC 7672 §3.1.1).
// That of an authority asks for a valid chain to it and one of the names (§3.1.2).
func (t TLSA) Verify(chain []*x509.Certificate, names []string, now time.Time) error {
	if ok, reason := t.Usable(); !ok {
		return fmt.Errorf("%s", reason)
	}
	if len(chain) == 0 {
		return fmt.Errorf("the server sent no certificate")
	}
	if t.Usage == 3 {
		if !t.Matches(chain[0]) {
			return fmt.Errorf("the server's certificate is another one")
		}
		return nil
	}
	return t.verifyAuthority(chain, names, now)
}

func (t TLSA) verifyAuthority(chain []*x509.Certificate, names []string, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	found := false
	for _, c := range chain {
		if t.Matches(c) {
			roots.AddCert(c)
			found = true
		}
		between.AddCert(c)
	}
	if t.Matching == 0 && t.Selector == 0 { // the record holds the authority itself
		if c, err := x509.ParseCertificate(t.Data); err == nil {
			roots.AddCert(c)
			found = true
		}
	}
	if !found {
		return fmt.Errorf("the server sent no certificate of that authority")
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if err != nil {
		return err
	}
	for _, name := range names {
		if err = chain[0].VerifyHostname(name); err == nil {
			return nil
		}
	}
	return err
}

// TLSAFor returns the record to publish for a server's certificate: its public key by
// SHA-256, which a renewal with the same key leaves valid (RFC 7671 §5.1).
func TLSAFor(c *x509.Certificate) TLSA {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return TLSA{Usage: 3, Selector: 1, Matching: 1, Data: sum[:]}
}
