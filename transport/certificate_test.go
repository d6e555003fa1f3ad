package transport

import (
	"crypto/x509"
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
			if f.Text == "" || f.Hint == "" {
				t.Errorf("%s: fault %s has text %q and hint %q", test.sort, f.Name, f.Text, f.Hint)
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
