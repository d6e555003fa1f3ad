package transport

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// Fault is one fault of a certificate, or of the TLS session it came with.
type Fault struct {
	// Name is a fixed word: expired, not-yet-valid, wrong-name, without-san,
	// unknown-issuer, self-signed, no-ca-certificates, bad-chain, wrong-usage, weak-key,
	// weak-signature, unverifiable, malformed, revoked, bad-staple, staple-missing, old-version, weak-cipher,
	// weak-tls-signature.
	Name string
	// Text describes the fault in detail.
	Text string
	// Cause is its cause, with the hint for this fault.
	Cause *probe.Cause
}

// JudgeChain returns every fault of a certificate chain, the leaf first, for a server
// called name. With nil roots the system's are used.
func JudgeChain(chain []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) []Fault {
	faults, _ := (*verified)(nil).judgeChain(chain, roots, name, now)
	return faults
}

// judgeChain is JudgeChain, and returns the paths to trust anchors as well where the leaf is
// good for the name now.
func (v *verified) judgeChain(chain []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) ([]Fault, [][]*x509.Certificate) {
	if len(chain) == 0 {
		return []Fault{{"bad-chain", "the server showed no certificate", CauseCertChain.Advise("configure a certificate")}}, nil
	}
	leaf := chain[0]
	faults := judgeDates(leaf, now)
	faults = append(faults, judgeName(leaf, name)...)
	good := len(faults) == 0
	paths, unverified := v.verify(chain, roots, now)
	faults = append(faults, unverified...)
	if len(paths) == 0 {
		return append(faults, judgeUnverified(leaf, unverified)...), nil
	}
	if roots == nil {
		blameClock(faults, leaf.NotBefore.Sub(now))
	}
	faults = append(faults, judgePaths(paths)...)
	if !good {
		paths = nil
	}
	return faults, paths
}

// issuedAhead is how far after its signature a public authority may set the start of a
// certificate's validity (CA/Browser Forum Baseline Requirements §7.1.2.7).
const issuedAhead = 48 * time.Hour

// blameClock attributes to this machine's clock that a certificate of a public authority
// is not valid yet.
func blameClock(faults []Fault, ahead time.Duration) {
	for i := range faults {
		if faults[i].Name == "not-yet-valid" && ahead > issuedAhead {
			faults[i].Text += ", so that the clock of this machine must be behind"
			faults[i].Cause = CauseClockBehind
		}
	}
}

const day = "2 Jan 2006"

func judgeDates(leaf *x509.Certificate, now time.Time) []Fault {
	switch {
	case now.After(leaf.NotAfter):
		return []Fault{{"expired", "the certificate expired on " + leaf.NotAfter.UTC().Format(day), CauseCertExpired}}
	case now.Before(leaf.NotBefore):
		return []Fault{{"not-yet-valid", "the certificate is not valid before " + leaf.NotBefore.UTC().Format(day), CauseCertNotYet}}
	}
	return nil
}

func judgeName(leaf *x509.Certificate, name string) []Fault {
	if leaf.VerifyHostname(name) == nil {
		return nil
	}
	all := names(leaf)
	switch cn := leaf.Subject.CommonName; {
	case len(all) > 0:
		return []Fault{{"wrong-name", fmt.Sprintf("the certificate is not for %s but for %s", name, strings.Join(all, ", ")), CauseCertWrongName}}
	case cn != "":
		return []Fault{{"without-san", fmt.Sprintf("the certificate has a name in its CN alone, %q, which no longer counts (RFC 9525 §2)", cn), CauseCertNoSAN}}
	}
	return []Fault{{"wrong-name", fmt.Sprintf("the certificate has no name in it that could be %s (RFC 6125 §6.4)", name), CauseCertWrongName}}
}

// names returns the names and addresses that a certificate is valid for.
func names(c *x509.Certificate) []string {
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

// verify returns the paths from a server's certificate to a trust anchor, at a time when
// the certificate is valid, so that its dates do not hide other faults.
func verify(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) ([][]*x509.Certificate, []Fault) {
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
	paths, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates, CurrentTime: at})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return paths, nil
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return nil, judgeIssuerDates(invalid.Cert, now)
	}
	return nil, []Fault{explainVerify(err, chain, roots)}
}

// judgeIssuerDates judges an issuer whose dates broke the chain. An issuer that is valid
// now is no fault: it is younger than the certificate that expired.
func judgeIssuerDates(issuer *x509.Certificate, now time.Time) []Fault {
	cause := CauseCertChain.Advise("configure the issuer's new certificate")
	switch {
	case now.After(issuer.NotAfter):
		return []Fault{{"bad-chain", fmt.Sprintf("the certificate of issuer %q expired on %s", issuer.Subject, issuer.NotAfter.UTC().Format(day)), cause}}
	case now.Before(issuer.NotBefore):
		return []Fault{{"bad-chain", fmt.Sprintf("the certificate of issuer %q is not valid before %s", issuer.Subject, issuer.NotBefore.UTC().Format(day)), cause}}
	}
	return nil
}

func explainVerify(err error, chain []*x509.Certificate, roots *x509.CertPool) Fault {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var system x509.SystemRootsError
	switch {
	case errors.As(err, &system), errors.As(err, &unknown) && roots == nil && machineTrustsNobody():
		return Fault{"no-ca-certificates", "this machine has no certificates of authorities, so that none can be verified", CauseNoAuthorities}
	case errors.As(err, &unknown):
		return explainUnknown(unknown.Cert, chain)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return Fault{"wrong-usage", "the certificate is not for servers (extended key usage)", CauseCertUsage}
	}
	return Fault{"bad-chain", strings.TrimPrefix(err.Error(), "x509: "), CauseCertChain}
}

// machineTrustsNobody reports whether the system has no trusted authorities, as in a
// container without the package ca-certificates.
func machineTrustsNobody() bool {
	pool, err := x509.SystemCertPool()
	return err != nil || pool.Equal(x509.NewCertPool())
}

// explainUnknown says why the path ends at a certificate. Its issuer may be known: then
// it is the signature that cannot be verified.
func explainUnknown(last *x509.Certificate, chain []*x509.Certificate) Fault {
	switch {
	case isSelfSigned(last) && last.Equal(chain[0]):
		return Fault{"self-signed", "the certificate is self-signed", CauseCertUntrusted.Advise("get one from an authority, or trust this one with --ca-file")}
	case isSelfSigned(last):
	case isWeak(last.SignatureAlgorithm):
		f := weakSignature(last)
		f.Text += fmt.Sprintf(", so that it does not prove the issuer %q", last.Issuer)
		return f
	case last.SignatureAlgorithm == x509.UnknownSignatureAlgorithm:
		return Fault{"unverifiable", fmt.Sprintf("Go cannot verify this signature, that of %q on %q", last.Issuer, last.Subject), CauseCertUnverifiable}
	}
	hint := "trust the authority with --ca-file"
	if len(chain) == 1 {
		hint = "the server sent no intermediate certificate: configure the full chain; or " + hint
	}
	return Fault{"unknown-issuer", fmt.Sprintf("the certificate's issuer %q is not trusted", last.Issuer), CauseCertUntrusted.Advise(hint)}
}

// isSelfSigned reports whether a certificate is its own issuer. If Go cannot verify the
// signature, the names decide.
func isSelfSigned(c *x509.Certificate) bool {
	err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	if isWeak(c.SignatureAlgorithm) || errors.Is(err, x509.ErrUnsupportedAlgorithm) {
		return bytes.Equal(c.RawSubject, c.RawIssuer)
	}
	return err == nil
}

// The key sizes below which a key can be broken (NIST SP 800-57), in bits.
const (
	minRSA   = 2048
	minCurve = 224
)

// judgePaths judges the strength of the best verified path. Certificates that are not on
// it do not count, nor does the trust anchor's signature on itself.
func judgePaths(paths [][]*x509.Certificate) (best []Fault) {
	for i, path := range paths {
		var faults []Fault
		for j, c := range path {
			faults = append(faults, judgeKey(c)...)
			if j < len(path)-1 {
				faults = append(faults, judgeForm(c)...)
			}
		}
		if i == 0 || len(faults) < len(best) {
			best = faults
		}
	}
	return best
}

// judgeUnverified judges a certificate without a path to a trust anchor. named are the
// faults that broke the path.
func judgeUnverified(leaf *x509.Certificate, named []Fault) []Fault {
	faults := judgeKey(leaf)
	if isSelfSigned(leaf) {
		return faults
	}
	for _, f := range judgeForm(leaf) {
		if !slices.ContainsFunc(named, func(n Fault) bool { return n.Name == f.Name }) {
			faults = append(faults, f)
		}
	}
	return faults
}

func judgeKey(c *x509.Certificate) []Fault {
	kind, bits := keyOf(c)
	if kind == "RSA" && bits < minRSA || kind == "ECDSA" && bits < minCurve {
		return []Fault{{"weak-key", fmt.Sprintf("the key of %q is weak: %s with %d bits", c.Subject, kind, bits), CauseCertWeak.Advise("make a new key: ECDSA P-256 or RSA with 2048 bits")}}
	}
	return nil
}

// judgeForm judges what the issuer of a certificate is responsible for.
func judgeForm(c *x509.Certificate) (faults []Fault) {
	if isWeak(c.SignatureAlgorithm) {
		faults = append(faults, weakSignature(c))
	}
	if c.SerialNumber.Sign() < 0 {
		faults = append(faults, Fault{"malformed", fmt.Sprintf("the serial number of %q is negative (RFC 5280 §4.1.2.2)", c.Subject), CauseCertMalformed})
	}
	return faults
}

func weakSignature(c *x509.Certificate) Fault {
	return Fault{"weak-signature", fmt.Sprintf("the signature on %q is weak: %s", c.Subject, c.SignatureAlgorithm), CauseCertWeak.Advise("get a certificate signed with SHA-256")}
}

func isWeak(algorithm x509.SignatureAlgorithm) bool {
	switch algorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

// keyOf returns the kind of a certificate's key and its size in bits.
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
