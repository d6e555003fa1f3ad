package integration

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Hostname is the name in every certificate but the one for WrongName.
const Hostname = "mail.example.test"

// Certificate names a server certificate by what is right or wrong with it.
type Certificate string

// The certificates. But for the fault it is named after, each is like Good:
// signed by the lab's authority, valid for Hostname and its own address, from
// an hour ago until ninety days from now.
const (
	Good          Certificate = "good"
	Expired       Certificate = "expired"
	NotYetValid   Certificate = "not-yet-valid"
	WrongName     Certificate = "wrong-name"
	SelfSigned    Certificate = "self-signed"
	UnknownIssuer Certificate = "unknown-issuer"
)

// Certificates lists every certificate, Good first.
func Certificates() []Certificate {
	return []Certificate{Good, Expired, NotYetValid, WrongName, SelfSigned, UnknownIssuer}
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(name string) (*authority, error) {
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().AddDate(-1, 0, 0),
		NotAfter:              time.Now().AddDate(1, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert: cert, key: key}, err
}

// serverTemplate describes the certificate for a server at ip.
func serverTemplate(kind Certificate, ip net.IP) *x509.Certificate {
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: Hostname},
		DNSNames:     []string{Hostname},
		IPAddresses:  []net.IP{ip},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(0, 0, 90),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	switch kind {
	case Expired:
		t.NotBefore, t.NotAfter = now.AddDate(0, 0, -30), now.AddDate(0, 0, -2)
	case NotYetValid:
		t.NotBefore, t.NotAfter = now.AddDate(0, 0, 2), now.AddDate(0, 0, 30)
	case WrongName:
		t.Subject.CommonName, t.DNSNames, t.IPAddresses = "other.example.test", []string{"other.example.test"}, nil
	}
	return t
}

// issueAll writes kind.crt and kind.key for every certificate, client.crt and
// client.key for a client, and ca.crt for the authority to trust into dir. The server that shows
// a certificate lives at ip(kind).
func issueAll(dir string, ip func(Certificate) net.IP) (*authority, error) {
	trusted, err := newAuthority("mailprobe lab authority")
	if err != nil {
		return nil, err
	}
	stranger, err := newAuthority("an authority nobody knows")
	if err != nil {
		return nil, err
	}
	for _, kind := range Certificates() {
		issuer := trusted
		switch kind {
		case UnknownIssuer:
			issuer = stranger
		case SelfSigned:
			issuer = nil
		}
		if err := issue(dir, string(kind), serverTemplate(kind, ip(kind)), issuer); err != nil {
			return nil, fmt.Errorf("certificate %s: %w", kind, err)
		}
	}
	client := serverTemplate(Good, nil)
	client.DNSNames, client.IPAddresses, client.ExtKeyUsage = nil, nil, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if err := issue(dir, "client", client, trusted); err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	return trusted, writePEM(filepath.Join(dir, "ca.crt"), "CERTIFICATE", trusted.cert.Raw)
}

// issue makes a key, has its certificate signed by issuer, or by the key
// itself where issuer is nil, and writes both.
func issue(dir, name string, template *x509.Certificate, issuer *authority) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if issuer == nil {
		issuer = &authority{cert: template, key: key}
	}
	return issueFor(key, dir, name, template, issuer)
}

// issueFor has the certificate of a key signed by issuer, and writes both.
func issueFor(key crypto.Signer, dir, name string, template *x509.Certificate, issuer *authority) error {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.cert, key.Public(), issuer.key)
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, name+".crt"), "CERTIFICATE", der); err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(filepath.Join(dir, name+".key"), "PRIVATE KEY", pkcs8)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
