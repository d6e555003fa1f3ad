package domain_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// selfSigned makes a certificate for some names, which is its own authority.
func selfSigned(t *testing.T, names ...string) (cert tls.Certificate, text []byte) {
	t.Helper()
	return selfSignedFor(t, 90*24*time.Hour, names...)
}

// selfSignedFor is selfSigned for a certificate that ends so far from now.
func selfSignedFor(t *testing.T, left time.Duration, names ...string) (cert tls.Certificate, text []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(left),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

// webServers serve pages by HTTPS, with a certificate for some names, and by HTTP.
func webServers(t *testing.T, pages http.Handler, names ...string) (secure, plain, caFile string) {
	t.Helper()
	cert, text := selfSigned(t, names...)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return webServer(t, pages, &cert), webServer(t, pages, nil), caFile
}

// webServer serves pages by HTTPS with a certificate, or by HTTP without.
func webServer(t *testing.T, pages http.Handler, certificate *tls.Certificate) (addr string) {
	t.Helper()
	server := httptest.NewUnstartedServer(pages)
	t.Cleanup(server.Close)
	if certificate == nil {
		server.Start()
		return server.Listener.Addr().String()
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the check closes connections as it should
	server.TLS = &tls.Config{Certificates: []tls.Certificate{*certificate}}
	server.StartTLS()
	return server.Listener.Addr().String()
}
