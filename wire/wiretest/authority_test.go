package wiretest_test

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/wire/wiretest"
)

func TestIssue(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.Certificate)
	for sort, fault := range map[string]string{
		"":               "",
		"good":           "",
		"soon":           "",
		"weak-key":       "",
		"expired":        "certificate has expired or is not yet valid",
		"not-yet-valid":  "certificate has expired or is not yet valid",
		"wrong-name":     "certificate is valid for other.example.net, not mx.example.org",
		"self-signed":    "certificate signed by unknown authority",
		"unknown-issuer": "certificate signed by unknown authority",
		"client-only":    "certificate specifies an incompatible key usage",
	} {
		certificate, err := authority.Issue(sort)
		if err != nil {
			t.Errorf("%s: %v", sort, err)
			continue
		}
		_, err = certificate.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: wiretest.HostName})
		if fault == "" && err != nil || fault != "" && (err == nil || !strings.Contains(err.Error(), fault)) {
			t.Errorf("%s: verified with %v; want %q", sort, err, fault)
		}
		checkSort(t, sort, certificate)
	}
	if _, err := authority.Issue("golden"); err == nil || !strings.Contains(err.Error(), `"golden"`) {
		t.Errorf("an unknown sort: %v", err)
	}
}

// checkSort checks what verifying does not tell.
func checkSort(t *testing.T, sort string, certificate tls.Certificate) {
	t.Helper()
	leaf := certificate.Leaf
	days := map[string]int{"expired": -6, "soon": 10}[sort]
	if days == 0 {
		days = 90
	}
	left := time.Until(leaf.NotAfter).Hours() / 24
	if int(left) != days && !(days < 0 && int(left-1) == days) {
		t.Errorf("%s: %f days are left; want %d", sort, left, days)
	}
	if selfSigned := leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil; selfSigned != (sort == "self-signed") {
		t.Errorf("%s: self-signed is %v", sort, selfSigned)
	}
	key, isRSA := leaf.PublicKey.(*rsa.PublicKey)
	if isRSA != (sort == "weak-key") || isRSA && key.N.BitLen() != 1024 {
		t.Errorf("%s: its key is a %T", sort, leaf.PublicKey)
	}
}

func TestIssueFor(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	for sort, name := range map[string]string{"good": "mail.example.com", "wrong-name": "other.example.net", "unknown-issuer": "mail.example.com"} {
		certificate, err := authority.IssueFor("mail.example.com", sort)
		if err != nil || certificate.Leaf.Subject.CommonName != name || certificate.Leaf.VerifyHostname(name) != nil {
			t.Errorf("%s is for %v, %v", sort, certificate.Leaf.DNSNames, err)
		}
	}
}

func TestWriteFile(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := authority.WriteFile(name); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(text) {
		t.Errorf("%v: %s", err, text)
	}
}
