package transport

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"mailprobe/probe"
)

// issuer is an authority that signs certificates and OCSP responses.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newIssuer(t *testing.T, template x509.Certificate, by *issuer) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	if by == nil {
		by = &issuer{&template, key}
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore = time.Now().Add(-24 * time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().AddDate(1, 0, 0)
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	if i.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return i
}

func authorityNamed(name string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true}
}

func (i *issuer) file(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// staple makes an OCSP response.
func (i *issuer) staple(t *testing.T, r ocsp.Response) []byte {
	t.Helper()
	if r.ThisUpdate.IsZero() {
		r.ThisUpdate = time.Now().Add(-2 * time.Hour)
	}
	der, err := ocsp.CreateResponse(i.cert, i.cert, r, i.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// sctList is the value of an extension with time stamps.
func sctList(t *testing.T, scts ...string) []byte {
	t.Helper()
	var list bytes.Buffer
	for _, sct := range scts {
		list.Write([]byte{0, byte(len(sct))})
		list.WriteString(sct)
	}
	value, err := asn1.Marshal(append([]byte{0, byte(list.Len())}, list.Bytes()...))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// What a server staples to its certificate.
func TestStaple(t *testing.T) {
	root := newIssuer(t, authorityNamed("root"), nil)
	stranger := newIssuer(t, authorityNamed("stranger"), nil)
	demanding := pkix.Extension{Id: oidFeatures, Value: []byte{0x30, 3, 2, 1, 5}}
	ago := func(hours int) time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }
	leaf := x509.Certificate{Subject: pkix.Name{CommonName: mx}, DNSNames: []string{mx}}
	for _, test := range []struct {
		name      string
		extension []pkix.Extension
		by        *issuer
		response  *ocsp.Response // nil for none
		args      string
		status    probe.Status
		faults    string
		ocsp      string
		says      string
	}{
		{"none", nil, nil, nil, "", probe.OK, "", "", ""},
		{"none, and it must", []pkix.Extension{demanding}, nil, nil, "", probe.Warning, "staple-missing", "", "must-staple"},
		{"good", []pkix.Extension{demanding}, root, &ocsp.Response{Status: ocsp.Good, NextUpdate: ago(-9)}, "", probe.OK, "", "good", ""},
		{"good without an end", nil, root, &ocsp.Response{Status: ocsp.Good}, "", probe.OK, "", "good", ""},
		{"revoked", nil, root, &ocsp.Response{Status: ocsp.Revoked, RevokedAt: ago(30), NextUpdate: ago(-9)}, "", probe.Critical, "revoked", "revoked", "was revoked on"},
		{"revoked, and that is permitted", nil, root, &ocsp.Response{Status: ocsp.Revoked, RevokedAt: ago(30), NextUpdate: ago(-9)}, "--insecure", probe.OK, "revoked", "revoked", "accepted"},
		{"revoked, and out of date", nil, root, &ocsp.Response{Status: ocsp.Revoked, RevokedAt: ago(30), NextUpdate: ago(1)}, "", probe.Critical, "revoked", "revoked", ""},
		{"out of date", nil, root, &ocsp.Response{Status: ocsp.Good, NextUpdate: ago(1)}, "", probe.Warning, "bad-staple", "stale", "out of date since"},
		{"of tomorrow", nil, root, &ocsp.Response{Status: ocsp.Good, ThisUpdate: ago(-24)}, "", probe.Warning, "bad-staple", "stale", "not valid before"},
		{"unknown", nil, root, &ocsp.Response{Status: ocsp.Unknown, NextUpdate: ago(-9)}, "", probe.Warning, "bad-staple", "unknown", "does not know the certificate"},
		{"of an issuer that is not known", nil, stranger, &ocsp.Response{Status: ocsp.Revoked, RevokedAt: ago(30)}, "--ca-file STRANGER", probe.Critical, "unknown-issuer", "unverified", "not trusted"},
		{"a stranger's", nil, stranger, &ocsp.Response{Status: ocsp.Revoked, RevokedAt: ago(30)}, "", probe.Warning, "bad-staple", "invalid", "is not one for its certificate"},
	} {
		t.Run(test.name, func(t *testing.T) {
			template := leaf
			template.ExtraExtensions = test.extension
			server := newIssuer(t, template, root)
			pair := tls.Certificate{Certificate: [][]byte{server.cert.Raw}, PrivateKey: server.key}
			if test.response != nil {
				response := *test.response
				response.SerialNumber = server.cert.SerialNumber
				pair.OCSPStaple = test.by.staple(t, response)
			}
			args := []string{"--tls=require", "--ca-file", root.file(t), "--server-name", mx}
			args = append(args, strings.Fields(strings.ReplaceAll(test.args, "STRANGER", stranger.file(t)))...)
			r, _ := handshake(t, &tls.Config{Certificates: []tls.Certificate{pair}}, 0, args...)
			faults, _ := r.Fact("cert_faults")
			status, _ := r.Fact("ocsp_status")
			if r.Status != test.status || faults.Text != test.faults || status.Text != test.ocsp || !strings.Contains(everything(r), test.says) {
				t.Errorf("%s, faults %q, OCSP %q:\n%s", r.Status, faults.Text, status.Text, everything(r))
			}
		})
	}
}

// Time stamps in the handshake, the certificate and the OCSP response; each counts once.
func TestSCTs(t *testing.T) {
	root := newIssuer(t, authorityNamed("root"), nil)
	server := newIssuer(t, x509.Certificate{
		DNSNames:        []string{mx},
		ExtraExtensions: []pkix.Extension{{Id: oidSCTs, Value: sctList(t, "one", "two")}},
	}, root)
	pair := tls.Certificate{
		Certificate: [][]byte{server.cert.Raw}, PrivateKey: server.key, SignedCertificateTimestamps: [][]byte{[]byte("two"), []byte("three")},
		OCSPStaple: root.staple(t, ocsp.Response{SerialNumber: server.cert.SerialNumber, ExtraExtensions: []pkix.Extension{{Id: oidOCSPSCTs, Value: sctList(t, "four")}}}),
	}
	r, _ := handshake(t, &tls.Config{Certificates: []tls.Certificate{pair}}, 0, "--tls=require", "--ca-file", root.file(t), "--server-name", mx)
	if scts, _ := r.Fact("scts"); scts.Text != "4" {
		t.Errorf("%q time stamps\n%s", scts.Text, everything(r))
	}
}

func FuzzSCTs(f *testing.F) {
	for _, seed := range []string{"", "\x04\x00", "\x04\x04\x00\x02\x00\x00", "\x04\x07\x00\x05\x00\x03one", "\x04\x05\x00\x05\x00\x09o", "\x04\x03\xff\xff\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, sct := range listedSCTs(slices.Clone(value)) {
			if !bytes.Contains(value, sct) {
				t.Errorf("%q has no %q", value, sct)
			}
		}
	})
}

// An issuer that expires before the certificate is judged, unless there is another way to a
// trust anchor.
func TestChainDaysLeft(t *testing.T) {
	days := func(n int) time.Time { return time.Now().AddDate(0, 0, n).Add(time.Hour) }
	root := newIssuer(t, authorityNamed("root"), nil)
	middle := func(until time.Time) *issuer {
		template := authorityNamed("middle")
		template.NotAfter = until
		return newIssuer(t, template, root)
	}
	for _, test := range []struct {
		name    string
		issuers []time.Time // the first has signed; the others have the same key
		args    string
		status  probe.Status
		left    string
		says    string
	}{
		{"later than the certificate", []time.Time{days(99)}, "", probe.OK, "", ""},
		{"later, and somebody asks", []time.Time{days(99)}, "--warn chain_days_left=60:", probe.Warning, "49", "the certificate expires in 49 days"},
		{"earlier", []time.Time{days(30)}, "", probe.OK, "30", ""},
		{"soon", []time.Time{days(9)}, "", probe.Warning, "9", `the certificate of issuer "CN=middle" expires in 9 days`},
		{"at once", []time.Time{days(1)}, "", probe.Critical, "1", "expires in 1 day"},
		{"soon, and there is a longer one", []time.Time{days(9), days(40)}, "", probe.OK, "40", ""},
		{"expired, and there is a longer one", []time.Time{days(-9), days(99)}, "", probe.OK, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.issuers[0].Before(time.Now()) {
				t.Log("cross-signed and expired, as DST Root CA X3 was")
			}
			first := middle(days(99))
			template := x509.Certificate{DNSNames: []string{mx}, NotAfter: days(49)}
			server := newIssuer(t, template, first)
			chain := [][]byte{server.cert.Raw}
			for _, until := range test.issuers {
				chain = append(chain, resigned(t, first, until, root))
			}
			pair := tls.Certificate{Certificate: chain, PrivateKey: server.key}
			args := append(strings.Fields(test.args), "--tls=require", "--ca-file", root.file(t), "--server-name", mx)
			r, _ := handshake(t, &tls.Config{Certificates: []tls.Certificate{pair}}, 0, args...)
			left, _ := r.Fact(ChainDaysLeft)
			if r.Status != test.status || left.Text != test.left || !strings.Contains(everything(r), test.says) {
				t.Errorf("%s, %q days left:\n%s", r.Status, left.Text, everything(r))
			}
		})
	}
}

// resigned is the certificate of an issuer with another end.
func resigned(t *testing.T, i *issuer, until time.Time, by *issuer) []byte {
	t.Helper()
	template := *i.cert
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(until.Unix()), time.Now().AddDate(0, 0, -90), until
	der, err := x509.CreateCertificate(rand.Reader, &template, by.cert, i.key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
