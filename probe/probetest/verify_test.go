package probetest

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"reflect"
	"strings"
	"testing"

	"mailprobe/probe"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                      nil,
		" a  b\n":               {"a", "b"},
		`a 'b c' "d e"`:         {"a", "b c", "d e"},
		`--x='a b'c ''`:         {"--x=a bc", ""},
		`"a\"b" a\ b 'a\b' \'`:  {`a"b`, "a b", `a\b`, "'"},
		`--expect 'rcpt=^550 '`: {"--expect", "rcpt=^550 "},
	} {
		if got, err := splitWords(line); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("splitWords(%q) = %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`'a`, `"a`, `a\`} {
		if got, err := splitWords(line); err == nil {
			t.Errorf("splitWords(%q) = %q; want an error", line, got)
		}
	}
}

func TestFindSecret(t *testing.T) {
	const secret = "C0rrect/Horse+Stap1e"
	plain := base64.StdEncoding.EncodeToString([]byte("\x00user\x00" + secret))
	for _, text := range []string{
		"so " + secret + " it is", strings.ToUpper(secret), secret[:14] + "...", plain, "AUTH PLAIN " + plain[3:],
		base64.URLEncoding.EncodeToString([]byte("a" + secret)), base64.RawStdEncoding.EncodeToString([]byte(secret)),
	} {
		if findSecret(text, seeker(secret)) == "" {
			t.Errorf("the secret was not found in %q", text)
		}
	}
	for _, text := range []string{"", "***", "Correct/Horse", base64.StdEncoding.EncodeToString([]byte("something else"))} {
		if where := findSecret(text, seeker(secret)); where != "" {
			t.Errorf("a secret was found in %q: %s", text, where)
		}
	}
	if findSecret("abc", seeker("b")) != "" || findSecret("a B c", seeker("b")) == "" {
		t.Error("a short secret counts as a whole word only")
	}
}

func TestFaultsOfResults(t *testing.T) {
	ok := probe.Step{Name: "connect", Status: probe.OK}
	bad := probe.Step{Name: "connect", Status: probe.Critical}
	kind := probe.Kind{Steps: []string{"connect"}}
	if uniqueSteps(&probe.Result{Steps: []probe.Step{ok, ok}}) == nil {
		t.Error("a repeated step was not found")
	}
	if knownSteps(kind, &probe.Result{Steps: []probe.Step{{Name: "other"}}}) == nil {
		t.Error("a step that the kind does not have was not found")
	}
	for _, r := range []*probe.Result{
		{}, {Status: probe.OK, Summary: "x", Steps: []probe.Step{bad}}, {Status: probe.OK, Steps: []probe.Step{ok}},
		{Status: probe.Critical, Summary: "x", Steps: []probe.Step{bad}},
	} {
		if isConclusive(r) == nil {
			t.Errorf("%s is not conclusive", Golden(r))
		}
	}
	if err := isConclusive(&probe.Result{Status: probe.OK, Summary: "fine", Steps: []probe.Step{ok}}); err != nil {
		t.Error(err)
	}
}

func TestZone(t *testing.T) {
	z, err := parseZone(`
example.org MX 20 backup.example.org.
example.org MX 10 MX.example.org   # first
mx.example.org A 192.0.2.1
mx.example.org AAAA 2001:db8::1
nothing.example.org MX 0 .
`)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if mx, err := z.LookupMX(ctx, "Example.org."); err != nil || len(mx) != 2 || mx[0].Host != "mx.example.org." {
		t.Errorf("exchangers: %v, %v", mx, err)
	}
	if mx, err := z.LookupMX(ctx, "nothing.example.org"); err != nil || mx[0].Host != "." {
		t.Errorf("null MX: %v, %v", mx, err)
	}
	if a, err := z.LookupNetIP(ctx, "ip4", "mx.example.org"); err != nil || len(a) != 1 || !a[0].Is4In6() {
		t.Errorf("addresses: %v, %v", a, err)
	}
	var dns *net.DNSError
	for _, name := range []string{"example.org", "unknown.example.org"} {
		if _, err := z.LookupNetIP(ctx, "ip", name); !errors.As(err, &dns) || !dns.IsNotFound {
			t.Errorf("%s: %v; want not found", name, err)
		}
	}
	for _, bad := range []string{"x", "x A", "x A 2001:db8::1", "x AAAA 192.0.2.1", "x MX 70000 y", "x TXT y"} {
		if _, err := parseZone(bad); err == nil {
			t.Errorf("%q was taken for a record", bad)
		}
	}
}
