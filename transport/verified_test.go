package transport

import (
	"crypto/x509"
	"path/filepath"
	"testing"
	"time"

	"mailprobe/wire/wiretest"
)

// TestVerified: the paths of a chain are remembered while all of it is valid, and those of
// others are not found in their place.
func TestVerified(t *testing.T) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	leafOf := func(sort string) *x509.Certificate {
		t.Helper()
		c, err := authority.Issue(sort)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := authority.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	trusting := &Options{CAFile: file}
	if err := trusting.Prepare(); err != nil {
		t.Fatal(err)
	}
	good, other := leafOf("good"), leafOf("good")
	now, nobody := time.Now(), x509.NewCertPool()
	for _, v := range []*verified{nil, {}} {
		first, faults := v.verify([]*x509.Certificate{good}, trusting.Roots(), now)
		if len(first) != 1 || len(faults) > 0 {
			t.Fatalf("%v, %v", first, faults)
		}
		again, _ := v.verify([]*x509.Certificate{good}, nobody, now)
		if known := len(again) == 1; known != (v != nil) {
			t.Errorf("remembered: %v", known)
		}
		for what, paths := range map[string]func() ([][]*x509.Certificate, []Fault){
			"another certificate": func() ([][]*x509.Certificate, []Fault) { return v.verify([]*x509.Certificate{other}, nobody, now) },
			"a longer chain": func() ([][]*x509.Certificate, []Fault) {
				return v.verify([]*x509.Certificate{good, other}, nobody, now)
			},
			"an expired one": func() ([][]*x509.Certificate, []Fault) {
				return v.verify([]*x509.Certificate{good}, nobody, good.NotAfter.Add(time.Second))
			},
		} {
			if found, faults := paths(); len(found) > 0 || len(faults) == 0 {
				t.Errorf("%s was verified", what)
			}
		}
	}
}
