package dnstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"mailprobe/dnssec/dnstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBadZone(t *testing.T) {
	_, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "@ MX ten mx1"}}})
	if err == nil || !strings.Contains(err.Error(), "zone example.org") {
		t.Error(err)
	}
}

// ask sends one query.
func ask(t *testing.T, s *dnstest.Server, network, name string, kind uint16) *dns.Msg {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(name, kind)
	m.SetEdns0(1232, true)
	r, _, err := (&dns.Client{Net: network, Timeout: 5 * time.Second}).Exchange(m, s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSections: what an answer has where.
func TestSections(t *testing.T) {
	s, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{
		{Name: "example.org", Records: "@ MX 10 mx1\na.b A 192.0.2.1\n*.w A 192.0.2.2"},
		{Name: "hashed.org", Records: "@ MX 10 mx1\na.b A 192.0.2.1\n*.w A 192.0.2.2", NSEC3: &dnstest.NSEC3{}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		name      string
		kind      uint16
		rcode     int
		answer    string
		authority string
	}{
		{"example.org.", dns.TypeMX, 0, "MX RRSIG", ""},
		{"example.org.", dns.TypeDS, 0, "DS RRSIG", ""},
		{"example.org.", dns.TypeTXT, 0, "", "SOA RRSIG NSEC RRSIG"},
		{"b.example.org.", dns.TypeA, 0, "", "SOA RRSIG NSEC RRSIG"},
		{"z.example.org.", dns.TypeA, dns.RcodeNameError, "", "SOA RRSIG NSEC RRSIG NSEC RRSIG"},
		{"z.w.example.org.", dns.TypeA, 0, "A RRSIG", "NSEC RRSIG"},
		{"z.w.example.org.", dns.TypeTXT, 0, "", "SOA RRSIG NSEC RRSIG"},
		{"b.hashed.org.", dns.TypeA, 0, "", "SOA RRSIG NSEC3 RRSIG"},
		{"z.hashed.org.", dns.TypeA, dns.RcodeNameError, "", "SOA RRSIG NSEC3 RRSIG"},
		{"nothing.", dns.TypeA, dns.RcodeNameError, "", "SOA RRSIG NSEC RRSIG"},
	} {
		for _, network := range []string{"udp", "tcp"} {
			r := ask(t, s, network, c.name, c.kind)
			if got := types(r.Ns); r.Rcode != c.rcode || types(r.Answer) != c.answer || !strings.HasPrefix(got, c.authority) || c.authority == "" && got != "" {
				t.Errorf("%s %s by %s: %s, %q, %q", c.name, dns.TypeToString[c.kind], network, dns.RcodeToString[r.Rcode], types(r.Answer), got)
			}
		}
	}
	asked := s.Queries()
	if len(asked) != 20 || asked[0].String() != "example.org. MX CD=0" || asked[1].String() != "example.org. MX CD=0 TCP" || len(s.Queries()) != 0 {
		t.Error(asked)
	}
}

func types(section []dns.RR) string {
	var all []string
	for _, rr := range section {
		all = append(all, dns.TypeToString[rr.Header().Rrtype])
	}
	return strings.Join(all, " ")
}
