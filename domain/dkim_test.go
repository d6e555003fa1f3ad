package domain_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/probe"
)

// rsaKey is a public key of so many bits, as p= has it.
func rsaKey(t *testing.T, bits int) string {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(text)
}

// txt is a TXT record in strings of at most 200 bytes.
func txt(name, text string) string {
	line := name + "._domainkey TXT"
	for len(text) > 200 {
		line += ` "` + text[:200] + `"`
		text = text[200:]
	}
	return line + ` "` + text + "\"\n"
}

// dkimWorld has a key of each sort, at the selector that its row is called.
func dkimWorld(t *testing.T) dnstest.World {
	long, short, weak := rsaKey(t, 2048), rsaKey(t, 1024), rsaKey(t, 768)
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	records := txt("good", "v=DKIM1; k=rsa; p="+long) + txt("noversion", "p="+long) + txt("ed", "v=DKIM1; k=ed25519; p="+base64.StdEncoding.EncodeToString(public)) +
		txt("short", "v=DKIM1; p="+short) + txt("weak", "v=DKIM1; p="+weak) + txt("revoked", "v=DKIM1; p=") + txt("testing", "v=DKIM1; t=y; p="+long) +
		txt("late", "k=rsa; v=DKIM1; p="+long) + txt("sha1", "v=DKIM1; h=sha1; p="+long) + txt("hashes", "v=DKIM1; h=sha1:sha256; p="+long) +
		txt("web", "v=DKIM1; s=other; p="+long) + txt("cut", "v=DKIM1; p="+long[:180]) + txt("text", "hello") +
		txt("twice", "v=DKIM1; p="+long) + txt("twice", "v=DKIM1; p="+short) + txt("v2", "v=DKIM2; p="+long) +
		txt("tsub", "v=DKIM1; t=s; p="+long) + txt("old", "v=DKIM1; g=*; p="+long) + txt("kdsa", "v=DKIM1; k=dsa; p="+long) +
		txt("edrsa", "v=DKIM1; k=ed25519; p="+long) + txt("star", "v=DKIM1; s=*; p="+long) + txt("blanks", "v=DKIM1; p="+long[:100]+" "+long[100:]) +
		txt("oneof", "v=DKIM1; p="+long) + txt("oneof", "verification=1") + txt("a.b-c", "v=DKIM1; p="+long) + txt("double", "v=DKIM1; p="+long+"; p="+long) +
		txt("nothing", "") + txt("testshort", "v=DKIM1; t=y; p="+short)
	return dnstest.World{
		Zones: []dnstest.Zone{{Name: "dk.org", Records: records + "alias._domainkey CNAME good._domainkey\nout._domainkey CNAME key.provider.net.\ndangling._domainkey CNAME no.provider.net.\n" +
			"_dmarc TXT \"v=DMARC1; p=reject\"\n"}, {Name: "nokeys.org"}, {Name: "provider.net", Records: strings.Replace(txt("key", "v=DKIM1; p="+long), "._domainkey", "", 1)},
			{Name: "aligned.dk.org", Records: ""}, {Name: "other.org", Records: "_dmarc TXT \"v=DMARC1; p=reject\""}, {Name: "strict.dk.org", Records: "_dmarc TXT \"v=DMARC1; p=reject; adkim=s\""}},
		Rules: []dnstest.Rule{{Name: "down._domainkey.dk.org", Rcode: "SERVFAIL"}},
	}
}

func TestDKIM(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	addr, anchors := start(t, dkimWorld(t))
	for selector, want := range map[string]struct {
		status probe.Status
		cause  string
		bits   string
	}{
		"good": {ok, "", "2048"}, "noversion": {ok, "", "2048"}, "ed": {ok, "", "256"}, "alias": {ok, "", "2048"}, "hashes": {ok, "", "2048"},
		"short": {warning, "dkim-key-weak", "1024"}, "testing": {warning, "dkim-key-weak", "2048"}, "late": {warning, "dkim-key-weak", "2048"},
		"weak": {critical, "dkim-key-invalid", "768"}, "sha1": {critical, "dkim-key-invalid", "2048"}, "web": {critical, "dkim-key-invalid", "2048"},
		"cut": {critical, "dkim-key-invalid", ""}, "text": {critical, "dkim-key-invalid", ""}, "twice": {critical, "dkim-key-invalid", ""},
		"v2": {critical, "dkim-key-invalid", "2048"}, "revoked": {critical, "dkim-key-missing", ""}, "gone": {critical, "dkim-key-missing", ""},
		"down": {unknown, "resolver-failed", ""}, "out": {ok, "", "2048"}, "dangling": {critical, "dkim-key-missing", ""}, "tsub": {ok, "", "2048"},
		"old": {ok, "", "2048"}, "star": {ok, "", "2048"}, "blanks": {ok, "", "2048"}, "kdsa": {critical, "dkim-key-invalid", ""},
		"edrsa": {critical, "dkim-key-invalid", ""}, "oneof": {critical, "dkim-key-invalid", ""}, "a.b-c": {ok, "", "2048"},
		"double": {critical, "dkim-key-invalid", "2048"}, "nothing": {critical, "dkim-key-invalid", ""}, "testshort": {warning, "dkim-key-weak", "1024"},
	} {
		s := check(t, addr, anchors, "dk.org", "dkim", "--selector", selector)
		bits, _ := factOf(s, "dkim_"+strings.NewReplacer(".", "_", "-", "_").Replace(selector)+"_bits")
		cause := ""
		if s.Cause != nil {
			cause = s.Cause.Name
		}
		if s.Status != want.status || cause != want.cause || bits != want.bits {
			t.Errorf("%s: %s %q, %q bits: %s", selector, s.Status, cause, bits, s.Detail)
		}
	}
}

// TestDKIMUnknown: nobody can list selectors, but where no name below _domainkey exists
// there is no key.
func TestDKIMUnknown(t *testing.T) {
	addr, anchors := start(t, dkimWorld(t))
	for name, says := range map[string]string{"dk.org": "no selector was given", "nokeys.org": "_domainkey.nokeys.org does not exist"} {
		if s := check(t, addr, anchors, name, "dkim"); s.Status != probe.Skipped || !strings.Contains(s.Detail, says) {
			t.Errorf("%s: %s %s", name, s.Status, s.Detail)
		}
	}
}

// TestDKIMMessage: the signatures of a message say which keys there are, also those of
// another domain.
func TestDKIMMessage(t *testing.T) {
	addr, anchors := start(t, dkimWorld(t))
	file := filepath.Join(t.TempDir(), "message")
	message := "DKIM-Signature: v=1; a=rsa-sha256; d=dk.org;\r\n\ts=go\r\n od; b=x\r\nDKIM-Signature: v=1; d=dk.org; s=short\r\nSubject: x\r\n\r\nbody\r\n"
	if err := os.WriteFile(file, []byte(message), 0o600); err != nil {
		t.Fatal(err)
	}
	s := check(t, addr, anchors, "nokeys.org", "dkim", "--message", file)
	if bits, _ := factOf(s, "dkim_bits"); bits != "1024" || s.Status != probe.Warning || !strings.Contains(s.Detail, "good rsa 2048 bits; short rsa 1024 bits") {
		t.Errorf("%s %s", s.Status, s.Detail)
	}
}

// TestDKIMAlignment: for DMARC only signatures of the same organization count, and with
// adkim=s those of the domain itself.
func TestDKIMAlignment(t *testing.T) {
	addr, anchors := start(t, dkimWorld(t))
	for _, want := range []row{
		{"dk.org", probe.OK, "", "", ""}, {"aligned.dk.org", probe.OK, "", "", ""},
		{"other.org", probe.Warning, "dkim-not-aligned", "dkim_good_bits=2048", "signed by dk.org, which is of another organization"},
		{"strict.dk.org", probe.Warning, "dkim-not-aligned", "", "adkim=s"},
		{"nokeys.org", probe.OK, "", "", ""}, // has no DMARC
	} {
		file := filepath.Join(t.TempDir(), "message")
		if err := os.WriteFile(file, []byte("DKIM-Signature: d=dk.org; s=good\n\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		want.judge(t, check(t, addr, anchors, want.name, "dkim", "--message", file))
	}
}

// TestRequireDKIM: keys that are required must be named, and be there.
func TestRequireDKIM(t *testing.T) {
	addr, anchors := start(t, dkimWorld(t))
	for args, want := range map[string]struct {
		status probe.Status
		cause  string
	}{
		"good": {probe.OK, ""}, "short": {probe.Warning, "dkim-key-weak"}, "gone": {probe.Critical, "dkim-key-missing"},
	} {
		row{"dk.org", want.status, want.cause, "", ""}.judge(t, check(t, addr, anchors, "dk.org", "dkim", "--require", "dkim", "--selector", args))
	}
	var many []string
	for i := range 33 {
		many = append(many, "--selector", fmt.Sprintf("s%d", i))
	}
	for want, args := range map[string][]string{
		"add --selector NAME or --message FILE": {"--require", "dkim"},
		"is not a selector such as":             {"--selector", "a b"},
		"more than 32 keys":                     many,
	} {
		c := probe.New(domain.Kind())
		_, err := probe.ParseArgs(c.Declared, args)
		if err == nil {
			err = c.Prepare(t.Context())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
