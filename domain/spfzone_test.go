package domain_test

import (
	"fmt"
	"strings"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// spfName is a name with records, and what is right to say of it.
type spfName struct {
	name    string // in z.org
	records string // lines with @ for the name; without a type a TXT that begins with v=spf1
	row            // its name is empty
	why     string // the section of RFC 7208, or of DOMAIN.md's table
}

const (
	good = probe.OK
	warn = probe.Warning
	crit = probe.Critical
	unkn = probe.Unknown
)

func fine(facts string) row       { return row{"", good, "", facts, ""} }
func bad(says string) row         { return row{"", crit, "spf-permerror", "", says} }
func open(says string) row        { return row{"", crit, "spf-everyone", "", says} }
func noRecord() row               { return row{"", warn, "spf-none", "", "no SPF record"} }
func weak(facts, says string) row { return row{"", warn, "spf-fragile", facts, says} }

// spfNames are what an adversary of the program would publish.
var spfNames = []spfName{
	// §4.5, §12: which text is a record.
	{"v10", `v=spf10 -all`, noRecord(), "§4.5"},
	{"blank", `@ TXT " v=spf1 -all"`, noRecord(), "§4.5"},
	{"tab", `@ TXT "v=spf1\009-all"`, noRecord(), "§4.5: a space, no TAB"},
	{"semicolon", `@ TXT "v=spf1; -all"`, noRecord(), "§4.5"},
	{"quoted", `@ TXT "\"v=spf1 -all\""`, noRecord(), "§4.5"},
	{"upper", `@ TXT "V=SpF1 IP4:192.0.2.1 -ALL"`, fine("spf_lookups=0"), "§4.6.1, §12: strings in ABNF are without case"},
	{"bare", `@ TXT "v=spf1"`, row{"", warn, "spf-neutral", "spf_lookups=0", ""}, "§4.5, §4.7"},
	{"barespace", `@ TXT "v=spf1 "`, row{"", warn, "spf-neutral", "spf_lookups=0", ""}, "§4.5, §4.7"},
	{"spaces", `v=spf1   ip4:192.0.2.1   -all  `, fine("spf_lookups=0"), "§4.6.1: 1*SP"},
	{"tabinside", `@ TXT "v=spf1 a\009-all"`, bad(""), "§4.6.1"},
	{"joined", `@ TXT "v=spf1 ip4:192.0.2." "1 -all"`, fine("spf_lookups=0"), "§3.3"},
	{"joinedwrong", `@ TXT "v=spf1 ip4:192.0.2.1" "-all"`, bad("192.0.2.1-all"), "§3.3: no space is added"},
	{"versionsplit", `@ TXT "v=sp" "f1 -all"`, fine(""), "§3.3"},
	{"beside", "v=spf1 -all\n@ TXT \"google-site-verification=x\"\n@ TXT \"v=spf10 +all\"", fine(""), "§4.5"},
	{"two", "v=spf1 -all\n@ TXT \"v=spf1 ~all\"", bad("2 SPF records"), "§4.5"},
	{"twosame", "v=spf1 -all\n@ TXT \"V=spf1 -all\"", bad("2 SPF records"), "§4.5"},
	{"type99", `@ TYPE99 \# 12 0b763d73706631202d616c6c`, noRecord(), "§3.1: the type SPF is gone"},
	{"aliased", `@ CNAME base`, fine("spf_lookups=0"), "RFC 1034 §3.6.2"},
	{"under.dname", ``, fine("spf_lookups=0"), "RFC 6672 §3.3"},
	{"any.wild", ``, fine("spf_lookups=0"), "§3.5: wildcards"},
	{"missing", ``, noRecord(), "§4.4"},
	{"nonascii", `@ TXT "v=spf1 a:b\195\164r.z.org -all"`, bad(""), "§7.1: visible ASCII"},
	{"large450", `v=spf1` + fill(450), fine(""), "§3.4: below 450"},
	{"large451", `v=spf1` + fill(451), weak("", "451 bytes"), "§3.4"},
	{"large3000", `v=spf1` + fill(3000), weak("", ""), "§3.4"},

	// §4.6.1, §5, §12: syntax.
	{"unknownmech", `v=spf1 ip4:192.0.2.1 foo:x.z.org -all`, bad("foo"), "§4.6.1"},
	{"unknownmod", `v=spf1 moo=a:b/c ip4:192.0.2.1 -all`, fine("spf_lookups=0"), "§6"},
	{"badmod", `v=spf1 ip4:192.0.2.1 moo=%{x} -all`, bad("moo="), "§6: its syntax counts"},
	{"errorbehind", `v=spf1 -all ipv4:192.0.2.1`, bad("ipv4:192.0.2.1"), "§4.6: errors anywhere"},
	{"slash33", `v=spf1 ip4:192.0.2.0/33 -all`, bad("/33"), "§12: ip4-cidr-length"},
	{"slash024", `v=spf1 ip4:192.0.2.0/024 -all`, bad("/024"), "§12"},
	{"noaddress", `v=spf1 ip4 -all`, bad("ip4"), "§5.6"},
	{"short", `v=spf1 ip4:192.0.2 -all`, bad(""), "§5.6"},
	{"sixinfour", `v=spf1 ip4:2001:db8::1 -all`, bad(""), "§5.6"},
	{"slash129", `v=spf1 ip6:2001:db8::/129 -all`, bad(""), "§12"},
	{"emptyinclude", `v=spf1 include: -all`, bad("include:"), "§5.2"},
	{"emptya", `v=spf1 a: -all`, bad("a:"), "§5.3"},
	{"emptyredirect", `v=spf1 redirect=`, bad("redirect="), "§6.1"},
	{"colonredirect", `v=spf1 redirect:base.z.org`, bad("redirect:"), "§6.1"},
	{"equalinclude", `v=spf1 include=base.z.org -all`, fine("spf_lookups=0"), "§6: an unknown modifier"},
	{"twoexp", `v=spf1 exp=base.z.org exp=base.z.org -all`, bad("twice"), "§6"},
	{"tworedirect", `v=spf1 redirect=base.z.org redirect=base.z.org`, bad("twice"), "§6"},
	{"allarg", `v=spf1 -all:z.org`, bad("all"), "§5.1"},
	{"onelabel", `v=spf1 a:localhost -all`, bad("localhost"), "§7.1: domain-end"},
	{"numbertop", `v=spf1 a:192.0.2.1 -all`, bad("192.0.2.1"), "§7.1: toplabel"},
	{"trailing", `v=spf1 include:base.z.org. -all`, fine("spf_lookups=1"), "§7.1: a trailing dot is allowed"},
	{"comma", `v=spf1 ip4:192.0.2.1, -all`, bad(""), "§5.6"},
	{"macrobad", `v=spf1 exists:%{z}.z.org -all`, bad("%{z}"), "§7.1"},
	{"percent", `v=spf1 exists:%x.z.org -all`, bad(""), "§7.1"},
	{"macroc", `v=spf1 exists:%{c}.z.org -all`, bad(""), "§7.2: c, r and t in exp only"},

	// §4.6.4: counts.
	{"sametwice", `v=spf1 include:base.z.org include:base.z.org -all`, fine("spf_lookups=2"), "§4.6.4: terms"},
	{"expnot", `v=spf1 ip4:192.0.2.1 -all exp=gone.z.org`, fine("spf_lookups=0"), "§4.6.4, §6.2"},
	{"behind", `v=spf1 ip4:192.0.2.1 -all a:h.z.org mx`, row{"", warn, "spf-unreached", "spf_lookups=0", "a:h.z.org mx"}, "§5.1"},
	{"redirectall", `v=spf1 redirect=gone.z.org -all`, fine("spf_lookups=0"), "§6.1: ignored"},
	{"allredirect", `v=spf1 -all redirect=gone.z.org`, fine("spf_lookups=0"), "§6.1: whatever the order"},
	{"redirected", `v=spf1 redirect=base.z.org`, fine("spf_lookups=1"), "§4.6.4"},
	{"redirectnone", `v=spf1 redirect=h.z.org`, bad("h.z.org has no SPF record"), "§6.1"},
	{"includenone", `v=spf1 include:h.z.org -all`, bad("h.z.org has no SPF record"), "§5.2"},
	{"includegone", `v=spf1 include:gone.z.org -all`, bad("gone.z.org has no SPF record"), "§5.2"},
	{"includetwo", `v=spf1 include:two.z.org -all`, bad("2 SPF records"), "§5.2"},
	{"includebad", `v=spf1 include:unknownmech.z.org -all`, bad("foo"), "§5.2"},
	{"includeall", `v=spf1 include:neutralall.z.org -all`, fine("spf_lookups=1"), "§5.2: the included ?all is no match"},
	{"neutralall", `v=spf1 ip4:192.0.2.1 ?all`, row{"", warn, "spf-neutral", "", ""}, "§8.2"},
	{"loop", `v=spf1 include:loop.z.org -all`, bad("terms need a look-up"), "§4.6.4"},
	{"loopa", `v=spf1 include:loopb.z.org -all`, bad("terms need a look-up"), "§4.6.4"},
	{"loopb", `v=spf1 redirect=loopa.z.org`, bad("terms need a look-up"), "§4.6.4"},
	{"ten", `v=spf1` + strings.Repeat(" a:h.z.org", 10) + ` -all`, weak("spf_lookups=10", "10 of 10"), "§4.6.4"},
	{"nine", `v=spf1` + strings.Repeat(" a:h.z.org", 8) + ` redirect=base.z.org`, weak("spf_lookups=9", "9 of 10"), "§4.6.4"},
	{"eight", `v=spf1` + strings.Repeat(" a:h.z.org", 8) + ` -all`, fine("spf_lookups=8"), "§4.6.4"},
	{"eleven", `v=spf1` + strings.Repeat(" a:h.z.org", 11) + ` -all`, row{"", crit, "spf-permerror", "spf_lookups=11", "11 terms"}, "§4.6.4"},
	{"nested11", `v=spf1 include:five.z.org include:five.z.org -all`, row{"", crit, "spf-permerror", "spf_lookups=12", "12 terms"}, "§4.6.4"},
	{"five", `v=spf1` + strings.Repeat(" a:h.z.org", 5) + ` ~all`, fine("spf_lookups=5"), "§4.6.4"},
	{"nested10", `v=spf1 include:five.z.org a:h.z.org a:h.z.org a:h.z.org a:h.z.org -all`, weak("spf_lookups=10", "include five.z.org 6, a h.z.org 1"), "§4.6.4"},
	{"includebehind", `v=spf1 include:behind.z.org -all`, fine("spf_lookups=1"), "§5.1: nor in what is included"},
	{"mx10", "v=spf1 mx:mxten.z.org -all", fine("spf_lookups=1"), "§4.6.4"},
	{"mx11", "v=spf1 mx:mxeleven.z.org -all", row{"", crit, "spf-permerror", "spf_lookups=1", "11 exchangers"}, "§4.6.4"},
	{"ptr", `v=spf1 ptr -all`, weak("spf_lookups=1", "ptr"), "§5.5"},
	{"macrop", `v=spf1 exists:%{p}.z.org -all`, weak("spf_lookups=1", "ptr"), "§7.2: do not use"},
	{"void2", `v=spf1 a:gone1.z.org a:gone2.z.org -all`, weak("spf_void4=2 spf_void6=2", "2 terms have no answer"), "§4.6.4"},
	{"void3", `v=spf1 a:gone1.z.org mx:gone2.z.org exists:gone3.z.org -all`, row{"", crit, "spf-permerror", "spf_void4=3 spf_void6=3", ""}, "§4.6.4"},
	{"void3nested", `v=spf1 include:void2.z.org a:gone3.z.org -all`, row{"", crit, "spf-permerror", "spf_lookups=4 spf_void4=3", ""}, "§4.6.4"},
	{"void1", `v=spf1 a:gone1.z.org -all`, fine("spf_void4=1 spf_void6=1"), "§4.6.4"},
	{"fourmx", "v=spf1 a:four.z.org mx:fourmx.z.org -all\n@ MX 10 four\n@ MX 20 four2", fine("spf_lookups=2 spf_void4=0 spf_void6=2"), "§4.6.4: terms, not look-ups"},
	{"fours", `v=spf1 a:four.z.org a:four2.z.org a:four3.z.org -all`, weak("spf_void4=0 spf_void6=3", "for an IPv6 client 3"), "§4.6.4: no IPv6 client is authorised"},
	{"foursix", `v=spf1 a:four.z.org a:four2.z.org a:four3.z.org ip6:2001:db8::/32 -all`, row{"", crit, "spf-permerror", "spf_void4=0 spf_void6=3", "for an IPv6 client 3"}, "§4.6.4"},
	{"sixes", `v=spf1 a:six.z.org a:six.z.org a:six.z.org ip4:192.0.2.1 -all`, row{"", crit, "spf-permerror", "spf_void4=3 spf_void6=0", "for an IPv4 client 3"}, "§4.6.4"},
	{"mxvoid", "v=spf1 mx:deadmx.z.org -all", fine("spf_void4=1 spf_void6=1"), "§4.6.4: one term"},
	{"mxnull", "v=spf1 mx:nullmx.z.org -all", fine("spf_lookups=1"), "RFC 7505 §4.1: there is no host to look up"},

	// §4.4: failures.
	{"down", `v=spf1 -all`, row{"", unkn, "resolver-failed", "", "SERVFAIL"}, "§4.4, §2.6.6"},
	{"branch", `v=spf1 a:h.z.org include:down.z.org mx:mxten.z.org -all`, row{"", unkn, "resolver-failed", "spf_lookups=3", "so far"}, "§2.6.6"},
	{"branchall", `v=spf1 include:down.z.org +all`, open("+all"), "§5.1: a failure does not excuse it"},
	{"branch11", `v=spf1 include:down.z.org` + strings.Repeat(" a:h.z.org", 10) + ` -all`, bad("11 terms"), "§4.6.4"},
	{"branchmx", `v=spf1 mx:downmx.z.org -all`, row{"", unkn, "resolver-failed", "spf_lookups=1", "so far"}, "§2.6.6"},
	{"branchbehind", `v=spf1 -all include:down.z.org`, row{"", warn, "spf-unreached", "spf_lookups=0", ""}, "§5.1"},
	{"truncated", `v=spf1` + fill(400), fine(""), "RFC 2181 §9"},

	// §7: macros.
	{"macrod", `v=spf1 include:inc.%{d} -all`, fine("spf_lookups=2"), "§7.2"},
	{"inc.macrod", `v=spf1 a:h.z.org -all`, fine(""), "§7.2"},
	{"macroo", `v=spf1 include:other.z.org -all`, fine("spf_lookups=2"), "§7.2: o is the sender's domain"},
	{"other", `v=spf1 exists:%{o}.x.z.org -all`, fine("spf_lookups=1"), "§7.2"},
	{"macrod2", `v=spf1 include:base.%{d2} -all`, fine("spf_lookups=1"), "§7.3"},
	{"macroi", `v=spf1 exists:%{i}.x.z.org -all`, row{"", good, "", "spf_lookups=1 spf_void4=0", "exists:%{i}.x.z.org"}, "§7.2: the message decides"},
	{"macroinc", `v=spf1 include:%{l}.x.z.org -all`, row{"", good, "", "spf_lookups=1", "the message decides"}, "§7.2"},
	{"macrored", `v=spf1 redirect=%{i}.x.z.org`, fine("spf_lookups=1"), "§7.2"},
	{"longname", `v=spf1 include:` + strings.Repeat("long.", 60) + `base.z.org -all`, bad("has no SPF record"), "§7.3: labels on the left go until 253 bytes are left"},
	{"longlabel", `v=spf1 a:` + strings.Repeat("x", 64) + `.z.org -all`, fine("spf_lookups=1 spf_void4=0"), "§4.8: not a name, no match"},
	{"incllong", `v=spf1 include:` + strings.Repeat("x", 64) + `.z.org -all`, bad("no SPF record"), "§4.3, §5.2"},
	{"underscore", `v=spf1 include:_spf.z.org -all`, fine("spf_lookups=1"), "§7.1"},

	// §5.1: everyone.
	{"plusall", `v=spf1 +all`, open("+all"), "§5.1"},
	{"plainall", `v=spf1 all`, open("+all"), "§4.6.2"},
	{"allfirst", `v=spf1 all -all`, open("+all"), "§5.1"},
	{"zero", `v=spf1 ip4:0.0.0.0/0 -all`, open("IPv4"), "§5.6"},
	{"zero6", `v=spf1 ip6:::/0 -all`, open("IPv6"), "§5.6"},
	{"zerohost", `v=spf1 ip4:192.0.2.1/0 -all`, open("IPv4"), "§5.6"},
	{"halves", `v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all`, open("IPv4"), "§5.6"},
	{"half", `v=spf1 ip4:0.0.0.0/1 -all`, fine(""), "§5.6"},
	{"azero", `v=spf1 a:h.z.org/0 -all`, open("IPv4"), "§5.3"},
	{"azero6", `v=spf1 a:h.z.org//0 -all`, open("IPv6"), "§5.3"},
	{"mxzero", "v=spf1 mx:mxten.z.org/0 -all", open("IPv4"), "§5.4"},
	{"spread", `v=spf1 ip4:0.0.0.0/1 include:upperhalf.z.org -all`, open("IPv4"), "§5.2"},
	{"upperhalf", `v=spf1 ip4:128.0.0.0/1 -all`, fine(""), "§5.6"},
	{"existsfixed", `v=spf1 exists:h.z.org -all`, open("exists:h.z.org"), "§5.7"},
	{"existsgone", `v=spf1 exists:gone.z.org -all`, fine("spf_lookups=1 spf_void4=1"), "§5.7"},
	{"existssix", `v=spf1 exists:six.z.org -all`, fine("spf_void6=1"), "§5.7: always an A"},
	{"includepass", `v=spf1 include:plusall.z.org -all`, open("include:plusall.z.org"), "§5.2"},
	{"includedeep", `v=spf1 include:includepass.z.org -all`, open("include:includepass.z.org"), "§5.2"},
	{"redirectpass", `v=spf1 ip4:192.0.2.1 redirect=plusall.z.org`, open("+all"), "§6.1"},
	{"neutralzero", `v=spf1 ?ip4:0.0.0.0/0 -all`, fine(""), "§4.6.2: neutral authorises nobody"},
	{"softinclude", `v=spf1 ~include:plusall.z.org -all`, fine("spf_lookups=1"), "§5.2"},
	{"unreachable", `v=spf1 -all +all`, row{"", warn, "spf-unreached", "", ""}, "§5.1"},
}

// spfHelpers are names that others lead to.
var spfHelpers = `
	base     TXT  "v=spf1 ip4:192.0.2.1 -all"
	_spf     TXT  "v=spf1 ip4:192.0.2.1 -all"
	dname    DNAME target
	under.target TXT "v=spf1 ip4:192.0.2.1 -all"
	*.wild   TXT  "v=spf1 ip4:192.0.2.1 -all"
	h        A    192.0.2.1
	h        AAAA 2001:db8::1
	four     A    192.0.2.4
	four2    A    192.0.2.5
	four3    A    192.0.2.6
	six      AAAA 2001:db8::6
	deadmx   MX   10 gone1
	deadmx   MX   20 gone2
	deadmx   MX   30 gone3
	nullmx   MX   0 .
	downmx   MX   10 down
` + many("mxten MX 2 m%d\n", 10) + many("mxeleven MX 2 m%d\n", 11) + many("m%d A 192.0.2.1\nm%[1]d AAAA 2001:db8::1\n", 11)

// fill is the rest of a record of n bytes.
func fill(n int) string {
	text := ""
	for len(text)+len("v=spf1 ip4:192.0.2.1 -all") <= n-len(" ip4:192.0.2.1") {
		text += " ip4:192.0.2.1"
	}
	text += " -all"
	return strings.Replace(text, " ip4", strings.Repeat(" ", n-len("v=spf1")-len(text)+1)+"ip4", 1)
}

// spfWorld has all of them.
func spfWorld() dnstest.World {
	var zone strings.Builder
	for _, n := range spfNames {
		lines := n.records
		if first, rest, _ := strings.Cut(lines, "\n"); strings.HasPrefix(first, "v=spf1") {
			lines = "@ TXT " + quoted(first) + "\n" + rest
		}
		for line := range strings.SplitSeq(lines, "\n") {
			if line != "" {
				zone.WriteString(strings.Replace(line, "@", n.name, 1) + "\n")
			}
		}
	}
	return dnstest.World{
		Zones: []dnstest.Zone{{Name: "z.org", Records: spfHelpers + zone.String()}},
		Rules: []dnstest.Rule{{Name: "down.z.org", Rcode: "SERVFAIL"}, {Name: "truncated.z.org", Truncate: true}},
	}
}

// quoted is a text as the strings of a TXT record.
func quoted(text string) string {
	var parts []string
	for ; len(text) > 255; text = text[255:] {
		parts = append(parts, fmt.Sprintf("%q", text[:255]))
	}
	return strings.Join(append(parts, fmt.Sprintf("%q", text)), " ")
}
