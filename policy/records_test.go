package policy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// rsaKey is a public key in base64.
func rsaKey(t testing.TB, bits int, bare bool) string {
	t.Helper()
	key := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), bits-1, 1), E: 65537}
	raw := x509.MarshalPKCS1PublicKey(key)
	if !bare {
		var err error
		if raw, err = x509.MarshalPKIXPublicKey(key); err != nil {
			t.Fatal(err)
		}
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// rsaNumbers is a bare RSA key of these numbers in base64.
func rsaNumbers(t testing.TB, n, e *big.Int) string {
	t.Helper()
	raw, err := asn1.Marshal(struct{ N, E *big.Int }{n, e})
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func TestParseDKIMKey(t *testing.T) {
	key := rsaKey(t, 2048, false)
	edKey := bytes.Repeat([]byte{7}, 32)
	ed := base64.StdEncoding.EncodeToString(edKey)
	info, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(edKey))
	if err != nil {
		t.Fatal(err)
	}
	odd := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(1))
	raw, _ := base64.StdEncoding.DecodeString(key)
	behind := base64.StdEncoding.EncodeToString(append(raw, 0, 0))
	for _, test := range []struct {
		text         string
		bits         int
		invalid, odd string
	}{
		{"v=DKIM1; k=rsa; p=" + key, 2048, "", ""},
		{"p=" + key, 2048, "", ""},
		{"v = DKIM1 ; k = RSA ; p = " + key + ";", 2048, "", ""},
		{"k=rsa; v=DKIM1; p=" + key, 2048, "", "not the first tag"},
		{"v=DKIM2; p=" + key, 2048, "v=DKIM2", ""},
		{"v=dkim1; p=" + key, 2048, "v=dkim1", ""}, // RFC 6376 §3.2: values have a case
		{"v=DKIM1\\; k=rsa\\; p=" + key, 0, "v=DKIM1\\", ""},
		{"v=DKIM1; p=" + rsaKey(t, 1024, true), 1024, "", ""},
		{"v=DKIM1; p=" + rsaKey(t, 4096, true), 4096, "", ""},
		{"v=DKIM1; p=" + rsaKey(t, 1023, false), 1023, "1023 bits", ""},
		{"v=DKIM1; p=" + rsaKey(t, 512, false), 512, "512 bits", ""},
		{"v=DKIM1; p=" + rsaKey(t, 16384, false), 16384, "", ""},
		{"v=DKIM1; p=" + rsaKey(t, 20000, false), 20000, "none above 16384", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, odd, big.NewInt(3)), 2048, "", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, odd, big.NewInt(1)), 2048, "exponent", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, odd, big.NewInt(65536)), 2048, "exponent", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, odd, big.NewInt(-3)), 2048, "exponent", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, odd, odd), 2048, "", "exponent"},
		{"v=DKIM1; p=" + rsaNumbers(t, new(big.Int).Add(odd, big.NewInt(1)), big.NewInt(3)), 0, "not an odd number", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, new(big.Int).Neg(odd), big.NewInt(3)), 0, "not an odd number", ""},
		{"v=DKIM1; p=" + rsaNumbers(t, big.NewInt(0), big.NewInt(0)), 0, "not an odd number", ""},
		{"v=DKIM1; p=" + behind, 2048, "", "2 bytes behind the key"},
		{"v=DKIM1; p=" + key[:40] + " \t " + key[40:], 2048, "", ""},
		{"v=DKIM1; p=" + key[:40] + "\u00a0" + key[40:], 0, "not base64", ""},
		{"v=DKIM1; p=" + key[:200], 0, "cut short", ""},
		{"v=DKIM1; p=" + key[:201], 0, "cut short", ""},
		{"v=DKIM1; p=***", 0, "not base64", ""},
		{"v=DKIM1; p=====", 0, "not base64", ""},
		{"v=DKIM1; k=ed25519; p=" + ed, 256, "", ""},
		{"v=DKIM1; k=ed25519; p=" + strings.TrimRight(ed, "="), 256, "", "lacks the = signs"},
		{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(edKey[:31]), 0, "has 32 bytes, not 31", ""},
		{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(info), 0, "only the last 32 bytes", ""},
		{"v=DKIM1; k=ed25519; p=" + key, 0, "Ed25519 key has 32", ""},
		{"v=DKIM1; k=rsa; p=" + ed, 0, "not an RSA key", ""},
		{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(info), 0, "another algorithm", ""},
		{"v=DKIM1; k=dsa; p=" + ed, 0, "k=dsa", ""},
		{"v=DKIM1; k=; p=" + key, 0, "k= is neither", ""},
		{"v=DKIM1; h=sha1; p=" + key, 2048, "h=sha1", ""},
		{"v=DKIM1; h=; p=" + key, 2048, "h= permits", ""},
		{"v=DKIM1; h=sha1 : SHA256; p=" + key, 2048, "", ""},
		{"v=DKIM1; s=tlsrpt; p=" + key, 2048, "s=tlsrpt", ""},
		{"v=DKIM1; s=*; p=" + key, 2048, "", ""},
		{"v=DKIM1; s=tlsrpt:email; t=y:s; p=" + key, 2048, "", ""},
		{"v=DKIM1; t=s; g=*; n=notes; x=y; p=" + key, 2048, "", ""},
		{"v=DKIM1; k=rsa", 0, "no p=", ""},
		{"v=DKIM1; P=" + key, 0, "no p=", ""},
		{"v=DKIM1; p=" + key + "; p=" + key, 2048, "p stands twice", ""},
		{"v=DKIM1; v=DKIM1; p=" + key, 2048, "v stands twice", ""},
		{"v=DKIM1; stray; p=" + key, 2048, "", "has no ="},
		{"", 0, "no p=", ""},
	} {
		k := ParseDKIMKey(test.text)
		if k.Bits != test.bits {
			t.Errorf("%.60s: %d bits, want %d", test.text, k.Bits, test.bits)
		}
		match(t, test.text, k.Invalid, test.invalid)
		match(t, test.text, k.Odd, test.odd)
	}
	for _, text := range []string{"v=DKIM1; p=", "p=  ;", "v=DKIM1; k=ed25519; p=", "k=other; p="} {
		if k := ParseDKIMKey(text); !k.Revoked || len(k.Invalid) > 0 {
			t.Errorf("revoked: %+v", k)
		}
	}
	if !ParseDKIMKey("v=DKIM1; t=y:s; p=").Testing {
		t.Error("t=y is not seen")
	}
}

// match demands that errors say this, or that there are none.
func match(t *testing.T, text string, errs []error, want string) {
	t.Helper()
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	if got := strings.Join(all, "; "); (got == "") != (want == "") || !strings.Contains(got, want) {
		t.Errorf("%.60s: %q, want %q", text, got, want)
	}
}

func TestSTS(t *testing.T) {
	const good = "version: STSv1\nmode: enforce\nmx: mail.d.test\nmx: *.e.test\nmax_age: 604800\n"
	for _, test := range []struct{ text, wrong string }{
		{good, ""},
		{strings.ReplaceAll(good, "\n", "\r\n"), ""},
		{good + "moo: x\nmode: none\n\n", ""},
		{strings.Replace(good, "STSv1", "STSv2", 1), "version"},
		{strings.Replace(good, "enforce", "on", 1), "mode"},
		{strings.Replace(good, "604800", "1w", 1), "max_age"},
		{strings.Replace(good, "604800", "31557601", 1), "max_age"},
		{strings.Replace(good, "mx: *.e.test", "mx *.e.test", 1), "no colon"},
		{strings.Replace(good, "*.e.test", "*.*.test", 1), ""},
		{strings.Replace(good, "*.e.test", "-", 1), "not a name"},
		{"version: STSv1\nmode: enforce\nmax_age: 1\n", "no mx"},
		{"version: STSv1\nmode: none\nmax_age: 1\n", ""},
		{good + strings.Repeat("#", MaxSTSPolicy), "longer"},
	} {
		p, err := ParseSTSPolicy(test.text)
		if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%.80q: %v, want %q", test.text, err, test.wrong)
		}
		if err == nil && test.text == good && (p.Mode != "enforce" || p.MaxAge != 604800) {
			t.Errorf("%+v", p)
		}
	}
	p, _ := ParseSTSPolicy(good)
	for name, want := range map[string]bool{
		"mail.d.test": true, "MAIL.D.TEST.": true, "d.test": false, "a.e.test": true, "e.test": false, "a.b.e.test": false,
	} {
		if p.Permits(name) != want {
			t.Errorf("%s is permitted: %v", name, !want)
		}
	}
	for text, want := range map[string]string{"v=STSv1; id=20200101": "20200101", "v=STSv1; id=;": "", "v=STSv1;": "", "v=STSv1; id=a-b": ""} {
		if id, err := ParseSTSRecord(text); id != want || (err == nil) != (want != "") || !IsSTS(text) {
			t.Errorf("%s: %q, %v", text, id, err)
		}
	}
	if IsSTS("v=STSv10;") || IsSTS("id=1; v=STSv1") {
		t.Error("not MTA-STS")
	}
}

func TestTLSRPT(t *testing.T) {
	for _, test := range []struct {
		text, rua, wrong string
	}{
		{"v=TLSRPTv1; rua=mailto:a@b.test", "mailto:a@b.test", ""},
		{"v=TLSRPTv1;rua=mailto:a@b.test , https://b.test/v1;", "mailto:a@b.test https://b.test/v1", ""},
		{"v=TLSRPTv1; ext=x; rua = mailto:a@b.test", "mailto:a@b.test", ""},
		{"v=TLSRPTv1; rua=http://b.test,mailto:a@b.test,x", "mailto:a@b.test", "http://b.test"},
		{"v=TLSRPTv1; rua=http://b.test", "", "http://b.test"},
		{"v=TLSRPTv1; rua=https://", "", "https://"},
		{"v=TLSRPTv1; rua=", "", "neither"},
		{"v=TLSRPTv1", "", "no rua="},
		{"v=TLSRPTv1; rua=mailto:a@b.test; rua=mailto:c@d.test", "", "twice"},
	} {
		rua, faults := ParseTLSRPT(test.text)
		if !IsTLSRPT(test.text) || strings.Join(rua, " ") != test.rua {
			t.Errorf("%s: %q", test.text, rua)
		}
		match(t, test.text, faults, test.wrong)
	}
	for _, text := range []string{"v=TLSRPTv2; rua=mailto:a@b.test", "v=tlsrptv1; rua=mailto:a@b.test", " v=TLSRPTv1; rua=x", "rua=x; v=TLSRPTv1", "v=TLSRPTv1 rua=x"} {
		if IsTLSRPT(text) {
			t.Errorf("%q is one", text)
		}
	}
}

// TestMailtoAddress: what is no address is used by nobody (RFC 6068 §2).
func TestMailtoAddress(t *testing.T) {
	for uri, want := range map[string]string{
		"mailto:a@b.test": "a@b.test", "MAILTO:a@B.Test": "a@B.Test", "mailto:a%2Bx@b.test": "a+x@b.test", "mailto:a+x@b.test?subject=x": "a+x@b.test",
		"mailto:a@xn--bcher-kva.test": "a@xn--bcher-kva.test", "a@b.test": "", "mailto:": "", "mailto:a": "", "mailto:@b.test": "", "mailto:a@b": "",
		"mailto:a%40b.test": "", "mailto://a@b.test": "", "mailto: a@b.test": "", "mailto:a@b.test>": "", "mailto:a@[192.0.2.1]": "", "mailto:a@b..test": "",
		"mailto:a@bücher.test": "", "mailto:a%0ab@c.test": "", "mailto:a@b.test%22": "", "mailto:a%zz@b.test": "", "mailto:.a@b.test": "", "https:a@b.test": "",
		"mailto:" + strings.Repeat("a", 65) + "@b.test": "", "mailto:a@" + strings.Repeat("b", 64) + ".test": "",
	} {
		if got := MailtoAddress(uri); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

// chain makes an authority and a certificate of it, with dates from now.
func chain(t *testing.T, name string, days int) []*x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	make := func(serial int64, parent *x509.Certificate, change func(*x509.Certificate)) *x509.Certificate {
		c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().AddDate(0, 0, -90),
			NotAfter: time.Now().AddDate(0, 0, days), BasicConstraintsValid: true}
		change(c)
		if parent == nil {
			parent = c
		}
		raw, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParseCertificate(raw)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	authority := make(1, nil, func(c *x509.Certificate) {
		c.IsCA, c.KeyUsage, c.Subject.CommonName = true, x509.KeyUsageCertSign, "authority"
		c.NotAfter = time.Now().AddDate(1, 0, 0)
	})
	return []*x509.Certificate{make(2, authority, func(c *x509.Certificate) { c.DNSNames = []string{name} }), authority}
}

func TestTLSA(t *testing.T) {
	good, expired := chain(t, "mx.d.test", 90), chain(t, "mx.d.test", -1)
	sum256 := func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }
	sum512 := func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }
	for _, test := range []struct {
		about string
		tlsa  TLSA
		chain []*x509.Certificate
		name  string
		wrong string
	}{
		{"3 1 1", TLSAFor(good[0]), good, "mx.d.test", ""},
		{"3 1 1 ignores the name", TLSAFor(good[0]), good, "other.test", ""},
		{"3 1 1 ignores the dates", TLSAFor(expired[0]), expired, "mx.d.test", ""},
		{"3 1 1 of another key", TLSAFor(expired[0]), good, "mx.d.test", "another one"},
		{"3 0 1", TLSA{3, 0, 1, sum256(good[0].Raw)}, good, "", ""},
		{"3 0 0", TLSA{3, 0, 0, good[0].Raw}, good, "", ""},
		{"3 1 2", TLSA{3, 1, 2, sum512(good[0].RawSubjectPublicKeyInfo)}, good, "", ""},
		{"2 0 1", TLSA{2, 0, 1, sum256(good[1].Raw)}, good, "mx.d.test", ""},
		{"2 0 1, wrong name", TLSA{2, 0, 1, sum256(good[1].Raw)}, good, "other.test", "other.test"},
		{"2 0 1, expired", TLSA{2, 0, 1, sum256(expired[1].Raw)}, expired, "mx.d.test", "expired"},
		{"2 0 1, not sent", TLSA{2, 0, 1, sum256(good[1].Raw)}, good[:1], "mx.d.test", "no certificate of that authority"},
		{"2 0 0, not sent", TLSA{2, 0, 0, good[1].Raw}, good[:1], "mx.d.test", ""},
		{"usage 1", TLSA{1, 0, 1, sum256(good[0].Raw)}, good, "mx.d.test", "usage 1"},
		{"selector 2", TLSA{3, 2, 1, sum256(good[0].Raw)}, good, "mx.d.test", "selector 2"},
		{"cut short", TLSA{3, 1, 1, sum256(good[0].Raw)[:31]}, good, "mx.d.test", "31 bytes"},
		{"matching type 3", TLSA{3, 1, 3, sum256(good[0].Raw)}, good, "mx.d.test", "matching type 3"},
		{"no certificate", TLSAFor(good[0]), nil, "mx.d.test", "no certificate"},
	} {
		err := test.tlsa.Verify(test.chain, []string{test.name}, time.Now())
		if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
			t.Errorf("%s: %v, want %q", test.about, err, test.wrong)
		}
	}
	if text := TLSAFor(good[0]).String(); !strings.HasPrefix(text, "3 1 1 ") || len(text) != 70 {
		t.Error(text)
	}
}

func TestBlockList(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7":        "7.2.0.192.list.test",
		"::ffff:192.0.2.7": "7.2.0.192.list.test",
		"2001:db8::1":      "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list.test",
	} {
		if got := BlockListName(netip.MustParseAddr(addr), "list.test."); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
	for text, want := range map[string]BlockListAnswer{
		"": NotListed, "127.0.0.2": Listed, "127.0.0.2 127.255.255.254": Refused, "127.255.255.252": Refused, "203.0.113.1": Strange,
		"127.0.0.4 203.0.113.1": Strange, "127.0.0.10 127.0.0.2": Listed,
	} {
		var addrs []netip.Addr
		for _, each := range strings.Fields(text) {
			addrs = append(addrs, netip.MustParseAddr(each))
		}
		if got, _ := ReadBlockList(addrs); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestCAAAndBIMI(t *testing.T) {
	for _, test := range []struct {
		records []CAA
		want    bool
	}{
		{nil, false},
		{[]CAA{{Tag: "issue", Value: ";"}}, true},
		{[]CAA{{Tag: "issue", Value: " ; x=y"}, {Tag: "ISSUE", Value: "ca.test"}}, false},
		{[]CAA{{Tag: "iodef", Value: "mailto:a@b.test"}}, false},
		{[]CAA{{Tag: "issuewild", Value: ";"}}, false}, // RFC 8659 §4.3: for wildcards alone
		{[]CAA{{Tag: "issuemail", Value: ";"}}, false}, // RFC 9495: for S/MIME alone
		{[]CAA{{Critical: true, Tag: "issuemail", Value: ";"}}, false},
		{[]CAA{{Tag: "moo", Value: "x"}, {Tag: "issue", Value: "ca.test"}}, false},
		{[]CAA{{Tag: "issue", Value: ""}}, true},
		{[]CAA{{Tag: "issue", Value: "%%%%%"}}, true}, // §4.2: malformed
		{[]CAA{{Tag: "issue", Value: "ca.test; account=230123; x=y"}}, false},
		{[]CAA{{Tag: "issue", Value: " ca-1.test ; "}}, false},
		{[]CAA{{Tag: "issue", Value: "ca.test; account"}}, true},
		{[]CAA{{Tag: "issue", Value: "ca.test account=1"}}, true},
		{[]CAA{{Tag: "issue", Value: "-ca.test"}, {Tag: "issue", Value: "ca..test"}}, true},
		{[]CAA{{Critical: true, Tag: "moo"}}, true},
	} {
		if got := DeniesAll(test.records); got != test.want {
			t.Errorf("%v: %v", test.records, got)
		}
	}
	for text, ok := range map[string]bool{
		"v=BIMI1; l=https://d.test/logo.svg; a=https://d.test/vmc.pem": true, "v=BIMI1; l=; a=;": true,
		"v=BIMI1; l=http://d.test/logo.svg": false, "v=BIMI1; a=": false, "v=BIMI1; l=; l=": false,
	} {
		if _, err := ParseBIMI(text); (err == nil) != ok || !IsBIMI(text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add("v=DKIM1; k=rsa; h=sha256; s=email; t=y; p=MIGf")
	f.Add("version: STSv1\nmode: enforce\nmx: *.e.test\nmax_age: 604800\n")
	f.Add("v=TLSRPTv1; rua=mailto:a@b.test,https://b.test/v1")
	f.Add("v=BIMI1; l=https://d.test/logo.svg; a=self")
	f.Fuzz(func(t *testing.T, text string) {
		if k := ParseDKIMKey(text); k.Bits < 0 || k.Revoked && k.Bits > 0 {
			t.Errorf("%+v", k)
		}
		if p, err := ParseSTSPolicy(text); err == nil && p.Mode != "none" && len(p.MX) == 0 {
			t.Errorf("%+v", p)
		}
		if rua, faults := ParseTLSRPT(text); len(rua)+len(faults) == 0 {
			t.Error("a record without destination is good")
		}
		if address := MailtoAddress(text); address != "" && (!isPrintable(address) || strings.Count(address, "@") != 1) {
			t.Errorf("%q", address)
		}
		if DeniesAll([]CAA{{Tag: "issue", Value: text}}) == namesAuthority(text) {
			t.Error("an authority that is named and denied")
		}
		ParseBIMI(text)
		ParseSTSRecord(text)
	})
}
