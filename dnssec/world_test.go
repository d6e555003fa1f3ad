package dnssec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

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
		{Name: "upper.org", Records: "@ MX 10 MX.Upper.ORG.\n_s._tcp SRV 0 0 25 HOST.Upper.org.\nAlias CNAME Target.UPPER.org.\ntarget A 192.0.2.1\nmoved DNAME Else.UPPER.org.\na.else A 192.0.2.1\nnp NAPTR 1 1 \"s\" \"X\" \"\" Host.UPPER.org."},
		{Name: "same.org", Records: "@ TXT b\n@ TXT a\n@ TXT ab\n@ 60 MX 10 mx1\n@ 60 MX 5 mx22"},
		// Keys that share the work, as in practice.
		keyed("split.org", ksk, zsk),
		keyed("standby.org", ksk, zsk, dnstest.Key{Signs: dnstest.Nothing, DS: dnstest.WithoutDS, Flags: 256}),
		keyed("comingds.org", dnstest.Key{}, dnstest.Key{Unpublished: true, Signs: dnstest.Nothing}),
		keyed("nosep.org", dnstest.Key{Flags: 256}),
		keyed("zskkeys.org", dnstest.Key{Signs: dnstest.Nothing}, dnstest.Key{DS: dnstest.WithoutDS, Flags: 256}),
		keyed("kskonly.org", dnstest.Key{Signs: dnstest.KeysOnly}, dnstest.Key{Signs: dnstest.Nothing, DS: dnstest.WithoutDS, Flags: 256}),
		keyed("rollover.org", dnstest.Key{Algorithm: dnstest.RSASHA256}, dnstest.Key{}),
		keyed("newalg.org", dnstest.Key{Algorithm: dnstest.RSASHA256}, dnstest.Key{DS: dnstest.WithoutDS}),
		keyed("oldbad.org", dnstest.Key{Algorithm: dnstest.RSASHA256, Signs: dnstest.Damaged}, dnstest.Key{}),
		keyed("onebad.org", dnstest.Key{Signs: dnstest.Damaged}, dnstest.Key{}),
		keyed("dsbad.org", dnstest.Key{DS: dnstest.WrongDigest}, dnstest.Key{Signs: dnstest.Nothing}),
		keyed("tag.org", dnstest.Key{DS: dnstest.WrongTag}),
		keyed("alg.org", dnstest.Key{DS: dnstest.WrongAlgorithm}),
		keyed("protocol.org", dnstest.Key{Protocol: 4}),
		keyed("revokedsecond.org", dnstest.Key{}, dnstest.Key{Flags: 257 | 128, DS: dnstest.WithoutDS}),
		keyed("revokedentry.org", dnstest.Key{Flags: 257 | 128}, dnstest.Key{DS: dnstest.WithoutDS}),
		keyed("withunknown.org", dnstest.Key{}, dnstest.Key{Algorithm: dnstest.UnknownAlgorithm}),
		keyed("unknownbad.org", dnstest.Key{Signs: dnstest.Damaged}, dnstest.Key{Algorithm: dnstest.UnknownAlgorithm}),
		keyed("ed448.org", dnstest.Key{Algorithm: dnstest.Ed448}),
		keyed("short.org", dnstest.Key{Algorithm: dnstest.RSASHA256, Bits: 512}),
		keyed("bits1023.org", dnstest.Key{Algorithm: dnstest.RSASHA256, Bits: 1023}),
		keyed("three.org", dnstest.Key{Algorithm: dnstest.RSASHA256, Bits: 1024, Exponent: 3}),
		keyed("wide.org", dnstest.Key{Algorithm: dnstest.RSASHA256, Bits: 1024, Exponent: 1<<32 + 1}),
		keyed("wider.org", dnstest.Key{Algorithm: dnstest.RSASHA256, Bits: 1024, Exponent: 1<<40 + 15}),
		keyed("big.org", dnstest.Key{Algorithm: dnstest.RSASHA512, Bits: 4096}),
		zone("manylabels.org", dnstest.ManyLabels),
		zone("above.org", dnstest.SignerAbove),
		zone("beneath.org", dnstest.SignerBelow),
		zone("sideways.org", dnstest.SignerBeside),
		{Name: "sha384first.org", Records: mailZone, Digest: dnstest.SHA384, NSEC3: &dnstest.NSEC3{}},
		{Name: "zero.org", Records: mailZone, NSEC3: &dnstest.NSEC3{}},
		{Name: "i150.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 150}},
		{Name: "i2500.org", Records: mailZone, NSEC3: &dnstest.NSEC3{Iterations: 2500}},
		{Name: "links.org", Records: "tobogus CNAME mx1.expired.org.\ntoplain CNAME mx1.plain.org.\n*.star CNAME mx1.example.org.\n*.starplain CNAME mx1.plain.org.\ntolinks CNAME toplain\nnodata CNAME mx1.example.org.\na.b.ent TXT x\ndbogus DNAME expired.org."},
		{Name: "huge.org", Records: huge()},
		{Name: "unsignedtld", Algorithm: dnstest.Unsigned},
		{Name: "island.unsignedtld", Records: mailZone},
		{Name: "brokenisland.unsignedtld", Records: mailZone, Fault: dnstest.Expired},
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

// The two keys of a zone that has a key for its keys, and another for the rest.
var (
	ksk = dnstest.Key{Signs: dnstest.KeysOnly}
	zsk = dnstest.Key{Signs: dnstest.DataOnly, DS: dnstest.WithoutDS, Flags: 256}
)

func keyed(name string, keys ...dnstest.Key) dnstest.Zone {
	return dnstest.Zone{Name: name, Records: mailZone, Keys: keys}
}

// huge is a set of 200 records, which comes by TCP.
func huge() string {
	var all strings.Builder
	for i := range 200 {
		fmt.Fprintf(&all, "@ MX %d mx%d.example.org.\n", i, i)
	}
	return all.String()
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
	{"wrongds.org", dnssec.TypeMX, dnssec.Bogus, 0, "(by another digest)", false},
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

	{"UPPER.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"_s._tcp.upper.org", dnssec.TypeSRV, dnssec.Secure, 0, "", false},
	{"ALIAS.upper.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"a.MOVED.upper.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"np.upper.org", dnssec.Type(dns.TypeNAPTR), dnssec.Secure, 0, "", false},
	{"same.org", dnssec.TypeTXT, dnssec.Secure, 0, "", false},
	{"same.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},

	{"split.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"nothing.split.org", dnssec.TypeMX, dnssec.Secure, dnssec.NoName, "", false},
	{"standby.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"comingds.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"nosep.org", dnssec.TypeMX, dnssec.Secure, 0, "", false}, // RFC 4034 §2.1.1: SEP is a hint
	{"zskkeys.org", dnssec.TypeMX, dnssec.Bogus, 0, "DNSKEY of zskkeys.org", false},
	{"kskonly.org", dnssec.TypeMX, dnssec.Indeterminate, 0, "has no signature", true},
	{"kskonly.org", dnssec.TypeDNSKEY, dnssec.Secure, 0, "", false},
	{"rollover.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"newalg.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"oldbad.org", dnssec.TypeMX, dnssec.Secure, 0, "", false}, // RFC 6840 §5.11: one algorithm is enough
	{"onebad.org", dnssec.TypeMX, dnssec.Secure, 0, "", false}, // RFC 4035 §5.3.3: any one
	{"dsbad.org", dnssec.TypeMX, dnssec.Bogus, 0, "DNSKEY of dsbad.org", false},
	{"tag.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"alg.org", dnssec.TypeMX, dnssec.Bogus, 0, "(of algorithm 10, the key's is 13)", false},
	{"protocol.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"revokedsecond.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"revokedentry.org", dnssec.TypeMX, dnssec.Bogus, 0, "matches its DS", false},
	{"withunknown.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"unknownbad.org", dnssec.TypeMX, dnssec.Bogus, 0, "does not match", false},
	{"ed448.org", dnssec.TypeMX, dnssec.Insecure, 0, "not known", false},
	{"short.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"bits1023.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"three.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"wide.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"wider.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"big.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"manylabels.org", dnssec.TypeMX, dnssec.Bogus, 0, "more labels", false},
	{"above.org", dnssec.TypeMX, dnssec.Bogus, 0, "above.org", false},
	{"beneath.org", dnssec.TypeMX, dnssec.Bogus, 0, "beneath.org", false},
	{"sideways.org", dnssec.TypeMX, dnssec.Bogus, 0, "sideways.org", false},
	{"sha384first.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"nothing.zero.org", dnssec.TypeMX, dnssec.Secure, dnssec.NoName, "", false},
	{"_tcp.mx1.zero.org", dnssec.TypeMX, dnssec.Secure, dnssec.NoData, "", false},
	{"i150.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"nothing.i150.org", dnssec.TypeMX, dnssec.Insecure, dnssec.NoName, "150 times", false},
	{"nothing.i2500.org", dnssec.TypeMX, dnssec.Insecure, dnssec.NoName, "2500 times", false},
	{"x.wild.i2500.org", dnssec.TypeA, dnssec.Insecure, 0, "2500 times", false},
	{"x.wild.zero.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"x.wild.partdenial.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"tobogus.links.org", dnssec.TypeA, dnssec.Bogus, 0, "expired on", false},
	{"toplain.links.org", dnssec.TypeA, dnssec.Insecure, 0, "", false},
	{"tolinks.links.org", dnssec.TypeA, dnssec.Insecure, 0, "", false},
	{"nodata.links.org", dnssec.TypeTXT, dnssec.Secure, dnssec.NoData, "", false},
	{"x.star.links.org", dnssec.TypeA, dnssec.Secure, 0, "", false},
	{"x.starplain.links.org", dnssec.TypeA, dnssec.Insecure, 0, "", false},
	{"mx1.dbogus.links.org", dnssec.TypeA, dnssec.Bogus, 0, "expired on", false},
	{"ent.links.org", dnssec.TypeA, dnssec.Secure, dnssec.NoData, "", false},
	{"b.ent.links.org", dnssec.TypeA, dnssec.Secure, dnssec.NoData, "", false},
	{"x.b.ent.links.org", dnssec.TypeA, dnssec.Secure, dnssec.NoName, "", false},
	{"huge.org", dnssec.TypeMX, dnssec.Secure, 0, "", false},
	{"unsignedtld", dnssec.TypeNS, dnssec.Insecure, 0, "", false},
	{"island.unsignedtld", dnssec.TypeMX, dnssec.Insecure, 0, "", false},
	{"brokenisland.unsignedtld", dnssec.TypeMX, dnssec.Insecure, 0, "", false},
	{"nothing.unsignedtld", dnssec.TypeMX, dnssec.Insecure, dnssec.NoName, "", false},
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
