package dnssec_test

import (
	"slices"
	"strings"
	"testing"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// signedQuestions are about the zone of answers, signed.
var signedQuestions = []zoneQuestion{
	{"example.org", dnssec.TypeMX, "10 mx.example.org. NOERROR secure"},
	{"mx.example.org", dnssec.TypeMX, "NOERROR secure, no such record"},
	{"nothing.example.org", dnssec.TypeA, "NXDOMAIN secure, no such name"},
	{"a.nothing.example.org", dnssec.TypeA, "NXDOMAIN secure, no such name"},
	{"zz.example.org", dnssec.TypeA, "NXDOMAIN secure, no such name"},
	{"0.example.org", dnssec.TypeA, "NXDOMAIN secure, no such name"},
	{"alias.example.org", dnssec.TypeA, "192.0.2.1 NOERROR secure"},
	{"lost.example.org", dnssec.TypeA, "NXDOMAIN secure, no such name"},
	{"x.wild.example.org", dnssec.TypeTXT, `"wild" NOERROR secure`},
	{"x.y.wild.example.org", dnssec.TypeTXT, `"wild" NOERROR secure`},
	{"x.wild.example.org", dnssec.TypeA, "NOERROR secure, no such record"},
	{"x.host.wild.example.org", dnssec.TypeTXT, "NXDOMAIN secure, no such name"},
	{"x.w2.example.org", dnssec.TypeA, "192.0.2.1 NOERROR secure"},
	{"ent.example.org", dnssec.TypeA, "NOERROR secure, no such record"},
	{"b.ent.example.org", dnssec.TypeA, "NOERROR secure, no such record"},
	{"wild.example.org", dnssec.TypeTXT, "NOERROR secure, no such record"},
}

// startSigned starts a world with the zone and returns what its signer wrote.
func startSigned(t *testing.T, zone dnstest.Zone) (*dnstest.Server, string) {
	t.Helper()
	zone.Name, zone.Records = "example.org", answers
	s := start(t, dnstest.World{Zones: []dnstest.Zone{zone, {Name: "other.org", Records: "host A 192.0.2.77"}}})
	return s, s.ZoneFile("example.org")
}

// TestZoneSigned: the signatures and denials of a file are those of its servers: the
// validator takes all of them, by the DS that the zone above has.
func TestZoneSigned(t *testing.T) {
	for name, zone := range map[string]dnstest.Zone{
		"NSEC": {}, "NSEC3": {NSEC3: &dnstest.NSEC3{Iterations: 3, Salt: "ab"}}, "RSA": {Algorithm: dnstest.RSASHA256},
	} {
		t.Run(name, func(t *testing.T) {
			s, text := startSigned(t, zone)
			file := parseZone(t, text)
			c := clientOf(t, s)
			c.AddZone(file)
			for _, q := range signedQuestions {
				q.try(t, c)
			}
			zoneQuestion{"away.example.org", dnssec.TypeA, "192.0.2.77 NOERROR secure"}.try(t, c)
			zoneQuestion{"host.d.example.org", dnssec.TypeA, "192.0.2.77 NOERROR secure"}.try(t, c)
			for _, asked := range s.Queries() {
				if strings.HasSuffix(asked.Name, "example.org.") && asked.Type != "DS" {
					t.Errorf("the resolver was asked for %s", asked)
				}
			}
			if faults, good := c.CheckSignatures(t.Context(), file); len(faults) > 0 || good < 20 || !file.Signed() {
				t.Errorf("%d right, %v", good, faults)
			}
		})
	}
}

// TestZoneSignedWrongly: what is wrong with the signatures of a file is bogus before it is
// published, and the fault has its line.
func TestZoneSignedWrongly(t *testing.T) {
	without := func(part string) func(string) string {
		return func(text string) string {
			lines := slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool { return strings.Contains(line, part) })
			return strings.Join(lines, "")
		}
	}
	for _, test := range []struct {
		name   string
		zone   dnstest.Zone
		change func(string) string
		want   string // of the MX
		fault  string // the first one
	}{
		{"expired", dnstest.Zone{Fault: dnstest.Expired}, nil, "10 mx.example.org. NOERROR bogus", "expired on"},
		{"wrong", dnstest.Zone{Fault: dnstest.WrongSignature}, nil, "10 mx.example.org. NOERROR bogus", "does not match the records"},
		{"DS of another key", dnstest.Zone{Fault: dnstest.WrongDS}, nil, "10 mx.example.org. NOERROR bogus", ""},
		{"no DS", dnstest.Zone{Fault: dnstest.NoDS}, nil, "10 mx.example.org. NOERROR insecure", ""},
		{"MX not signed", dnstest.Zone{}, without("RRSIG\tMX"), "10 mx.example.org. NOERROR bogus", "MX of example.org has no signature"},
		{"keys not signed", dnstest.Zone{}, without("RRSIG\tDNSKEY"), "10 mx.example.org. NOERROR bogus", "DNSKEY of example.org has no signature"},
		{"no keys", dnstest.Zone{}, without("\tDNSKEY\t"), "10 mx.example.org. NOERROR bogus", "the file has signatures and no key"},
		{"a record changed", dnstest.Zone{}, func(text string) string { return strings.Replace(text, "MX\t10 mx", "MX\t11 mx", 1) },
			"11 mx.example.org. NOERROR bogus", "the signature of MX of example.org"},
		{"not signed any more", dnstest.Zone{}, without("RRSIG"), "10 mx.example.org. NOERROR secure, assumed", ""},
		{"not signed any more, with another key", dnstest.Zone{Fault: dnstest.WrongDS}, without("RRSIG"), "10 mx.example.org. NOERROR bogus", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, text := startSigned(t, test.zone)
			if test.change != nil {
				text = test.change(text)
			}
			file := parseZone(t, text)
			c := clientOf(t, s)
			c.AddZone(file)
			zoneQuestion{"example.org", dnssec.TypeMX, test.want}.try(t, c)
			faults, _ := c.CheckSignatures(t.Context(), file)
			switch {
			case test.fault == "" && len(faults) == 0:
			case test.fault == "" || len(faults) == 0 || faults[0].Line < 1 || !strings.Contains(faults[0].Text, test.fault):
				t.Errorf("%v", faults)
			}
		})
	}
}

// TestZoneOffline: without an answer of the resolver a file can be read, and no more is
// said than is known.
func TestZoneOffline(t *testing.T) {
	c := dnssec.New(dnssec.Options{Servers: []string{"127.0.0.1:1"}})
	c.AddZone(parseZone(t, zoneHead+answers))
	zoneQuestion{"example.org", dnssec.TypeMX, "10 mx.example.org. NOERROR indeterminate"}.try(t, c)
}
