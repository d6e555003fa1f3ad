package wiretest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"time"
)

// HostName is the name that an Authority's good certificate is for.
const HostName = "mx.example.org"

// Authority is a certificate authority for tests, valid around the time it was made.
type Authority struct {
	// Certificate is the authority's own.
	Certificate *x509.Certificate

	key crypto.Signer
	now time.Time
}

// NewAuthority makes an authority with a key of its own.
func NewAuthority() (*Authority, error) {
	a := &Authority{now: time.Now()}
	root := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "wiretest authority"},
		NotBefore:             a.now.AddDate(-10, 0, 0),
		NotAfter:              a.now.AddDate(10, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	cert, err := a.sign(root, nil)
	if err != nil {
		return nil, err
	}
	a.Certificate, a.key = cert.Leaf, cert.PrivateKey.(crypto.Signer)
	return a, nil
}

// WriteFile writes the authority's certificate to a PEM file.
func (a *Authority) WriteFile(name string) error {
	return os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate.Raw}), 0o600)
}

// WriteKeyPair issues a server certificate of a sort, as Issue does, and writes it and its
// key to a PEM file.
func (a *Authority) WriteKeyPair(name, sort string) error {
	pair, err := a.Issue(sort)
	if err != nil {
		return err
	}
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
	return os.WriteFile(name, text, 0o600)
}

// Issue makes a server certificate for HostName and 127.0.0.1 of one of these
// sorts: "good" or "" (90 days left), "soon" (10 days left), "expired",
// "not-yet-valid", "wrong-name", "self-signed", "unknown-issuer", "weak-key",
// "client-only".
func (a *Authority) Issue(sort string) (tls.Certificate, error) {
	return a.IssueFor(HostName, sort)
}

// IssueFor makes a server certificate as Issue does, for another host name.
func (a *Authority) IssueFor(host, sort string) (tls.Certificate, error) {
	leaf := &x509.Certificate{
		Subject:     pkix.Name{CommonName: host},
		DNSNames:    []string{host},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:   a.now.AddDate(0, 0, -100),
		NotAfter:    a.now.AddDate(0, 0, 90).Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	switch sort {
	case "", "good", "weak-key":
	case "soon":
		leaf.NotAfter = a.now.AddDate(0, 0, 10).Add(time.Hour)
	case "expired":
		leaf.NotAfter = a.now.AddDate(0, 0, -5).Add(-time.Hour)
	case "not-yet-valid":
		leaf.NotBefore = a.now.AddDate(0, 0, 5)
	case "wrong-name":
		leaf.Subject.CommonName, leaf.DNSNames, leaf.IPAddresses = "other.example.net", []string{"other.example.net"}, nil
	case "client-only":
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case "self-signed":
		return a.sign(leaf, nil)
	case "unknown-issuer":
		stranger, err := NewAuthority()
		if err != nil {
			return tls.Certificate{}, err
		}
		return stranger.IssueFor(host, "good")
	default:
		return tls.Certificate{}, fmt.Errorf("no sort of certificate is called %q", sort)
	}
	return a.sign(leaf, weakIf(sort == "weak-key"))
}

// signer is how the key of a certificate is made.
type signer func() (crypto.Signer, error)

func weakIf(weak bool) signer {
	if weak {
		return func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 1024) }
	}
	return func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
}

// sign makes the certificate of a template. With a nil key it is self-signed.
func (a *Authority) sign(template *x509.Certificate, makeKey signer) (tls.Certificate, error) {
	issuer, issuerKey := a.Certificate, a.key
	selfSigned := makeKey == nil
	if selfSigned {
		makeKey = weakIf(false)
	}
	key, err := makeKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	if selfSigned {
		issuer, issuerKey = template, key
	}
	template.SerialNumber = big.NewInt(a.now.UnixNano())
	raw, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}, nil
}
