package dnssec_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// one is a small world: a zone of each kind.
func one(rules ...dnstest.Rule) dnstest.World {
	return dnstest.World{
		Zones: []dnstest.Zone{
			{Name: "example.org", Records: mailZone},
			{Name: "plain.org", Records: mailZone, Algorithm: dnstest.Unsigned},
			{Name: "expired.org", Records: mailZone, Fault: dnstest.Expired},
			{Name: "olddata.org", Records: mailZone, Fault: dnstest.ExpiredData},
			{Name: "nosig.org", Records: mailZone, Fault: dnstest.NoSignatures},
			{Name: "own.test", Records: "mail A 192.0.2.1"},
		},
		Rules: rules,
	}
}

// TestOversize: a resolver sends more by UDP than it was allowed to. What fits is taken,
// and what does not is asked for by TCP.
func TestOversize(t *testing.T) {
	for _, c := range []struct {
		texts int // of 200 bytes
		tcp   bool
	}{{4, false}, {15, false}, {30, true}} {
		var records strings.Builder
		for i := range c.texts {
			fmt.Fprintf(&records, "@ TXT %0200d\n", i)
		}
		s := start(t, dnstest.World{
			Zones: []dnstest.Zone{{Name: "example.org", Records: records.String()}},
			Rules: []dnstest.Rule{{Name: "example.org", Type: "TXT", Oversize: true}},
		})
		a, err := clientOf(t, s).Lookup(t.Context(), "example.org", dnssec.TypeTXT)
		if err != nil || a.Status != dnssec.Secure || len(a.Records) != c.texts {
			t.Errorf("%d texts: %d records, %s %s, error %v", c.texts, len(a.Records), a.Status, a.Why, err)
		}
		byTCP := slices.ContainsFunc(s.Queries(), func(q dnstest.Query) bool { return q.TCP })
		if byTCP != c.tcp {
			t.Errorf("%d texts: asked by TCP is %v", c.texts, byTCP)
		}
	}
}

// TestResolverFaults: what a resolver does to an answer, and what becomes of it.
func TestResolverFaults(t *testing.T) {
	const mx = "10 mx1.example.org.\n20 mx2.example.org."
	for _, c := range []struct {
		what   string
		change func(*dnstest.World)
		name   string
		kind   dnssec.Type
		status dnssec.Status
		rcode  dnssec.Rcode
		lines  string // of the records
		why    string
		asked  string // of the queries for the name, those by TCP or without CD
	}{
		{"all is well", nil, "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", ""},
		{"TC", rule(dnstest.Rule{Name: "example.org", Type: "MX", Truncate: true}), "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", "example.org. MX TCP"},
		{"TC inside a record", rule(dnstest.Rule{Name: "example.org", Type: "MX", Cut: true}), "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", "example.org. MX TCP"},
		{"first packet lost", rule(dnstest.Rule{Name: "example.org", Type: "MX", DropFirst: true}), "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", ""},
		{"no UDP", rule(dnstest.Rule{Name: ".", Below: true, DropUDP: true}), "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", "example.org. MX TCP"},
		{"stray packets", rule(dnstest.Rule{Name: ".", Below: true, Stray: true}), "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", ""},
		{"other letter case", func(w *dnstest.World) { w.Shouts = true }, "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", ""},
		{"other letter case of a denial", func(w *dnstest.World) { w.Shouts = true }, "nothing.example.org", dnssec.TypeMX, dnssec.Secure, dnssec.NXDomain, "", "", ""},
		{"root keys of its own", func(w *dnstest.World) { w.OwnRootKeys = true }, "example.org", dnssec.TypeMX, dnssec.Secure, 0, mx, "", ""},
		{"no DNSSEC", func(w *dnstest.World) { w.Strips = true }, "example.org", dnssec.TypeMX, dnssec.Indeterminate, 0, mx, "this resolver strips DNSSEC", "example.org. MX CD=0"},
		{"no DNSSEC, but it validates", func(w *dnstest.World) { w.Strips, w.Validates = true, true }, "expired.org", dnssec.TypeMX, dnssec.Bogus, 0, "10 mx1.expired.org.\n20 mx2.expired.org.", "asked to validate, the resolver answers SERVFAIL: DNSSEC bogus (\"validation failure\")", "expired.org. MX CD=0"},
		{"signatures stripped from one answer", rule(dnstest.Rule{Name: "example.org", Type: "MX", Strip: true}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, 0, mx, "answers by itself or strips DNSSEC: MX of example.org has no signature", "example.org. MX CD=0"},
		{"proof stripped", rule(dnstest.Rule{Name: "nothing.example.org", NoProof: true}), "nothing.example.org", dnssec.TypeMX, dnssec.Indeterminate, dnssec.NXDomain, "", "neither", "nothing.example.org. MX CD=0"},
		{"signatures damaged", rule(dnstest.Rule{Name: "example.org", Type: "MX", Damage: true}), "example.org", dnssec.TypeMX, dnssec.Bogus, 0, mx, "does not match the records", ""},
		{"denial damaged", rule(dnstest.Rule{Name: "nothing.example.org", Damage: true}), "nothing.example.org", dnssec.TypeMX, dnssec.Bogus, dnssec.NXDomain, "", "does not match the records", ""},
		{"DS damaged", rule(dnstest.Rule{Name: "example.org", Type: "DS", Damage: true}), "example.org", dnssec.TypeMX, dnssec.Bogus, 0, mx, "signature of DS of example.org", ""},
		{"DS stripped", rule(dnstest.Rule{Name: "example.org", Type: "DS", Strip: true}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, 0, mx, "DS of example.org has no signature", "example.org. MX CD=0"},
		{"keys of the root damaged", rule(dnstest.Rule{Name: ".", Type: "DNSKEY", Damage: true}), "example.org", dnssec.TypeMX, dnssec.Bogus, 0, mx, "signature of DNSKEY of the root", ""},
		{"split horizon", rule(dnstest.Rule{Name: "example.org", Type: "MX", Records: "example.org. 60 IN MX 5 inside.example.org."}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, 0, "5 inside.example.org.", "answers by itself or strips", "example.org. MX CD=0"},
		{"split horizon below an unsigned zone", rule(dnstest.Rule{Name: "mx1.plain.org", Type: "A", Records: "mx1.plain.org. 60 IN A 10.0.0.1"}), "mx1.plain.org", dnssec.TypeA, dnssec.Insecure, 0, "10.0.0.1", "", ""},
		{"a name for special use", rule(dnstest.Rule{Name: "mail.test", Records: "mail.test. 60 IN A 10.0.0.1"}), "mail.test", dnssec.TypeA, dnssec.Indeterminate, 0, "10.0.0.1", "your resolver answers mail.test itself", ""},
		{"a zone below a name for special use", func(w *dnstest.World) {
			w.Rules = []dnstest.Rule{{Name: "mail.own.test", Type: "A", Records: "mail.own.test. 60 IN A 10.0.0.1"}}
		}, "mail.own.test", dnssec.TypeA, dnssec.Indeterminate, 0, "10.0.0.1", "this resolver answers by itself", "mail.own.test. A CD=0"},
		{"SERVFAIL", rule(dnstest.Rule{Name: "example.org", Type: "MX", Rcode: "SERVFAIL", EDE: 22, Text: "all of 3 servers"}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, dnssec.ServFail, "", "SERVFAIL for example.org: no reachable authority (\"all of 3 servers\")", ""},
		{"SERVFAIL in an unsigned zone", rule(dnstest.Rule{Name: "plain.org", Type: "MX", Rcode: "SERVFAIL"}), "plain.org", dnssec.TypeMX, dnssec.Indeterminate, dnssec.ServFail, "", "not signed", ""},
		{"SERVFAIL in spite of CD for the keys too", func(w *dnstest.World) { w.Validates, w.IgnoresCD = true, true }, "x.expired.org", dnssec.TypeMX, dnssec.Indeterminate, dnssec.ServFail, "", "SERVFAIL", ""},
		{"SERVFAIL below an expired apex", rule(dnstest.Rule{Name: "mx1.expired.org", Rcode: "SERVFAIL"}), "mx1.expired.org", dnssec.TypeA, dnssec.Bogus, dnssec.ServFail, "", "expired on", ""},
		{"SERVFAIL, keys good, SOA expired", rule(dnstest.Rule{Name: "mx1.olddata.org", Rcode: "SERVFAIL"}), "mx1.olddata.org", dnssec.TypeA, dnssec.Bogus, dnssec.ServFail, "", "SOA of olddata.org", ""},
		{"REFUSED", rule(dnstest.Rule{Name: "example.org", Type: "MX", Rcode: "REFUSED"}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, dnssec.Refused, "", "REFUSED", ""},
		{"bogus, the resolver validates", func(w *dnstest.World) { w.Validates = true }, "expired.org", dnssec.TypeMX, dnssec.Bogus, 0, "10 mx1.expired.org.\n20 mx2.expired.org.", "expired on", ""},
		{"unsigned, the resolver validates", func(w *dnstest.World) { w.Validates = true }, "nosig.org", dnssec.TypeMX, dnssec.Bogus, 0, "10 mx1.nosig.org.\n20 mx2.nosig.org.", "while nosig.org is signed; asked to validate", "nosig.org. MX CD=0"},
		{"keys cannot be had", rule(dnstest.Rule{Name: "example.org", Type: "DNSKEY", Rcode: "SERVFAIL"}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, 0, mx, "the keys of example.org could not be had", "example.org. MX CD=0"},
		{"DS cannot be had", rule(dnstest.Rule{Name: "example.org", Type: "DS", Rcode: "SERVFAIL"}), "example.org", dnssec.TypeMX, dnssec.Indeterminate, 0, mx, "the DS of example.org could not be had", ""},
		{"alias without its end", rule(dnstest.Rule{Name: "alias.example.org", Records: "alias.example.org. 60 IN CNAME mx2.plain.org."}), "alias.example.org", dnssec.TypeA, dnssec.Indeterminate, 0, "192.0.2.2", "neither a DS of alias.example.org nor", "alias.example.org. A CD=0"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := start(t, one())
			if c.change != nil {
				s.Change(c.change)
			}
			a, err := clientOf(t, s).Lookup(t.Context(), c.name, c.kind)
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Join(a.Lines(), "\n"); a.Status != c.status || a.Rcode != c.rcode || lines != c.lines || !strings.Contains(a.Why, c.why) {
				t.Errorf("%s, %s, %q, %q\nwant %s, %s, %q, %q", a.Status, a.Rcode, lines, a.Why, c.status, c.rcode, c.lines, c.why)
			}
			var asked []string
			udp := 0
			for _, q := range s.Queries() {
				if q.CD && !q.TCP && q.Name == c.name+"." && q.Type == c.kind.String() {
					udp++
				}
				if (q.TCP || !q.CD) && q.Name == c.name+"." && q.Type == c.kind.String() {
					asked = append(asked, q.String())
				}
			}
			if got := strings.Join(asked, ", "); got != c.asked {
				t.Errorf("asked %q, want %q", got, c.asked)
			}
			if again := c.what == "no UDP" || c.what == "first packet lost"; again != (udp == 2) {
				t.Errorf("asked %d times by UDP", udp)
			}
		})
	}
}

func rule(r dnstest.Rule) func(*dnstest.World) {
	return func(w *dnstest.World) { w.Rules = append(w.Rules, r) }
}

func TestSilence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		rule  dnstest.Rule
		alive bool
		words string
	}{
		{"for a name", dnstest.Rule{Name: "example.org", Type: "MX", Drop: true}, true, "does not answer for this name"},
		{"for all", dnstest.Rule{Name: ".", Below: true, Drop: true}, false, "the resolver does not answer"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := start(t, one(c.rule))
			keys, _ := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
			client := dnssec.New(dnssec.Options{Servers: []string{s.Addr()}, Anchors: keys, Timeout: 400 * time.Millisecond})
			_, err := client.LookupMX(t.Context(), "example.org")
			var failed *dnssec.LookupError
			var dns *net.DNSError
			if !errors.As(err, &failed) || !errors.As(err, &dns) || !dns.IsTimeout || dns.IsNotFound || failed.Alive != c.alive || !strings.Contains(err.Error(), c.words) || dns.Server != s.Addr() {
				t.Errorf("%#v", err)
			}
			var udp, tcp int
			for _, q := range s.Queries() {
				switch {
				case q.Type != "MX":
				case q.TCP:
					tcp++
				default:
					udp++
				}
			}
			if udp != 2 || tcp != 1 {
				t.Errorf("asked %d times by UDP and %d by TCP", udp, tcp)
			}
		})
	}
}

// TestServers: the next resolver is asked, and the one that answers is asked first
// from then on.
func TestServers(t *testing.T) {
	good := start(t, one())
	refusing := start(t, one(dnstest.Rule{Name: ".", Below: true, Rcode: "REFUSED"}))
	closed := start(t, one())
	closed.Close()
	for _, first := range []string{refusing.Addr(), closed.Addr()} {
		client := dnssec.New(dnssec.Options{Servers: []string{first, good.Addr()}, Timeout: 10 * time.Second})
		for _, kind := range []dnssec.Type{dnssec.TypeMX, dnssec.TypeTXT} {
			a, err := client.Lookup(t.Context(), "example.org", kind)
			if err != nil || !a.Found() || a.Server != good.Addr() {
				t.Errorf("%v, %v", a, err)
			}
		}
	}
	for _, q := range refusing.Queries() {
		if q.Type == "TXT" {
			t.Error("the resolver that refused was asked first again")
		}
	}
	_, err := dnssec.New(dnssec.Options{Servers: []string{closed.Addr()}, Timeout: time.Second}).Lookup(t.Context(), "example.org", dnssec.TypeMX)
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("nobody there: %v", err)
	}
}

// questions are the 22 that the mail health of a domain takes.
var questions = []struct {
	name string
	kind dnssec.Type
}{
	{"", dnssec.TypeMX}, {"", dnssec.TypeTXT}, {"", dnssec.TypeNS}, {"", dnssec.TypeSOA}, {"", dnssec.TypeA}, {"", dnssec.TypeAAAA}, {"", dnssec.TypeCAA},
	{"mx1.", dnssec.TypeA}, {"mx1.", dnssec.TypeAAAA}, {"mx2.", dnssec.TypeA}, {"mx2.", dnssec.TypeAAAA},
	{"_25._tcp.mx1.", dnssec.TypeTLSA}, {"_25._tcp.mx2.", dnssec.TypeTLSA},
	{"_dmarc.", dnssec.TypeTXT}, {"s1._domainkey.", dnssec.TypeTXT}, {"s2._domainkey.", dnssec.TypeTXT},
	{"_mta-sts.", dnssec.TypeTXT}, {"mta-sts.", dnssec.TypeA}, {"mta-sts.", dnssec.TypeAAAA}, {"_smtp._tls.", dnssec.TypeTXT},
	{"default._bimi.", dnssec.TypeTXT}, {"ns.", dnssec.TypeA},
}

// ask puts all questions about a domain, those of the exchangers after the MX.
func ask(ctx context.Context, client *dnssec.Client, domain string) error {
	var group sync.WaitGroup
	errs := make(chan error, len(questions))
	for i, q := range questions {
		if i == 1 {
			group.Wait()
		}
		group.Go(func() {
			_, err := client.Lookup(ctx, q.name+domain, q.kind)
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestFigures: what a domain costs.
func TestFigures(t *testing.T) {
	for _, c := range []struct {
		zone            dnstest.Zone
		queries, checks int64
	}{
		{dnstest.Zone{Name: "example.org", Records: mailZone}, 27, 45},
		{dnstest.Zone{Name: "example.org", Records: mailZone, NSEC3: &dnstest.NSEC3{}}, 27, 45},
		{dnstest.Zone{Name: "example.co.org", Records: mailZone}, 29, 45},
	} {
		s := start(t, dnstest.World{Zones: []dnstest.Zone{c.zone}, Delay: 50 * time.Millisecond})
		client := clientOf(t, s)
		begin := time.Now()
		if err := ask(t.Context(), client, c.zone.Name); err != nil {
			t.Fatal(err)
		}
		took := time.Since(begin)
		stats := client.Stats()
		if stats.Queries > c.queries || stats.Signatures > c.checks {
			t.Errorf("%s: %+v, at most %d and %d\n%v", c.zone.Name, stats, c.queries, c.checks, s.Queries())
		}
		t.Logf("%+v, %v with 50 ms to the resolver, MX first", stats, took)
		if err := ask(t.Context(), client, c.zone.Name); err != nil || client.Stats() != stats {
			t.Errorf("asked again: %+v, %v", client.Stats(), err)
		}
	}
}

func TestOneRoundTrip(t *testing.T) {
	s := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: mailZone}}, Delay: 500 * time.Millisecond})
	begin := time.Now()
	a, err := clientOf(t, s).Lookup(t.Context(), "example.org", dnssec.TypeMX)
	if took := time.Since(begin); err != nil || a.Status != dnssec.Secure || took > 990*time.Millisecond {
		t.Errorf("%s after %v, %v: the chain of trust is to be asked for together with the answer", a.Status, took, err)
	}
}

func TestOneFlight(t *testing.T) {
	s := start(t, one())
	client := clientOf(t, s)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { client.Lookup(t.Context(), "EXAMPLE.org.", dnssec.TypeMX) })
	}
	group.Wait()
	seen := map[string]int{}
	for _, q := range s.Queries() {
		seen[q.String()]++
	}
	for q, n := range seen {
		if n != 1 {
			t.Errorf("%s was asked %d times", q, n)
		}
	}
}

func TestContext(t *testing.T) {
	s := start(t, one(dnstest.Rule{Name: "example.org", Type: "MX", Delay: 300 * time.Millisecond}))
	client := clientOf(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := client.Lookup(ctx, "example.org", dnssec.TypeMX); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	// Another caller gets what the first did not wait for.
	if a, err := client.Lookup(t.Context(), "example.org", dnssec.TypeMX); err != nil || a.Status != dnssec.Secure {
		t.Error(a, err)
	}
}

func TestBadQuestions(t *testing.T) {
	client := dnssec.New(dnssec.Options{Servers: []string{"127.0.0.1:1"}})
	for _, name := range []string{"", "a..b", strings.Repeat("a", 64) + ".org", strings.Repeat("a.", 130)} {
		if _, err := client.Lookup(t.Context(), name, dnssec.TypeA); err == nil || !strings.Contains(err.Error(), "not a domain name") {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, kind := range []dnssec.Type{0, 41, 46, 252, 255} {
		if _, err := client.Lookup(t.Context(), "example.org", kind); err == nil || !strings.Contains(err.Error(), "cannot be looked up") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestRecords(t *testing.T) {
	s := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: `
		@    TXT   "v=spf1 " "a\"b\\c\009\255"
		@    MX    0 .
		@    CAA   128 iodef "mailto:a@b.example"
		@    A     192.0.2.1
		@    AAAA  ::ffff:192.0.2.1
		_25._tcp TLSA 3 1 1 00ff
		_s._tcp  SRV  1 2 3 Host
		p    PTR   Host.example.ORG.`}}})
	client := clientOf(t, s)
	data := func(name string, kind dnssec.Type) any {
		a, err := client.Lookup(t.Context(), name, kind)
		if err != nil || len(a.Records) != 1 || a.Status != dnssec.Secure {
			t.Fatalf("%s %s: %+v, %v", name, kind, a, err)
		}
		return a.Records[0].Data
	}
	for _, c := range []struct {
		name string
		kind dnssec.Type
		want any
	}{
		{"example.org", dnssec.TypeTXT, dnssec.TXT{"v=spf1 ", "a\"b\\c\t\xff"}},
		{"example.org", dnssec.TypeMX, dnssec.MX{Host: "."}},
		{"example.org", dnssec.TypeCAA, dnssec.CAA{Critical: true, Tag: "iodef", Value: "mailto:a@b.example"}},
		{"example.org", dnssec.TypeA, netip.MustParseAddr("192.0.2.1")},
		{"example.org", dnssec.TypeAAAA, netip.MustParseAddr("::ffff:192.0.2.1")},
		{"_25._tcp.example.org", dnssec.TypeTLSA, dnssec.TLSA{Usage: 3, Selector: 1, Matching: 1, Data: []byte{0, 255}}},
		{"_s._tcp.example.org", dnssec.TypeSRV, dnssec.SRV{Priority: 1, Weight: 2, Port: 3, Host: "Host.example.org."}},
		{"p.example.org", dnssec.TypePTR, dnssec.Host("Host.example.ORG.")},
	} {
		if got := data(c.name, c.kind); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.kind, got, c.want)
		}
	}
	if text := data("example.org", dnssec.TypeTXT).(dnssec.TXT).Join(); text != "v=spf1 a\"b\\c\t\xff" {
		t.Errorf("%q", text)
	}
}

// TestLikeNetResolver: the methods like those of net.Resolver.
func TestLikeNetResolver(t *testing.T) {
	s := start(t, dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: mailZone},
		{Name: "expired.org", Records: mailZone, Fault: dnstest.Expired},
		{Name: "2.0.192.in-addr.arpa", Records: "1 PTR mx1.example.org."},
	}, Rules: []dnstest.Rule{
		{Name: "fails.example.org", Rcode: "SERVFAIL"}, {Name: "half.example.org", Type: "AAAA", Rcode: "SERVFAIL"}, {Name: "refused.example.org", Rcode: "REFUSED"},
	}})
	client := clientOf(t, s)
	addrs, err := client.LookupNetIP(t.Context(), "ip", "alias.example.org.")
	if want := []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}; err != nil || !slices.Equal(addrs, want) {
		t.Error(addrs, err)
	}
	addrs, err = client.LookupNetIP(t.Context(), "ip6", "mx1.example.org")
	if err != nil || !slices.Equal(addrs, []netip.Addr{netip.MustParseAddr("2001:db8::1")}) {
		t.Error(addrs, err)
	}
	addrs, err = client.LookupNetIP(t.Context(), "ip4", "localhost")
	if err != nil || !slices.Equal(addrs, []netip.Addr{netip.MustParseAddr("127.0.0.1")}) {
		t.Error(addrs, err)
	}
	exchangers, err := client.LookupMX(t.Context(), "example.org.")
	if err != nil || len(exchangers) != 2 || *exchangers[0] != (net.MX{Host: "mx1.example.org.", Pref: 10}) {
		t.Error(exchangers, err)
	}
	if name, err := client.LookupCNAME(t.Context(), "alias.example.org"); err != nil || name != "mx1.example.org." {
		t.Error(name, err)
	}
	if names, err := client.LookupAddr(t.Context(), "192.0.2.1"); err != nil || !slices.Equal(names, []string{"mx1.example.org."}) {
		t.Error(names, err)
	}
	for name, want := range map[string]struct {
		notFound, temporary bool
		words               string
	}{
		"nothing.example.org": {true, false, "no such host"},
		"_dmarc.example.org":  {true, false, "no such host"},
		"fails.example.org":   {false, true, "server misbehaving"},
		"half.example.org":    {false, true, "server misbehaving"},
		"refused.example.org": {false, false, "server misbehaving"},
		"mx1.expired.org":     {false, true, "bogus by DNSSEC: the signature of"},
		"loop.example.org":    {false, false, "an alias that leads back to itself"},
	} {
		_, err := client.LookupNetIP(t.Context(), "ip", name)
		var dns *net.DNSError
		if !errors.As(err, &dns) || dns.IsNotFound != want.notFound || dns.IsTemporary != want.temporary || !strings.Contains(dns.Err, want.words) || dns.Server != s.Addr() {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// TestAskServer: what a server says itself.
func TestAskServer(t *testing.T) {
	s := start(t, one(
		dnstest.Rule{Name: "lame.example.org", Rcode: "REFUSED"},
		dnstest.Rule{Name: "own.example.org", Records: "own.example.org. 60 IN NS ns1.example.org.\nother.example.org. 60 IN NS ns1.example.org."},
		dnstest.Rule{Name: "silent.example.org", Drop: true},
	))
	client := dnssec.New(dnssec.Options{Timeout: 300 * time.Millisecond})
	d, err := client.AskServer(t.Context(), s.Addr(), "own.example.org", dnssec.TypeNS)
	if err != nil || !d.Authoritative || d.Rcode != 0 || len(d.Records) != 1 || d.Records[0].Data != dnssec.Host("ns1.example.org.") || d.Took <= 0 {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = client.AskServer(t.Context(), s.Addr(), "lame.example.org", dnssec.TypeSOA)
	if err != nil || d.Authoritative || d.Rcode != dnssec.Refused {
		t.Errorf("%+v, %v", d, err)
	}
	_, err = client.AskServer(t.Context(), s.Addr(), "silent.example.org", dnssec.TypeSOA)
	var failed *dnssec.LookupError
	if !errors.As(err, &failed) || !failed.IsTimeout {
		t.Errorf("%#v", err)
	}
}

func TestReverseName(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1": "1.2.0.192.in-addr.arpa.", "::ffff:192.0.2.1": "1.2.0.192.in-addr.arpa.",
		"2001:db8::1": "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
	} {
		if got := dnssec.ReverseName(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
}

// TestValidates: does the resolver itself validate?
func TestValidates(t *testing.T) {
	s := start(t, one())
	for _, want := range []bool{false, true} {
		s.Change(func(w *dnstest.World) { w.Validates = want })
		if got, err := clientOf(t, s).Validates(t.Context(), "expired.org", dnssec.TypeMX); err != nil || got != want {
			t.Error(got, err)
		}
	}
	s.Change(func(w *dnstest.World) { w.Validates = false })
	if _, err := clientAt(t, s.Addr(), start(t, one()).Anchors()).Validates(t.Context(), "expired.org", dnssec.TypeMX); err == nil || !strings.Contains(err.Error(), "not bogus: no key of the root is a trust anchor") {
		t.Error(err)
	}
	s.Change(func(w *dnstest.World) { w.Validates, w.IgnoresCD = true, true })
	if _, err := clientOf(t, s).Validates(t.Context(), "expired.org", dnssec.TypeMX); err == nil || !strings.Contains(err.Error(), "even with checking disabled") {
		t.Error(err)
	}
	if _, err := clientOf(t, s).Validates(t.Context(), "example.org", dnssec.TypeMX); err == nil || !strings.Contains(err.Error(), "not bogus") {
		t.Error(err)
	}
}

// TestAnchors: other keys than the root's, and anchors that are none.
func TestAnchors(t *testing.T) {
	s := start(t, one())
	other := start(t, one())
	for _, c := range []struct {
		anchors string
		status  dnssec.Status
		why     string
	}{
		{s.Anchors(), dnssec.Secure, ""},
		{s.KeysOf("."), dnssec.Secure, ""},
		{other.Anchors() + s.Anchors(), dnssec.Secure, ""},
		{s.AnchorsOf("example.org"), dnssec.Secure, ""},
		{s.AnchorsOf("org"), dnssec.Secure, ""},
		{other.Anchors(), dnssec.Indeterminate, "no key of the root is a trust anchor"},
		{s.AnchorsOf("plain.org") + s.AnchorsOf("expired.org"), dnssec.Indeterminate, "no trust anchor is above example.org"},
	} {
		a, err := clientAt(t, s.Addr(), c.anchors).Lookup(t.Context(), "example.org", dnssec.TypeMX)
		if err != nil || a.Status != c.status || !strings.Contains(a.Why, c.why) {
			t.Errorf("%s: %s, %q, %v", c.anchors, a.Status, a.Why, err)
		}
	}
	for _, bad := range []string{"", "; nothing\n", "example.org. IN A 192.0.2.1", ". IN DS 1 8", "$INCLUDE /etc/passwd", ". IN DNSKEY 385 3 8 AwEAAQ=="} {
		if anchors, err := dnssec.ParseAnchors(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: %v", bad, anchors)
		}
	}
	if roots := dnssec.RootAnchors(); len(roots) != 2 || !strings.Contains(roots[0].String(), "20326") {
		t.Error(roots)
	}
}

// TestExpires: the first signature of the chain that ends counts.
func TestExpires(t *testing.T) {
	now := time.Now()
	s := start(t, dnstest.World{Zones: []dnstest.Zone{
		{Name: "org", Valid: 3 * 24 * time.Hour},
		{Name: "example.org", Records: mailZone, Valid: 9 * 24 * time.Hour},
		{Name: "short.org", Records: mailZone, Valid: 24 * time.Hour},
		{Name: "plain.org", Records: mailZone, Algorithm: dnstest.Unsigned},
	}})
	client := clientOf(t, s)
	for name, want := range map[string]struct {
		days int
		of   string
	}{
		"example.org": {3, "org by key"}, "nothing.example.org": {3, "org by key"}, "short.org": {1, "of short.org by key"}, "plain.org": {3, "org by key"},
	} {
		a, err := client.Lookup(t.Context(), name, dnssec.TypeMX)
		if err != nil || a.Expires.Sub(now).Round(time.Hour) != time.Duration(want.days)*24*time.Hour || !strings.Contains(a.ExpiresFirst, want.of) {
			t.Errorf("%s: %s, %q, %v", name, a.Expires, a.ExpiresFirst, err)
		}
	}
	a, _ := client.Lookup(t.Context(), "example.org", dnssec.TypeAAAA)
	if a.TTL != 300*time.Second {
		t.Errorf("TTL of a denial: %s", a.TTL)
	}
	keys, _ := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
	later := dnssec.New(dnssec.Options{Servers: []string{s.Addr()}, Anchors: keys, Now: func() time.Time { return now.Add(36 * time.Hour) }})
	if a, err := later.Lookup(t.Context(), "short.org", dnssec.TypeMX); err != nil || a.Status != dnssec.Bogus {
		t.Error(a.Status, err)
	}
	if a, err := later.Lookup(t.Context(), "example.org", dnssec.TypeMX); err != nil || a.Status != dnssec.Secure {
		t.Error(a.Status, err)
	}
}

func TestNoSHA1(t *testing.T) {
	s := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: mailZone, Algorithm: dnstest.RSASHA1}}})
	keys, _ := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
	client := dnssec.New(dnssec.Options{Servers: []string{s.Addr()}, Anchors: keys, NoSHA1: true})
	if a, err := client.Lookup(t.Context(), "example.org", dnssec.TypeMX); err != nil || a.Status != dnssec.Insecure {
		t.Error(a.Status, a.Why, err)
	}
}
