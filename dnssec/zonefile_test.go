package dnssec_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

const zoneHead = `$TTL 1h
@   SOA ns1 hostmaster 7 1d 2h 4w 1h
    NS  ns1
ns1 A   192.0.2.53
`

func parseZone(t *testing.T, text string) *dnssec.ZoneFile {
	t.Helper()
	z, err := dnssec.ParseZone(strings.NewReader(text), "example.org", "test.zone")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestParseZone: records have the lines they begin in, and the comments behind them.
func TestParseZone(t *testing.T) {
	z := parseZone(t, zoneHead+`
; a comment of its own
@ MX ( 10 ; in
     mx ) ; behind
txt TXT "a;b" "c\"" d\;e
        TXT x;cut
$ORIGIN sub
$GENERATE 1-3 h$ A 192.0.2.$
last.example.net. 60 IN TYPE65400 \# 2 abcd`)
	var got []string
	for _, r := range z.Records {
		line := strings.Join([]string{r.Name, r.Type.String(), r.Text, r.Comment}, " ")
		if r.Glued {
			line += " glued"
		}
		got = append(got, strings.TrimSpace(strings.Repeat("#", r.Line)+" "+line))
	}
	want := []string{
		"## example.org. SOA ns1.example.org. hostmaster.example.org. 7 86400 7200 2419200 3600",
		"### example.org. NS ns1.example.org.",
		"#### ns1.example.org. A 192.0.2.53",
		"####### example.org. MX 10 mx.example.org.  in",
		`######### txt.example.org. TXT "a;b" "c\"" "d;e"`,
		`########## txt.example.org. TXT "x" cut glued`,
		"############ h1.sub.example.org. A 192.0.2.1",
		"############ h2.sub.example.org. A 192.0.2.2",
		"############ h3.sub.example.org. A 192.0.2.3",
		`############# last.example.net. TYPE65400 \# 2 abcd`,
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if z.Apex != "example.org." || z.Contains("last.example.net") || !z.Contains("nothing.EXAMPLE.org") {
		t.Errorf("the zone is %s", z.Apex)
	}
}

// TestParseZoneErrors: errors have file, line and what is wrong.
func TestParseZoneErrors(t *testing.T) {
	for text, want := range map[string]string{
		"@ A 192.0.2.300\n":                      "test.zone:1: not a record: bad A A: \"192.0.2.300\"",
		"a A 192.0.2.1\n\n$INCLUDE other\n":      "test.zone:3: $INCLUDE is not followed",
		"a A 192.0.2.1\n$FOO bar\n":              "test.zone:2: the directive \"$FOO\" is not known",
		"a TXT \"x\ny\"\n":                       "test.zone:1: a quote is opened and not closed",
		"a A 192.0.2.1\nb MX ( 10 mx\n\nc\n":     "test.zone:2: a parenthesis is opened and not closed",
		"a A 192.0.2.1\nb A\n":                   "test.zone:2: the record of type A has no data",
		"a CH TXT x\n":                           "test.zone:1: the record is of class CH, not IN",
		"a A 192.0.2.1\na AXFR\n":                "test.zone:2: no zone can have records of type AXFR",
		"a DNSKEY 256 3 13 !!!\n":                "test.zone:1: the record of type DNSKEY is not valid",
		strings.Repeat("a", 64) + " A 1.2.3.4\n": "test.zone:1: not a record",
		"$GENERATE 0-65535 a$ A 192.0.2.1\n$GENERATE 0-65535 b$ A 192.0.2.1\n": "test.zone:2: the file has more than 100000 records",
		strings.Repeat(" ", dnssec.MaxZoneFile+1):                              "test.zone: the file has more than 8 MiB",
	} {
		_, err := dnssec.ParseZone(strings.NewReader(text), "example.org", "test.zone")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.40q: %v\nwant %s", text, err, want)
		}
	}
	if _, err := dnssec.ParseZone(strings.NewReader("@ A 192.0.2.1\n"), "", "x"); !errors.Is(err, dnssec.ErrNoOrigin) {
		t.Error(err)
	}
	if z, err := dnssec.ParseZone(strings.NewReader("$ORIGIN example.org.\n@ 60 SOA a b 1 2 3 4 5\nwww A 192.0.2.1\n"), "", "x"); err != nil || z.Apex != "example.org." {
		t.Error(z, err)
	}
	if z, err := dnssec.ParseZone(strings.NewReader("$ORIGIN sub.example.org.\n@ A 192.0.2.1\nexample.org. 60 SOA a b 1 2 3 4 5\n"), "", "x"); err != nil || z.Apex != "example.org." || z.Records[0].TTL.Seconds() != 5 {
		t.Error(z, err)
	}
}

// zoneQuestion is a question to a client with a zone file, and its answer in short.
type zoneQuestion struct {
	name string
	kind dnssec.Type
	want string
}

func (q zoneQuestion) try(t *testing.T, c *dnssec.Client) {
	t.Helper()
	a, err := c.Lookup(t.Context(), q.name, q.kind)
	if err != nil {
		t.Error(q.name, err)
		return
	}
	got := strings.Join(append(a.Lines(), a.Rcode.String(), a.Status.String()), " ")
	if !a.Found() {
		got += ", " + a.Denial.String()
	}
	if a.Assumed {
		got += ", assumed"
	}
	if a.AliasLoop {
		got += ", loop"
	}
	if got != q.want {
		t.Errorf("%s %s: %s (%s)\nwant %s", q.name, q.kind, got, a.Why, q.want)
	}
}

// answers is a zone with all that answers are made of.
const answers = `
@         MX    10 mx
mx        A     192.0.2.1
alias     CNAME mx
away      CNAME host.other.org.
lost      CNAME nothing
self      CNAME self
*.wild    TXT   wild
host.wild A     192.0.2.2
*.w2      CNAME mx
a.b.ent   A     192.0.2.3
d         DNAME other.org.
sub       NS    ns.sub
ns.sub    A     192.0.2.9
_dmarc.sub TXT  hidden
`

// TestZoneAnswers: a zone that is only in a file answers as it will once its servers have
// it, with everything else from the resolver.
func TestZoneAnswers(t *testing.T) {
	const a, txt, mx = dnssec.TypeA, dnssec.TypeTXT, dnssec.TypeMX
	questions := []zoneQuestion{
		{"example.org", mx, "10 mx.example.org. NOERROR %"},
		{"MX.example.org", a, "192.0.2.1 NOERROR %"},
		{"mx.example.org", mx, "NOERROR %, no such record"},
		{"nothing.example.org", a, "NXDOMAIN %, no such name"},
		{"alias.example.org", a, "192.0.2.1 NOERROR %"},
		{"alias.example.org", mx, "NOERROR %, no such record"},
		{"away.example.org", a, "192.0.2.77 NOERROR %"},
		{"lost.example.org", a, "NXDOMAIN %, no such name"},
		{"self.example.org", a, "NOERROR %, not denied, loop"},
		{"x.wild.example.org", txt, `"wild" NOERROR %`},
		{"x.y.wild.example.org", txt, `"wild" NOERROR %`},
		{"x.wild.example.org", a, "NOERROR %, no such record"},
		{"wild.example.org", txt, "NOERROR %, no such record"},
		{"host.wild.example.org", txt, "NOERROR %, no such record"},
		{"x.host.wild.example.org", txt, "NXDOMAIN %, no such name"},
		{"x.w2.example.org", a, "192.0.2.1 NOERROR %"},
		{"b.ent.example.org", a, "NOERROR %, no such record"},
		{"host.d.example.org", a, "192.0.2.77 NOERROR %"},
		{"old.example.org", a, "NXDOMAIN %, no such name"}, // which is published
		{"to.other.org", a, "192.0.2.1 NOERROR %"},         // and another is its target there
	}
	for _, signed := range []struct {
		name   string
		zone   dnstest.Zone
		status string
	}{
		{"unsigned", dnstest.Zone{Algorithm: dnstest.Unsigned}, "insecure"},
		{"to be signed", dnstest.Zone{}, "secure, assumed"},
	} {
		t.Run(signed.name, func(t *testing.T) {
			published := signed.zone
			published.Name, published.Records = "example.org", "mx A 192.0.2.200\nold A 192.0.2.201"
			c := clientOver(t, dnstest.World{Zones: []dnstest.Zone{published,
				{Name: "other.org", Records: "host A 192.0.2.77\nto CNAME mx.example.org."},
				{Name: "sub.example.org", Algorithm: dnstest.Unsigned, Records: "@ A 192.0.2.88\n_dmarc TXT real"}}})
			c.AddZone(parseZone(t, zoneHead+answers))
			for _, q := range questions {
				q.want = strings.Replace(q.want, "%", signed.status, 1)
				if signed.status != "insecure" { // the denial comes before what is assumed
					q.want = strings.ReplaceAll(q.want, "secure, assumed, no such record", "secure, no such record, assumed")
					q.want = strings.ReplaceAll(q.want, "secure, assumed, no such name", "secure, no such name, assumed")
					q.want = strings.ReplaceAll(q.want, "secure, assumed, not denied, loop", "secure, not denied, assumed, loop")
				}
				q.try(t, c)
			}
			zoneQuestion{"_dmarc.sub.example.org", txt, `"real" NOERROR insecure`}.try(t, c)
			zoneQuestion{"sub.example.org", a, `192.0.2.88 NOERROR insecure`}.try(t, c)
		})
	}
}

// clientOver starts a world and a client for it.
func clientOver(t *testing.T, world dnstest.World) *dnssec.Client {
	t.Helper()
	s, err := dnstest.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return clientAt(t, s.Addr(), s.Anchors())
}

// TestZoneNew: a zone that is not delegated yet is not signed for anybody.
func TestZoneNew(t *testing.T) {
	c := clientOver(t, dnstest.World{Zones: []dnstest.Zone{{Name: "other.org"}}})
	c.AddZone(parseZone(t, zoneHead+answers))
	zoneQuestion{"example.org", dnssec.TypeMX, "10 mx.example.org. NOERROR insecure"}.try(t, c)
	zoneQuestion{"nothing.example.org", dnssec.TypeMX, "NXDOMAIN insecure, no such name"}.try(t, c)
}

// FuzzParseZone: whatever the file, each record has a line of it, and each name an
// answer.
func FuzzParseZone(f *testing.F) {
	f.Add(zoneHead + answers)
	f.Add("$ORIGIN a.\n@ SOA ( . . 1 ; c\n 2 3 4 5 ) ; d\n\\; TXT \"\\\"\" \\032\n")
	f.Add("$GENERATE 1-4/2 a${0,3,d} A 192.0.2.$\n*.x 0 IN CNAME x\nd DNAME d\nn NS d\n")
	f.Add("@ NSEC a A RRSIG\n@ RRSIG NSEC 13 2 60 20300101000000 20200101000000 1 @ AAAA\nK NSEC3 1 0 1 - K A\n")
	files, err := filepath.Glob("testdata/zones/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(string(text))
		}
	}
	client := dnssec.New(dnssec.Options{Servers: []string{"127.0.0.1:1"}})
	f.Fuzz(func(t *testing.T, text string) {
		z, err := dnssec.ParseZone(strings.NewReader(text), "example.org", "f")
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Errorf("%q", err)
			}
			return
		}
		lines := strings.Count(text, "\n") + 1
		for i, r := range z.Records {
			if r.Line < 1 || r.Line > lines || i > 0 && r.Line < z.Records[i-1].Line {
				t.Fatalf("record %d, %s, is of line %d", i, r, r.Line)
			}
			if i < 200 {
				client.AnswerFile(z, r.Name, r.Type)
				client.AnswerFile(z, "x."+r.Name, dnssec.TypeTXT)
			}
		}
		client.CheckSignatures(t.Context(), z)
	})
}
