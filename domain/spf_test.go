package domain_test

import (
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// spfZone has a name for each fault that an SPF record can have.
var spfZone = `
	none      A    192.0.2.1
	good      TXT  "v=spf1 ip4:192.0.2.1 -all"
	upper     TXT  "V=SPF1 ip4:192.0.2.1 -all"
	v10       TXT  "v=spf10 -all"
	blank     TXT  " v=spf1 -all"
	tab       TXT  "v=spf1\009-all"
	semi      TXT  "v=spf1; -all"
	two       TXT  "v=spf1 -all"
	two       TXT  "v=spf1 ~all"
	joined    TXT  "v=spf1 ip4:192.0.2." "1 -all"
	inc       TXT  "v=spf1 ip4:192.0.2.1 -all"
	twice     TXT  "v=spf1 include:inc.spf.org include:inc.spf.org -all"
	exp       TXT  "v=spf1 ip4:192.0.2.1 -all exp=e.spf.org"
	behind    TXT  "v=spf1 ip4:192.0.2.1 -all a:h.spf.org"
	badbehind TXT  "v=spf1 ip4:192.0.2.1 -all ip4:nonsense"
	redirall  TXT  "v=spf1 redirect=nothing.spf.org -all"
	modifier  TXT  "v=spf1 ip4:192.0.2.1 unknown=x -all"
	mechanism TXT  "v=spf1 ip4:192.0.2.1 unknown:x -all"
	nowhere   TXT  "v=spf1 include:none.spf.org -all"
	redirnone TXT  "v=spf1 redirect=none.spf.org"
	servfail  TXT  "v=spf1 a:h.spf.org include:broken.spf.org -all"
	everyone  TXT  "v=spf1 +all"
	zero      TXT  "v=spf1 ip4:0.0.0.0/0 -all"
	halves    TXT  "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"
	exists    TXT  "v=spf1 exists:h.spf.org -all"
	neutral   TXT  "v=spf1 ip4:192.0.2.1 ?all"
	noall     TXT  "v=spf1 ip4:192.0.2.1"
	ptr       TXT  "v=spf1 ptr -all"
	nine      TXT  "v=spf1 a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org -all"
	ten       TXT  "v=spf1 a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org -all"
	eleven    TXT  "v=spf1 a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org a:h.spf.org -all"
	void      TXT  "v=spf1 a:n1.spf.org a:n2.spf.org -all"
	voids     TXT  "v=spf1 a:n1.spf.org a:n2.spf.org a:n3.spf.org -all"
	void6     TXT  "v=spf1 a:four.spf.org a:four.spf.org a:four.spf.org -all"
	idle6     TXT  "v=spf1 a:four.spf.org a:four.spf.org -all"
	used6     TXT  "v=spf1 a:four.spf.org a:four.spf.org ip6:2001:db8::1 -all"
	idle4     TXT  "v=spf1 a:six.spf.org a:six.spf.org -all"
	used4     TXT  "v=spf1 a:six.spf.org a:six.spf.org ip4:192.0.2.1 -all"
	both2     TXT  "v=spf1 a:n1.spf.org a:n2.spf.org ip4:192.0.2.1 -all"
	nobody6   TXT  "v=spf1 ?a:four.spf.org ?a:four.spf.org -all"
	six       AAAA 2001:db8::1
	macro     TXT  "v=spf1 exists:%{i}.spf.org -all"
	fixmacro  TXT  "v=spf1 include:inc.%{o2} -all"
	dot       TXT  "v=spf1 a:%{d} -all"
	dot       A    192.0.2.1
	dot       AAAA 2001:db8::1
	big       TXT  "v=spf1 ` + strings.Repeat("ip4:192.0.2.1 ", 15) + `" "` + strings.Repeat("ip4:192.0.2.1 ", 17) + `-all"
	h         A    192.0.2.1
	h         AAAA 2001:db8::1
	four      A    192.0.2.1
	mxs       MX   10 h
	mxs       TXT  "v=spf1 ip4:198.51.100.1 -all"
	mxok      MX   10 h
	mxok      TXT  "v=spf1 mx -all"
	silent    MX   10 h
	silent    TXT  "v=spf1 -all"
	provided  MX   10 mx.provider.net.
	provided  TXT  "v=spf1 include:inc.spf.org -all"
	both      MX   10 mx.provider.net.
	both      MX   20 h
	both      TXT  "v=spf1 ip4:198.51.100.1 -all"
	manymx    TXT  "v=spf1 mx:lots.spf.org -all"
	lots      MX   1 h
` + many("lots MX 2 h%d\n", 10) + many("h%d A 192.0.2.1\nh%[1]d AAAA 2001:db8::1\n", 10)

func many(line string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("\t" + strings.ReplaceAll(strings.ReplaceAll(line, "%d", string(rune('a'+i))), "%[1]d", string(rune('a'+i))))
	}
	return b.String()
}

func TestSPF(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	try(t, dnstest.World{
		Zones: []dnstest.Zone{{Name: "spf.org", Records: spfZone}, {Name: "provider.net", Records: "mx A 203.0.113.1"}},
		Rules: []dnstest.Rule{{Name: "broken.spf.org", Rcode: "SERVFAIL"}, {Name: "down.spf.org", Rcode: "SERVFAIL"}},
	}, "spf", []row{
		{"none.spf.org", warning, "spf-none", "", "no SPF record"},
		{"gone.spf.org", warning, "spf-none", "", "gone.spf.org does not exist in DNS: there is no SPF record"},
		{"down.spf.org", unknown, "resolver-failed", "", "SERVFAIL"},
		{"good.spf.org", ok, "", "spf_lookups=0 spf_void4=0 spf_void6=0", "0 of 10"},
		{"upper.spf.org", ok, "", "spf_lookups=0", ""},
		{"v10.spf.org", warning, "spf-none", "", ""},
		{"blank.spf.org", warning, "spf-none", "", ""},
		{"tab.spf.org", warning, "spf-none", "", ""},
		{"semi.spf.org", warning, "spf-none", "", ""},
		{"two.spf.org", critical, "spf-permerror", "", "2"},
		{"joined.spf.org", ok, "", "spf_lookups=0", ""},
		{"twice.spf.org", ok, "", "spf_lookups=2", "include inc.spf.org 1, include inc.spf.org 1"},
		{"exp.spf.org", ok, "", "spf_lookups=0", ""},
		{"behind.spf.org", warning, "spf-unreached", "spf_lookups=0", "a:h.spf.org"},
		{"badbehind.spf.org", critical, "spf-permerror", "", "ip4:nonsense"},
		{"redirall.spf.org", ok, "", "spf_lookups=0", ""},
		{"modifier.spf.org", ok, "", "spf_lookups=0", ""},
		{"mechanism.spf.org", critical, "spf-permerror", "", "unknown:x"},
		{"nowhere.spf.org", critical, "spf-permerror", "spf_lookups=1", "none.spf.org has no SPF record"},
		{"redirnone.spf.org", critical, "spf-permerror", "spf_lookups=1", "none.spf.org has no SPF record"},
		{"servfail.spf.org", unknown, "resolver-failed", "spf_lookups=2", "counts are those so far"},
		{"everyone.spf.org", critical, "spf-everyone", "", "+all"},
		{"zero.spf.org", critical, "spf-everyone", "", "IPv4"},
		{"halves.spf.org", critical, "spf-everyone", "", "IPv4"},
		{"exists.spf.org", critical, "spf-everyone", "spf_lookups=1", "exists:h.spf.org"},
		{"neutral.spf.org", warning, "spf-neutral", "", ""},
		{"noall.spf.org", warning, "spf-neutral", "", ""},
		{"ptr.spf.org", warning, "spf-fragile", "spf_lookups=1", "ptr"},
		{"nine.spf.org", warning, "spf-fragile", "spf_lookups=9", "9 of 10"},
		{"ten.spf.org", warning, "spf-fragile", "spf_lookups=10", ""},
		{"eleven.spf.org", critical, "spf-permerror", "spf_lookups=11", ""},
		{"void.spf.org", warning, "spf-fragile", "spf_void4=2 spf_void6=2", ""},
		{"voids.spf.org", critical, "spf-permerror", "spf_void4=3", ""},
		{"void6.spf.org", warning, "spf-fragile", "spf_void4=0 spf_void6=3", "IPv6"},
		// Two terms without an answer matter for a family of which some are authorised.
		{"idle6.spf.org", ok, "", "spf_void4=0 spf_void6=2", ""}, {"idle4.spf.org", ok, "", "spf_void4=2 spf_void6=0", ""},
		{"used6.spf.org", warning, "spf-fragile", "spf_void4=0 spf_void6=2", "2 terms have no answer"}, {"used4.spf.org", warning, "spf-fragile", "spf_void4=2 spf_void6=0", "2 terms"},
		{"both2.spf.org", warning, "spf-fragile", "spf_void4=2 spf_void6=2", "2 terms"}, {"nobody6.spf.org", warning, "spf-fragile", "spf_void4=0 spf_void6=2", "2 terms"},
		{"macro.spf.org", ok, "", "spf_lookups=1", ""},
		{"fixmacro.spf.org", ok, "", "spf_lookups=1", ""},
		{"dot.spf.org", ok, "", "spf_lookups=1 spf_void6=0", ""},
		{"big.spf.org", warning, "spf-fragile", "spf_lookups=0", "bytes"},
		{"mxs.spf.org", warning, "spf-not-authorised", "", "192.0.2.1 (fail)"},
		{"mxok.spf.org", ok, "", "spf_lookups=1", ""},
		{"silent.spf.org", ok, "", "spf_lookups=0", "0 of 10 lookups; otherwise fail"}, // nobody sends, its exchangers neither
		{"provided.spf.org", ok, "", "spf_lookups=1", "the exchangers of a provider, which need not send: 203.0.113.1 (fail)"},
		{"both.spf.org", warning, "spf-not-authorised", "", "the record does not authorise 192.0.2.1 (fail)"},
		{"manymx.spf.org", critical, "spf-permerror", "spf_lookups=1", "11 exchangers"},
	})
}

// TestSPFNames: every name of the adversary's zone.
func TestSPFNames(t *testing.T) {
	addr, anchors := start(t, spfWorld())
	for _, n := range spfNames {
		t.Run(n.name, func(t *testing.T) {
			n.row.name = n.name + ".z.org"
			n.judge(t, check(t, addr, anchors, n.row.name, "spf"))
			if t.Failed() {
				t.Log(n.why)
			}
		})
	}
}

// TestSPFSending: the addresses that send are those of --sending.
func TestSPFSending(t *testing.T) {
	world := dnstest.World{Zones: []dnstest.Zone{{Name: "spf.org", Records: spfZone}}}
	try(t, world, "spf", []row{{"mxs.spf.org", probe.OK, "", "", ""}}, "--sending", "198.51.100.1")
	try(t, world, "spf", []row{{"silent.spf.org", probe.Warning, "spf-not-authorised", "", "192.0.2.9 (fail)"}}, "--sending", "192.0.2.9")
	try(t, world, "spf", []row{{"mxok.spf.org", probe.Warning, "spf-not-authorised", "", "198.51.100.1 (fail)"}}, "--sending", "198.51.100.1")
}
