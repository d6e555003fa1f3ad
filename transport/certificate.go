package transport

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Fault is one thing wrong with a certificate or with the TLS it came by.
type Fault struct {
	// Name is a word that does not change: expired, not-yet-valid, wrong-name,
	// unknown-issuer, self-signed, bad-chain, wrong-usage, weak-key,
	// weak-signature, old-version, weak-cipher.
	Name string
	// Text says it with the particulars; Hint says what to do.
	Text, Hint string
}

// JudgeChain names every fault of the certificates a server showed, its own
// first, for a server that must be called name. nil roots are the system's.
func JudgeChain(chain []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) []Fault {
	if len(chain) == 0 {
		return []Fault{{"bad-chain", "the server showed no certificate", "configure a certificate"}}
	}
	leaf := chain[0]
	faults := judgeDates(leaf, now)
	faults = append(faults, judgeName(leaf, name)...)
	faults = append(faults, judgeIssuer(chain, roots, now)...)
	return append(faults, judgeStrength(chain)...)
}

const day = "2 Jan 2006"

func judgeDates(leaf *x509.Certificate, now time.Time) []Fault {
	switch {
	case now.After(leaf.NotAfter):
		return []Fault{{"expired", "the certificate expired on " + leaf.NotAfter.UTC().Format(day), "renew it and reload the server"}}
	case now.Before(leaf.NotBefore):
		return []Fault{{"not-yet-valid", "the certificate is not valid before " + leaf.NotBefore.UTC().Format(day), "check the clocks of both machines"}}
	}
	return nil
}

func judgeName(leaf *x509.Certificate, name string) []Fault {
	if leaf.VerifyHostname(name) == nil {
		return nil
	}
	text := fmt.Sprintf("the certificate is not for %s but for %s", name, strings.Join(names(leaf), ", "))
	if len(names(leaf)) == 0 {
		text = fmt.Sprintf("the certificate has no name in it that could be %s (RFC 6125 §6.4)", name)
	}
	return []Fault{{"wrong-name", text, "use a name the certificate is for, tell it with --server-name, or get a certificate for this name"}}
}

// names returns the names and addresses that a certificate is for.
func names(c *x509.Certificate) []string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

// judgeIssuer verifies the chain at a time when the server's own certificate is
// valid, so that its dates do not hide other faults.
func judgeIssuer(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) []Fault {
	leaf := chain[0]
	at := now
	switch {
	case at.After(leaf.NotAfter):
		at = leaf.NotAfter
	case at.Before(leaf.NotBefore):
		at = leaf.NotBefore
	}
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, CurrentTime: at})
	if err == nil {
		return nil
	}
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired {
		return judgeIssuerDates(invalid.Cert, now)
	}
	return []Fault{explainVerify(err, chain)}
}

// judgeIssuerDates judges an issuer whose dates broke the chain. One that is
// valid now is no fault: it is younger than the certificate that expired.
func judgeIssuerDates(issuer *x509.Certificate, now time.Time) []Fault {
	const hint = "configure the issuer's new certificate"
	switch {
	case now.After(issuer.NotAfter):
		return []Fault{{"bad-chain", fmt.Sprintf("the certificate of issuer %q expired on %s", issuer.Subject, issuer.NotAfter.UTC().Format(day)), hint}}
	case now.Before(issuer.NotBefore):
		return []Fault{{"bad-chain", fmt.Sprintf("the certificate of issuer %q is not valid before %s", issuer.Subject, issuer.NotBefore.UTC().Format(day)), hint}}
	}
	return nil
}

func explainVerify(err error, chain []*x509.Certificate) Fault {
	leaf := chain[0]
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown) && isSelfSigned(leaf):
		return Fault{"self-signed", "the certificate is self-signed", "get one from an authority, or trust this one with --ca-file"}
	case errors.As(err, &unknown):
		hint := "trust the authority with --ca-file"
		if len(chain) == 1 {
			hint = "the server sent no intermediate certificate: configure the full chain; or " + hint
		}
		return Fault{"unknown-issuer", fmt.Sprintf("the certificate's issuer %q is not trusted", leaf.Issuer), hint}
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return Fault{"wrong-usage", "the certificate is not for servers (extended key usage)", "get a certificate with server authentication"}
	}
	return Fault{"bad-chain", strings.TrimPrefix(err.Error(), "x509: "), "check the chain that the server sends"}
}

func isSelfSigned(c *x509.Certificate) bool {
	return c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// The key sizes below which a key can be broken (NIST SP 800-57), in bits.
const (
	minRSA   = 2048
	minCurve = 224
)

func judgeStrength(chain []*x509.Certificate) []Fault {
	var faults []Fault
	for _, c := range chain {
		if kind, bits := keyOf(c); kind == "RSA" && bits < minRSA || kind == "ECDSA" && bits < minCurve {
			faults = append(faults, Fault{"weak-key", fmt.Sprintf("the key of %q is weak: %s with %d bits", c.Subject, kind, bits), "make a new key: ECDSA P-256 or RSA with 2048 bits"})
		}
		switch c.SignatureAlgorithm {
		case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
			faults = append(faults, Fault{"weak-signature", fmt.Sprintf("the signature on %q is weak: %s", c.Subject, c.SignatureAlgorithm), "get a certificate signed with SHA-256"})
		}
	}
	return faults
}

// keyOf names the sort of a certificate's key and its size in bits.
func keyOf(c *x509.Certificate) (kind string, bits int) {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", key.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 8 * len(key)
	}
	return c.PublicKeyAlgorithm.String(), 0
}
