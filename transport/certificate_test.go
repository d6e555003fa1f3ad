package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/wire/wiretest"
)

func TestJudgeChain(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	later := time.Now().AddDate(1, 0, 0)
	for _, test := range []struct {
		sort, name string
		now        time.Time
		want       string
	}{
		{"good", wiretest.HostName, time.Now(), ""},
		{"good", "MX.Example.ORG", time.Now(), ""},
		{"good", "127.0.0.1", time.Now(), ""},
		{"good", "192.0.2.9", time.Now(), "wrong-name"},
		{"soon", wiretest.HostName, time.Now(), ""},
		{"expired", wiretest.HostName, time.Now(), "expired"},
		{"not-yet-valid", wiretest.HostName, time.Now(), "not-yet-valid"},
		{"wrong-name", wiretest.HostName, time.Now(), "wrong-name"},
		{"self-signed", wiretest.HostName, time.Now(), "self-signed"},
		{"unknown-issuer", wiretest.HostName, time.Now(), "unknown-issuer"},
		{"weak-key", wiretest.HostName, time.Now(), "weak-key"},
		{"client-only", wiretest.HostName, time.Now(), "wrong-usage"},
		// Faults do not hide each other.
		{"self-signed", "other.example.org", later, "expired wrong-name self-signed"},
		{"unknown-issuer", "other.example.org", later, "expired wrong-name unknown-issuer"},
		{"weak-key", wiretest.HostName, later, "expired weak-key"},
	} {
		cert, err := authority.Issue(test.sort)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range JudgeChain([]*x509.Certificate{cert.Leaf}, roots, test.name, test.now) {
			got = append(got, f.Name)
			if f.Text == "" || f.Cause == nil || f.Cause.Hint == "" {
				t.Errorf("%s: fault %s has text %q and cause %v", test.sort, f.Name, f.Text, f.Cause)
			}
		}
		if !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%s for %s: got %q, want %q", test.sort, test.name, got, test.want)
		}
	}
	if faults := JudgeChain(nil, roots, wiretest.HostName, time.Now()); len(faults) != 1 || faults[0].Name != "bad-chain" {
		t.Errorf("no certificate at all: %v", faults)
	}
}

// An expired certificate is looked at in its own time. An issuer whose dates are
// of another time than that, and good today, is no fault of its own.
func TestJudgeIssuerDates(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name       string
		begin, end int // of the issuer, in days from now
		want       string
	}{
		{"issuer before and after", -400, 400, "expired"},
		{"issuer renewed since", -10, 400, "expired"},
		{"issuer expired too", -400, -60, "expired bad-chain"},
		{"issuer not valid yet", 10, 400, "expired bad-chain"},
	} {
		chain, roots := twoCertificates(t, now, test.begin, test.end)
		var got []string
		for _, f := range JudgeChain(chain, roots, "mx.example.org", now) {
			got = append(got, f.Name)
			if test.name == "issuer not valid yet" && f.Name == "bad-chain" && !strings.Contains(f.Text, "not valid before 11 Jun 2026") {
				t.Errorf("%s: %s", test.name, f.Text)
			}
		}
		if !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// twoCertificates is a server's certificate that was good until 30 days before
// now, with the root that issued it.
func twoCertificates(t *testing.T, now time.Time, begin, end int) ([]*x509.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(template, issuer *x509.Certificate) *x509.Certificate {
		template.SerialNumber = big.NewInt(1)
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return cert
	}
	root := &x509.Certificate{
		Subject: pkix.Name{CommonName: "root"}, NotBefore: now.AddDate(0, 0, begin), NotAfter: now.AddDate(0, 0, end),
		IsCA: true, BasicConstraintsValid: true,
	}
	root = sign(root, root)
	leaf := sign(&x509.Certificate{DNSNames: []string{"mx.example.org"}, NotBefore: now.AddDate(0, 0, -120), NotAfter: now.AddDate(0, 0, -30)}, root)
	roots := x509.NewCertPool()
	roots.AddCert(root)
	return []*x509.Certificate{leaf}, roots
}
