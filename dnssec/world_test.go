package dnssec_test

import (
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// mailZone has everything that a mail domain has.
const mailZone = `
	@               MX    10 mx1
	@               MX    20 mx2
	@               TXT   "v=spf1 mx -all"
	@               A     192.0.2.80
	@               CAA   0 issue "ca.example"
	mx1             A     192.0.2.1
	mx1             AAAA  2001:db8::1
	mx2             A     192.0.2.2
	_25._tcp.mx1    TLSA  3 1 1 ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47ff47
	_dmarc          TXT   "v=DMARC1; p=reject"
	s1._domainkey   TXT   "v=DKIM1; k=rsa; p=MIIB"
	_mta-sts        TXT   "v=STSv1; id=1"
	mta-sts         A     192.0.2.3
	_smtp._tls      TXT   "v=TLSRPTv1; rua=mailto:a@b.example"
	*.wild          A     192.0.2.4
	alias           CNAME mx1
	away            CNAME mx1.plain.org.
	gone            CNAME nothing.here
	loop            CNAME pool
	pool            CNAME loop
	moved           DNAME elsewhere.example.org.
	a.elsewhere     A     192.0.2.5
`

// world are zones with every fault there is.
func world() dnstest.World {
	zone := func(name string, fault dnstest.Fault) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: mailZone, Fault: fault}
	}
	return dnstest.World{Zones: []dnstest.Zone{
		zone("example.org", 0),
		{Name: "hashed.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 1, Salt: "ab"}},
		{Name: "plain.org", Records: mailZone, Algorithm: dnstest.Unsigned},
		{Name: "sub.plain.org", Records: mailZone},
		{Name: "deep.sub.example.org", Records: mailZone},
		{Name: "rsa.org", Records: mailZone, Algorithm: dnstest.RSASHA256},
		{Name: "rsa512.org", Records: mailZone, Algorithm: dnstest.RSASHA512},
		{Name: "sha1.org", Records: mailZone, Algorithm: dnstest.RSASHA1},
		{Name: "p384.org", Records: mailZone, Algorithm: dnstest.ECDSA384},
		{Name: "ed.org", Records: mailZone, Algorithm: dnstest.Ed25519},
		{Name: "unknown.org", Records: mailZone, Algorithm: dnstest.UnknownAlgorithm},
		{Name: "dssha1.org", Records: mailZone, Digest: dnstest.SHA1},
		{Name: "dssha384.org", Records: mailZone, Digest: dnstest.SHA384},
		{Name: "dsboth.org", Records: mailZone, Digest: dnstest.SHA1First},
		{Name: "dswrong.org", Records: mailZone, Digest: dnstest.WrongSHA256},
		{Name: "dsunknown.org", Records: mailZone, Digest: dnstest.UnknownDigest},
		{Name: "out", NSEC3: &dnstest.NSEC3{OptOut: true}},
		{Name: "plain.out", Records: mailZone, Algorithm: dnstest.Unsigned},
		{Name: "signed.out", Records: mailZone},
		{Name: "many.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 200}},
		{Name: "hundred.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 100}},
		zone("nods.org", dnstest.NoDS),
		zone("expired.org", dnstest.Expired),
		{Name: "hourago.org", Records: mailZone, Valid: -time.Hour},
		{Name: "twenty.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 120}},
		zone("early.org", dnstest.NotYetValid),
		zone("olddata.org", dnstest.ExpiredData),
		zone("wrongds.org", dnstest.WrongDS),
		zone("wrongsig.org", dnstest.WrongSignature),
		zone("nosig.org", dnstest.NoSignatures),
		zone("nokeysig.org", dnstest.NoKeySignature),
		zone("nodenial.org", dnstest.NoDenial),
		zone("partdenial.org", dnstest.PartDenial),
		zone("wrongdenial.org", dnstest.WrongDenial),
		{Name: "wrongdenial3.org", Records: mailZone, Fault: dnstest.WrongDenial, NSEC3: &dnstest.NSEC3{}},
		{Name: "partdenial3.org", Records: mailZone, Fault: dnstest.PartDenial, NSEC3: &dnstest.NSEC3{}},
		zone("revoked.org", dnstest.Revoked),
		zone("nozonekey.org", dnstest.NoZoneKey),
		zone("childds.org", dnstest.ChildDS),
		zone("lame.org", dnstest.Lame),
		{Name: "below.expired.org", Records: mailZone},
	}}
}

// start runs a world for a test.
func start(t testing.TB, w dnstest.World) *dnstest.Server {
	t.Helper()
	s, err := dnstest.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// clientOf makes a client for a server, with its keys.
func clientOf(t testing.TB, s *dnstest.Server) *dnssec.Client {
	t.Helper()
	return clientAt(t, s.Addr(), s.Anchors())
}

func clientAt(t testing.TB, addr, anchors string) *dnssec.Client {
	t.Helper()
	keys, err := dnssec.ParseAnchors(strings.NewReader(anchors))
	if err != nil {
		t.Fatal(err)
	}
	return dnssec.New(dnssec.Options{Servers: []string{addr}, Anchors: keys, Timeout: 4 * time.Second})
}

// verdicts are what is right for the names of the world, by RFC 4035 and those after it,
// at a resolver that does not validate itself. What a resolver that does turns from
// indeterminate into bogus is marked.
var verdicts = []struct {
	name   string
	kind   dnssec.Type
	status dnssec.Status
	denial dnssec.Denial
	why    string // a part of it
	// proofIsAbsent: at a resolver that validates it is bogus.
	proofIsAbsent bool
}{
	{"example.org", dnssec.TypeMX, dnssec.Secure, 0, "signed by example.org", false},
	{"example.org", dnssec.TypeTXT, dnssec.Secure, 0, "", false},
	{"example.org", dnssec.TypeSOA, dnssec.Secure, 0, "", false},
	{"example.org", dnssec.TypeNS, dnssec.Secure, 0, "", false},
	{"example.org", dnssec.TypeDNSKEY, dnssec.Secure, 0, "", false},
	{"example.org", dnssec.TypeDS, dnssec.Secure, 0, "signed by org", false},
	{"org", dnssec.TypeNS, dnssec.Secure, 0, "", false},
	{".", dnssec.TypeNS, dnssec.Secure, 0, "", false},
	{".", dnssec.TypeDNSKEY, dnssec.Secure, 0, "", false},
	{"example.org", dnssec.TypeAAAA, dnssec.Secure, dnssec.NoData, "", false},
	{"nothing.example.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"a.b.c.nothing.example.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"nothing.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"nothing", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"_tcp.mx1.example.org", dnssec.TypeA, dnssec.Secure, dnssec.NoData, "", false},
	{"_25._tcp.mx1.example.org", dnssec.TypeTLSA, dnssec.Secure, 0, "", false},
	{"_25._tcp.mx2.example.org", dnssec.TypeTLSA, dnssec.Secure, dnssec.NoName, "", false},
	{"x.wild.example.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"x.y.wild.example.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"x.wild.example.org", dnssec.TypeTXT, dnssec.Secure, dnssec.NoData, "", false},
	{"alias.example.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"alias.example.org", dnssec.TypeCNAME, dnssec.Secure, 0, "", false},
	{"alias.example.org", dnssec.TypeTXT, dnssec.Secure, dnssec.NoData, "", false},
	{"away.example.org", dnssec.TypeA, dnssec.Insecure, 0, "plain.org", false},
	{"gone.example.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"a.moved.example.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"deep.sub.example.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"sub.example.org", dnssec.TypeMX, dnssec.Secure, dnssec.NoData, "", false},
	{"x.wild.deep.sub.example.org", dnssec.TypeA, dnssec.Secure, 0, "", false},

	{"hashed.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"hashed.org", dnssec.TypeAAAA, dnssec.Secure, dnssec.NoData, "", false},
	{"nothing.hashed.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"a.b.nothing.hashed.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"_tcp.mx1.hashed.org", dnssec.TypeA, dnssec.Secure, dnssec.NoData, "", false},
	{"x.wild.hashed.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"x.wild.hashed.org", dnssec.TypeTXT, dnssec.Secure, dnssec.NoData, "", false},
	{"a.moved.hashed.org", dnssec.TypeA, dnssec.Secure, 0, "signed by example.org", false},

	{"rsa.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"rsa512.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"sha1.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"p384.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"ed.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"dssha1.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"dssha384.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"dsboth.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},

	{"plain.org", dnssec.TypeMX, dnssec.Insecure, 0, "delegated without DS", false},
	{"plain.org", dnssec.TypeDS, dnssec.Secure, dnssec.NoData, "", false},
	{"nothing.plain.org", dnssec.TypeMX, dnssec.Insecure, dnssec.NoName, "", false},
	{"sub.plain.org", dnssec.TypeMX, dnssec.Insecure, 0, "", false},
	{"nods.org", dnssec.TypeMX, dnssec.Insecure, 0, "", false},
	{"unknown.org", dnssec.TypeMX, dnssec.Insecure, 0, "not known", false},
	{"dsunknown.org", dnssec.TypeMX, dnssec.Insecure, 0, "not known", false},
	{"plain.out", dnssec.TypeMX, dnssec.Insecure, 0, "opt-out", false},
	{"plain.out", dnssec.TypeDS, dnssec.Insecure, dnssec.NoData, "opt-out", false},
	{"nothing.out", dnssec.TypeMX, dnssec.Insecure, dnssec.NoName, "opt-out", false},
	{"signed.out", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"many.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"many.org", dnssec.TypeAAAA, dnssec.Insecure, dnssec.NoData, "200 times", false},
	{"nothing.many.org", dnssec.TypeA, dnssec.Insecure, dnssec.NoName, "200 times", false},
	{"nothing.hundred.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},

	{"expired.org", dnssec.TypeMX, dnssec.Bogus, 0, "expired on", false},
	{"hourago.org", dnssec.TypeMX, dnssec.Bogus, 0, "expired on", false},
	{"nothing.twenty.org", dnssec.TypeA, dnssec.Insecure, dnssec.NoName, "120 times", false},
	{"below.expired.org", dnssec.TypeMX, dnssec.Bogus, 0, "expired on", false},
	{"early.org", dnssec.TypeMX, dnssec.Bogus, 0, "is not valid before", false},
	{"olddata.org", dnssec.TypeMX, dnssec.Bogus, 0, "expired on", false},
	{"nothing.olddata.org", dnssec.TypeA, dnssec.Bogus, dnssec.NoName, "expired on", false},
	{"wrongds.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"wrongsig.org", dnssec.TypeMX, dnssec.Bogus, 0, "does not match the records", false},
	{"nosig.org", dnssec.TypeMX, dnssec.Indeterminate, 0, "has no signature", true},
	{"nokeysig.org", dnssec.TypeMX, dnssec.Indeterminate, 0, "have no signature", true},
	{"nodenial.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"nodenial.org", dnssec.TypeAAAA, dnssec.Indeterminate, dnssec.NoData, "no proof", true},
	{"nothing.nodenial.org", dnssec.TypeA, dnssec.Indeterminate, dnssec.NoName, "nor a proof", true},
	{"x.wild.nodenial.org", dnssec.TypeA, dnssec.Indeterminate, 0, "wildcard", true},
	{"nothing.partdenial.org", dnssec.TypeA, dnssec.Bogus, dnssec.NoName, "no NSEC record", false},
	{"nothing.partdenial3.org", dnssec.TypeA, dnssec.Bogus, dnssec.NoName, "no NSEC3 record", false},
	{"nothing.wrongdenial.org", dnssec.TypeA, dnssec.Bogus, dnssec.NoName, "no NSEC record", false},
	{"nothing.wrongdenial3.org", dnssec.TypeA, dnssec.Bogus, dnssec.NoName, "no NSEC3 record", false},
	{"x.wild.wrongdenial.org", dnssec.TypeA, dnssec.Bogus, 0, "wildcard", false},
	{"revoked.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"nozonekey.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"childds.org", dnssec.TypeMX, dnssec.Bogus, 0, "DS of childds.org", false},
	{"dswrong.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"childds.org", dnssec.TypeDS, dnssec.Bogus, 0, "signed by the zone itself", false},
	{"lame.org", dnssec.TypeMX, dnssec.Indeterminate, 0, "SERVFAIL", false},
}

func TestVerdicts(t *testing.T) {
	s := start(t, world())
	for _, v := range verdicts {
		t.Run(v.name+" "+v.kind.String(), func(t *testing.T) {
			a, err := clientOf(t, s).Lookup(t.Context(), v.name, v.kind)
			if err != nil {
				t.Fatal(err)
			}
			if a.Status != v.status || a.Denial != v.denial || !strings.Contains(a.Why, v.why) {
				t.Errorf("%s, %s, %q\nwant %s, %s, %q", a.Status, a.Denial, a.Why, v.status, v.denial, v.why)
			}
			if a.Found() != (v.denial == 0 && v.name != "lame.org") {
				t.Errorf("records %v, denial %s", a.Records, a.Denial)
			}
		})
	}
}
