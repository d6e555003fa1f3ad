package centre

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/fleet"
)

// Fingerprint returns that of the key of the embedded server, which it makes where there is
// none.
func Fingerprint(state string) ([]byte, error) {
	c, err := certificate(state)
	if err != nil {
		return nil, err
	}
	return fleet.Fingerprint(c.Leaf), nil
}

// certificate reads the certificate of the embedded server and its key from their file, or
// makes them. Agents know the key by its fingerprint, so that neither names nor dates count.
func certificate(state string) (tls.Certificate, error) {
	if err := atomicfile.Folder(filepath.Join(state, folder)); err != nil {
		return tls.Certificate{}, err
	}
	file := filepath.Join(state, folder, "server.pem")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = makeCertificate()
		if err == nil {
			err = atomicfile.Create(file, atomicfile.Private, atomicfile.Text(text))
		}
		if errors.Is(err, fs.ErrExist) { // another process was faster
			text, err = os.ReadFile(file)
		}
	}
	if err != nil {
		return tls.Certificate{}, err
	}
	c, err := tls.X509KeyPair(text, text)
	if err != nil {
		return c, fmt.Errorf("%s is damaged: %w; restore it, or remove it and invite every place again", file, err)
	}
	return c, nil
}

func makeCertificate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "mailprobe fleet"}, DNSNames: []string{"mailprobe-fleet"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(100, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = errors.Join(pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	return b.Bytes(), err
}
