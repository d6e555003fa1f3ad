package dnssec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// records reads lines of a zone.
func records(t *testing.T, text string) []dns.RR {
	t.Helper()
	var all []dns.RR
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rr)
	}
	return all
}

// claim is what is to be proven.
type claim struct {
	what string // "name", "closer", "cut", or a type
	name string
	want string // "yes", "insecure" or a part of the reason why not; of a cut its kind
}

func (c claim) check(t *testing.T, d denial) {
	t.Helper()
	var is proof
	var why string
	switch c.what {
	case "name":
		is, why = d.noName(c.name)
	case "closer":
		is, why = d.noCloser(c.name)
	case "cut":
		kind, why := d.cutAt(c.name)
		if got := []string{"unknown", "none", "nothing", "insecure"}[kind]; got != c.want {
			t.Errorf("cut at %s: %s (%s), want %s", c.name, got, why, c.want)
		}
		return
	default:
		is, why = d.noType(c.name, Type(dns.StringToType[c.what]))
	}
	got := []string{why, "yes", "insecure"}[is]
	if got != c.want && (is != unproven || c.want == "yes" || c.want == "insecure" || !strings.Contains(why, c.want)) {
		t.Errorf("%s of %s: %s (%s), want %s", c.what, c.name, got, why, c.want)
	}
}

// TestNSEC: what records prove, and what they must not be taken for.
func TestNSEC(t *testing.T) {
	for _, c := range []struct {
		what, records string
		claims        []claim
	}{
		{"a gap", `
			b.example. NSEC d.example. A RRSIG NSEC
			example.   NSEC b.example. NS SOA RRSIG NSEC DNSKEY`, []claim{
			{"name", "c.example.", "yes"},
			{"name", "x.c.example.", "yes"},
			{"name", "a.example.", "yes"},
			{"name", "b.example.", "no NSEC record"}, // it exists
			{"name", "d.example.", "no NSEC record"},
			{"name", "e.example.", "no NSEC record"},
			{"name", "c.other.", "no NSEC record"}, // in order, but of another zone
			{"name", "example.", "no NSEC record"},
			{"TXT", "b.example.", "yes"},
			{"A", "b.example.", "has a A"},
			{"A", "c.example.", "does not exist, while"},
			{"closer", "c.example.", "yes"},
			{"closer", "b.example.", "no NSEC record"},
			{"cut", "b.example.", "none"},
			{"cut", "c.example.", "nothing"},
			{"cut", "z.example.", "unknown"},
		}},
		{"no gap for the wildcard", "b.example. NSEC d.example. A RRSIG NSEC", []claim{
			{"name", "c.example.", "wildcard *.example"},
		}},
		{"the last", "x.example. NSEC example. A RRSIG NSEC", []claim{
			{"closer", "y.example.", "yes"},
			{"closer", "a.example.", "no NSEC record"},
			{"closer", "y.other.", "no NSEC record"},
		}},
		{"an empty non-terminal", `
			b.example. NSEC x.c.example. A RRSIG NSEC
			example.   NSEC b.example. NS SOA RRSIG NSEC`, []claim{
			{"A", "c.example.", "yes"},
			{"name", "c.example.", "no NSEC record"},
			{"closer", "c.example.", "no NSEC record"},
			{"cut", "c.example.", "none"},
			{"name", "w.c.example.", "yes"},
		}},
		{"the encloser is nearer than the wildcard", "a.b.example. NSEC c.b.example. A RRSIG NSEC", []claim{
			{"closer", "b.b.example.", "yes"},
			{"closer", "x.a.b.example.", "yes"}, // for *.a.b.example.
		}},
		{"a delegation says nothing of what is below (RFC 6840 §4.1)", `
			sub.example. NSEC t.example. NS RRSIG NSEC
			example.     NSEC a.example. NS SOA RRSIG NSEC`, []claim{
			{"name", "www.sub.example.", "no NSEC record"},
			{"closer", "www.sub.example.", "no NSEC record"},
			{"A", "www.sub.example.", "no NSEC record"},
			{"A", "sub.example.", "does not know its records"},
			{"MX", "sub.example.", "does not know its records"},
			{"DS", "sub.example.", "yes"},
			{"cut", "sub.example.", "insecure"},
			{"cut", "www.sub.example.", "unknown"},
		}},
		{"a DNAME says nothing of what is below (RFC 6672 §5.3.4.1)", "m.example. NSEC t.example. DNAME RRSIG NSEC", []claim{
			{"name", "www.m.example.", "no NSEC record"},
			{"closer", "www.m.example.", "no NSEC record"},
			{"A", "m.example.", "yes"},
		}},
		{"the child's own is no denial of its DS (RFC 4035 §5.2)", "sub.example. NSEC a.sub.example. NS SOA RRSIG NSEC DNSKEY", []claim{
			{"DS", "sub.example.", "the child's"},
			{"cut", "sub.example.", "unknown"},
			{"A", "sub.example.", "yes"},
		}},
		{"a DS that is denied and there", "sub.example. NSEC t.example. NS DS RRSIG NSEC", []claim{
			{"DS", "sub.example.", "has a DS"},
			{"cut", "sub.example.", "unknown"},
		}},
		{"an alias has no other types", "a.example. NSEC t.example. CNAME RRSIG NSEC", []claim{
			{"A", "a.example.", "is an alias"},
			{"CNAME", "a.example.", "has a CNAME"},
		}},
		{"a wildcard stands for the name", `
			*.example. NSEC b.example. A RRSIG NSEC
			b.example. NSEC d.example. A RRSIG NSEC`, []claim{
			{"TXT", "c.example.", "yes"},
			{"A", "c.example.", "has a A of *.example"},
			{"name", "c.example.", "wildcard *.example"},
		}},
		{"letter case", "B.example. NSEC D.example. A RRSIG NSEC", []claim{{"closer", "c.example.", "yes"}}},
		{"escapes", `\000.c.example. NSEC \200.c.example. A RRSIG NSEC`, []claim{
			{"closer", "a.c.example.", "yes"},
			{"closer", `\255.c.example.`, "no NSEC record"},
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := nsecDenial{zone: "example."}
			for _, rr := range records(t, c.records) {
				rr.Header().Name = canonical(rr.Header().Name)
				d.records = append(d.records, rr.(*dns.NSEC))
			}
			for _, claim := range c.claims {
				claim.check(t, d)
			}
		})
	}
}

// hashedZone makes the NSEC3 records that are about names: each as "name types", or for a
// gap "~name", from right before its hash to right behind.
func hashedZone(t *testing.T, iterations uint16, optOut bool, about ...string) denial {
	t.Helper()
	var all []*nsec3
	for _, line := range about {
		fields := strings.Fields(line)
		name, gap := strings.CutPrefix(fields[0], "~")
		h := dns.HashName(name, dns.SHA1, iterations, "ab")
		rr := &dns.NSEC3{Hash: dns.SHA1, Iterations: iterations, Salt: "ab", NextDomain: h[:len(h)-1] + "V"}
		rr.Hdr = dns.RR_Header{Name: strings.ToLower(h) + ".example.", Rrtype: dns.TypeNSEC3, Class: dns.ClassINET}
		if gap {
			rr.Hdr.Name = strings.ToLower(h[:len(h)-1]) + "0.example."
			if strings.HasSuffix(h, "0") {
				t.Fatalf("the hash of %s ends in 0: take another name", name)
			}
			if optOut {
				rr.Flags = 1
			}
		}
		for _, f := range fields[1:] {
			rr.TypeBitMap = append(rr.TypeBitMap, dns.StringToType[f])
		}
		all = append(all, newNSEC3(rr, "example."))
	}
	return newNSEC3Denial(&judge{}, "example.", all)
}

func TestNSEC3(t *testing.T) {
	const apex = "example. NS SOA RRSIG DNSKEY NSEC3PARAM"
	for _, c := range []struct {
		what       string
		iterations uint16
		optOut     bool
		about      []string
		claims     []claim
	}{
		{"a gap", 1, false, []string{apex, "~c.example.", "~*.example.", "b.example. A RRSIG"}, []claim{
			{"name", "c.example.", "yes"},
			{"name", "x.c.example.", "yes"},
			{"name", "b.example.", "no NSEC3 record"},
			{"name", "d.example.", "no NSEC3 record"},
			{"TXT", "b.example.", "yes"},
			{"A", "b.example.", "has a A"},
			{"A", "c.example.", "does not exist, while"},
			{"closer", "c.example.", "yes"},
			{"cut", "c.example.", "nothing"},
			{"cut", "b.example.", "none"},
			{"cut", "d.example.", "unknown"},
		}},
		{"no gap for the wildcard", 1, false, []string{apex, "~c.example."}, []claim{{"name", "c.example.", "wildcard *.example"}}},
		{"no encloser", 1, false, []string{"~c.example.", "~*.example."}, []claim{{"name", "c.example.", "no NSEC3 record"}}},
		{"a delegation says nothing of what is below", 1, false, []string{apex, "sub.example. NS", "~www.sub.example.", "~*.sub.example."}, []claim{
			{"name", "www.sub.example.", "no NSEC3 record"},
			{"A", "www.sub.example.", "no NSEC3 record"},
			{"A", "sub.example.", "does not know its records"},
			{"DS", "sub.example.", "yes"},
			{"cut", "sub.example.", "insecure"},
			{"cut", "www.sub.example.", "unknown"},
		}},
		{"a DNAME says nothing of what is below", 1, false, []string{apex, "m.example. DNAME RRSIG", "~www.m.example.", "~*.m.example."}, []claim{
			{"name", "www.m.example.", "no NSEC3 record"},
		}},
		{"the child's own is no denial of its DS", 1, false, []string{"sub.example. NS SOA"}, []claim{
			{"DS", "sub.example.", "the child's"}, {"cut", "sub.example.", "unknown"},
		}},
		{"opt-out", 1, true, []string{apex, "~c.example.", "~*.example."}, []claim{
			{"name", "c.example.", "insecure"},
			{"DS", "c.example.", "insecure"},
			{"closer", "c.example.", "insecure"},
			{"cut", "c.example.", "insecure"},
			{"A", "c.example.", "does not exist, while"},
		}},
		{"a wildcard stands for the name", 1, false, []string{apex, "~c.example.", "*.example. A RRSIG"}, []claim{
			{"TXT", "c.example.", "yes"}, {"A", "c.example.", "has a A of *.example"}, {"name", "c.example.", "wildcard"},
		}},
		{"100 iterations", 100, false, []string{apex, "~c.example.", "~*.example."}, []claim{{"name", "c.example.", "yes"}}},
		{"101 iterations", 101, false, []string{apex, "~c.example.", "~*.example."}, []claim{
			{"name", "c.example.", "insecure"}, {"A", "c.example.", "insecure"}, {"closer", "c.example.", "insecure"}, {"cut", "c.example.", "insecure"},
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := hashedZone(t, c.iterations, c.optOut, c.about...)
			for _, claim := range c.claims {
				claim.check(t, d)
			}
		})
	}
}

// TestNSEC3Ignored: records with what is not known (RFC 5155 §8.1, §8.2), or at other
// names than those of hashes.
func TestNSEC3Ignored(t *testing.T) {
	for _, line := range []string{
		"aaaa.example. NSEC3 2 0 1 - BBBB A", "aaaa.example. NSEC3 1 2 1 - BBBB A", "aaaa.b.example. NSEC3 1 0 1 - BBBB A", "example. NSEC3 1 0 1 - BBBB A",
	} {
		if n := newNSEC3(records(t, line)[0].(*dns.NSEC3), "example."); n != nil {
			t.Error(line)
		}
	}
	if n := newNSEC3(records(t, "aaaa.example. NSEC3 1 1 1 - BBBB A")[0].(*dns.NSEC3), "example."); n == nil || n.hash != "AAAA" || !n.optOut() {
		t.Error(n)
	}
}

func TestGap(t *testing.T) {
	for _, c := range []struct {
		hash, next, h string
		in            bool
	}{
		{"B", "D", "C", true}, {"B", "D", "B", false}, {"B", "D", "D", false}, {"B", "D", "A", false},
		{"D", "B", "E", true}, {"D", "B", "A", true}, {"D", "B", "C", false}, {"D", "B", "B", false}, {"D", "B", "D", false},
		{"B", "B", "C", true}, {"B", "B", "B", false},
	} {
		if inGap(c.hash, c.next, c.h) != c.in {
			t.Errorf("%+v", c)
		}
	}
}

// TestOrder is the example of RFC 4034 §6.1.
func TestOrder(t *testing.T) {
	names := []string{"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.", "*.z.example.", "\\200.z.example."}
	for i := range names {
		names[i] = canonical(names[i])
	}
	if !slices.IsSortedFunc(names, compareNames) {
		t.Error(names)
	}
	for i := range names {
		for k := range names {
			if got := compareNames(names[i], names[k]); (got < 0) != (i < k) || (got == 0) != (i == k) {
				t.Errorf("%s, %s: %d", names[i], names[k], got)
			}
		}
	}
}

// TestHashesAreBounded (CVE-2023-50868).
func TestHashesAreBounded(t *testing.T) {
	j := &judge{}
	d := newNSEC3Denial(j, "example.", hashedZone(t, 100, false, "example. NS SOA").(*nsec3Denial).records)
	for i := range 200 {
		d.noName(fmt.Sprintf("%s%d.example.", strings.Repeat("a.", 100), i))
	}
	if len(d.hashes) > maxHashes {
		t.Errorf("%d names hashed", len(d.hashes))
	}
}

func TestSpecialNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a.test.": true, "test.": true, "localhost.": true, "x.home.arpa.": true, "1.0.0.10.in-addr.arpa.": true,
		"1.2.16.172.in-addr.arpa.": true, "1.2.31.172.in-addr.arpa.": true, "1.2.15.172.in-addr.arpa.": false, "1.2.32.172.in-addr.arpa.": false,
		"172.in-addr.arpa.": false, "64.100.in-addr.arpa.": true, "63.100.in-addr.arpa.": false, "x.100.in-addr.arpa.": false,
		"99999999999999999999.100.in-addr.arpa.": false, "example.org.": false, "atest.": false, "1.0.0.8.in-addr.arpa.": false,
		"b.d.0.1.0.0.2.ip6.arpa.": false, "1.8.b.d.0.1.0.0.2.ip6.arpa.": true,
	} {
		if (specialOf(name) != "") != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestHosts(t *testing.T) {
	hosts := parseHosts(strings.NewReader("127.0.0.1 localhost\n# 192.0.2.9 no\n 192.0.2.1\tMail.example.org mail # mx\n2001:db8::1 mail\nx y\n192.0.2.2\n"))
	if got := fmt.Sprint(hosts); got != "map[localhost.:[127.0.0.1] mail.:[192.0.2.1 2001:db8::1] mail.example.org.:[192.0.2.1]]" {
		t.Error(got)
	}
}

func TestWords(t *testing.T) {
	if s := fmt.Sprint(TypeTLSA, Type(65280), Secure, Insecure, Bogus, Indeterminate, NXDomain, Rcode(99), NoName, NoData, NotDenied); s != "TLSA TYPE65280 secure insecure bogus indeterminate NXDOMAIN RCODE99 no such name no such record not denied" {
		t.Error(s)
	}
	if s := fmt.Sprint(ExtendedError{7, "CR36"}, ExtendedError{200, ""}); s != `signature expired ("CR36") extended error 200` {
		t.Error(s)
	}
}
