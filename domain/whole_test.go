package domain_test

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
)

// perfect is a domain that has everything, and all of it right, but for the policy by
// HTTPS and the sessions.
func perfect(t *testing.T) dnstest.World {
	return dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: `
			@               MX    10 mx1
			@               MX    20 mx2
			@               TXT   "v=spf1 mx -all"
			@               CAA   0 issue "ca.example"
			mx1             A     192.0.2.1
			mx1             AAAA  2001:db8::1
			mx2             A     192.0.2.2
			mx2             AAAA  2001:db8::2
			_25._tcp.mx1    TLSA  3 1 1 ` + digest + `
			_25._tcp.mx2    TLSA  3 1 1 ` + digest + `
			_dmarc          TXT   "v=DMARC1; p=reject; rua=mailto:d@example.org"
			default._bimi   TXT   "v=BIMI1; l=https://example.org/l.svg"
			_smtp._tls      TXT   "v=TLSRPTv1; rua=mailto:t@example.org"
			_imaps._tcp     SRV   0 1 993 mx1
			` + txt("s1", "v=DKIM1; p="+rsaKey(t, 2048))},
		{Name: "2.0.192.in-addr.arpa", Records: "1 PTR mx1.example.org.\n2 PTR mx2.example.org."},
		{Name: "8.b.d.0.1.0.0.2.ip6.arpa", Records: "1" + strings.Repeat(".0", 23) + " PTR mx1.example.org.\n2" + strings.Repeat(".0", 23) + " PTR mx2.example.org."},
	}}
}

// TestWhole: the steps are recorded in their order, whatever was known first, and each
// question is asked once.
func TestWhole(t *testing.T) {
	server, err := dnstest.Start(perfect(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	anchors := writeAnchors(t, server)
	r := whole(t, server.Addr(), anchors, "example.org", "--selector", "s1", "--require", "dnssec,dane,tlsrpt,dkim,ipv6,bimi")
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
		if s.Status != probe.OK && s.Status != probe.Skipped || s.Group == "" || s.Elapsed <= 0 {
			t.Errorf("%s (%s, %s): %s %s", s.Name, s.Group, s.Elapsed, s.Status, s.Detail)
		}
	}
	if want := "delegation mx dane mta-sts caa srv ptr spf dkim dmarc dnsbl bimi dmarc-reports tlsrpt"; strings.Join(names, " ") != want {
		t.Errorf("the steps are %v", names)
	}
	if r.Status != probe.OK || !strings.Contains(r.Summary, "DNSSEC secure") {
		t.Errorf("%s %s", r.Status, r.Summary)
	}
	asked := server.Queries()
	slices.SortFunc(asked, func(a, b dnstest.Query) int { return strings.Compare(a.String(), b.String()) })
	t.Logf("%d queries", len(asked))
	for i, q := range asked {
		if i > 0 && q == asked[i-1] {
			t.Errorf("%s was asked twice", q)
		}
	}
}

// TestOnly: only and skip choose steps.
func TestOnly(t *testing.T) {
	addr, anchors := start(t, perfect(t))
	if r := whole(t, addr, anchors, "example.org", "--only", "spf", "--only", "mx", "--skip", "spf"); len(r.Steps) != 1 || r.Steps[0].Name != "mx" {
		t.Errorf("%+v", r.Steps)
	}
}

// TestHelp: the help names the steps in their order, for --only and --skip.
func TestHelp(t *testing.T) {
	kind := domain.Kind()
	_, listed, _ := strings.Cut(kind.Long, "The steps are ")
	words := strings.FieldsFunc(strings.ReplaceAll(listed, " and ", " "), func(r rune) bool { return strings.ContainsRune(" ,.\n", r) })
	if !slices.Equal(words, kind.Steps) {
		t.Errorf("%q, not %q", words, kind.Steps)
	}
}

// TestConform: the kind is like every other.
func TestConform(t *testing.T) {
	addr, anchors := start(t, perfect(t))
	probetest.Conform(t, domain.Kind(), "--resolver", addr, "--trust-anchor", anchors, "--no-sessions", "example.org", "other.org")
	probetest.Conform(t, domain.Kind(), "--resolver", addr, "--trust-anchor", anchors, "example.org")
}

// TestWrongOptions: what is wrong with an option is said with what would be right.
func TestWrongOptions(t *testing.T) {
	for args, says := range map[string]string{
		"--all-addresses":                "has no meaning for a domain",
		"--only exchanger --no-sessions": "leave no step to do",
		"--client-key whole_test.go":     "needs --client-cert, too",
		"--sending here":                 `"here" is not an IP address such as 192.0.2.25`,
		"--dnsbl a..b":                   "not the zone of a block list",
		"--selector a/b":                 "not a selector",
		"--require dkim":                 "--selector NAME",
		"--message /nonexistent":         "no such file",
		"--trust-anchor /nonexistent":    "does not exist",
		"--trust-anchor whole_test.go":   "whole_test.go",
		"--ca-file whole_test.go":        "no PEM certificate",
		"--message whole_test.go":        "whole_test.go",
		"--resolver nonsense":            "not an address such as",
		"--warn dmarc_querie=1":          "dmarc_queries",
		"--helo a\u00e4":                 "not a host name",
	} {
		c := probe.New(domain.Kind())
		if _, err := probe.ParseArgs(c.Declared, strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		if err := c.Prepare(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", args, err)
		}
	}
	for name, text := range map[string]string{"require": "dnsec", "only": "spff", "skip": "x"} {
		c := probe.New(domain.Kind())
		if err := c.Set(name, text); err == nil || !strings.Contains(err.Error(), "is none of") {
			t.Errorf("%s %s: %v", name, text, err)
		}
	}
}
