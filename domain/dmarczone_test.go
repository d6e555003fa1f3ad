package domain_test

import (
	"strings"
	"testing"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// dmarcWorld is a DNS in which DMARC records stand where they are easily misread.
func dmarcWorld() dnstest.World {
	const rua = "; rua=mailto:d@o.org"
	record := func(name, text string) string {
		return name + " TXT \"" + strings.ReplaceAll(text, "|", "\" \"") + "\"\n"
	}
	zone := func(name string, lines ...string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "sub A 192.0.2.1\na.b A 192.0.2.1\n" + strings.Join(lines, "")}
	}
	one := func(name, text string) dnstest.Zone { return zone(name, record("_dmarc", text)) }
	deep := "a.b.c.d.e.f"
	return dnstest.World{
		Zones: []dnstest.Zone{
			// Values and white space.
			one("upper.org", "v=DMARC1; p=REJECT; sp=Quarantine"+rua), one("tight.org", "v=DMARC1;p=reject;rua=mailto:d@o.org"),
			one("loose.org", "v = DMARC1 ;\\009p = reject ; rua = mailto:d@o.org , mailto:e@o.org ;"), one("trail.org", "v=DMARC1; p=reject"+rua+"; "),
			one("split.org", "v=DMARC1; p=rej|ect; rua=mail|to:d@o.org"), one("splitv.org", "v=DM|ARC1; p=reject"+rua), one("order.org", "v=DMARC1"+rua+"; p=reject"),
			one("unknown.org", "v=DMARC1; p=reject; x=1; foo_bar=2; np0=none"+rua), one("alias.org", "v=spf1 -all"),
			zone("cname.org", "_dmarc CNAME _dmarc.tight.org.\n"), zone("dangling.org", "_dmarc CNAME gone.dangling.org.\n"),
			zone("wild.org", record("*", "v=DMARC1; p=quarantine"+rua)), zone("other.org", record("_dmarc", "v=spf1 -all")+record("_dmarc", "v=DMARC1; p=reject"+rua)),
			// v.
			one("vlower.org", "v=dmarc1; p=reject"+rua), one("vname.org", "V=DMARC1; p=reject"+rua), one("vlate.org", "p=reject; v=DMARC1"+rua), one("vlead.org", " v=DMARC1; p=reject"+rua),
			one("vtwo.org", "v=DMARC2; p=reject"+rua), one("vnosep.org", "v=DMARC1 p=reject"+rua), one("vescaped.org", "v=DMARC1\\\\; p=reject"+rua),
			one("vonly.org", "v=DMARC1"), one("vsemi.org", "v=DMARC1;"),
			// p, sp and np.
			one("pmissing.org", "v=DMARC1"+rua), one("pmissingsp.org", "v=DMARC1; sp=reject"+rua), one("pmissingbare.org", "v=DMARC1; sp=reject"), one("pname.org", "v=DMARC1; P=reject"+rua),
			one("pempty.org", "v=DMARC1; p="+rua), one("pbad.org", "v=DMARC1; p=rejected"+rua), one("pbadbare.org", "v=DMARC1; p=rejected"), one("pbadother.org", "v=DMARC1; p=x; rua=https://o.org/r"),
			one("pbadrua.org", "v=DMARC1; p=x; rua=d@o.org"), one("spbad.org", "v=DMARC1; p=reject; sp=all"+rua), one("spbadbare.org", "v=DMARC1; p=reject; sp=all"), one("npbad.org", "v=DMARC1; p=reject; np=yes"+rua),
			one("npbadbare.org", "v=DMARC1; p=reject; np="), one("twice.org", "v=DMARC1; p=reject; p=reject"+rua), one("twicerua.org", "v=DMARC1; p=reject"+rua+rua), one("twicev.org", "v=DMARC1; v=DMARC1; p=reject"+rua),
			one("twicex.org", "v=DMARC1; x=1; x=2; p=reject"+rua),
			// The other tags.
			one("pct.org", "v=DMARC1; p=reject; pct=100"+rua), one("pcthalf.org", "v=DMARC1; p=reject; pct=50"+rua), one("ri.org", "v=DMARC1; p=quarantine; ri=86400"+rua), one("rf.org", "v=DMARC1; p=reject; rf=afrf"+rua),
			one("adkim.org", "v=DMARC1; p=reject; adkim=strict"+rua), one("aspf.org", "v=DMARC1; p=reject; aspf="+rua), one("strict.org", "v=DMARC1; p=reject; adkim=S; aspf=s"+rua), one("fo.org", "v=DMARC1; p=reject; fo=1:d:s; ruf=mailto:d@o.org"+rua),
			one("fobad.org", "v=DMARC1; p=reject; fo=0:1"+rua), one("tyes.org", "v=DMARC1; p=reject; t=y"+rua), one("tquarantine.org", "v=DMARC1; p=quarantine; t=Y"+rua), one("tnone.org", "v=DMARC1; p=none; t=y"+rua),
			one("tno.org", "v=DMARC1; p=reject; t=n"+rua), one("tbad.org", "v=DMARC1; p=reject; t=yes"+rua), one("tsub.org", "v=DMARC1; p=none; sp=reject; np=quarantine; t=y"+rua), one("psdbad.org", "v=DMARC1; p=reject; psd=no"+rua),
			one("noequals.org", "v=DMARC1; p=reject; quarantine"+rua), one("gap.org", "v=DMARC1;; p=reject"+rua),
			one("ruasize.org", "v=DMARC1; p=reject; rua=mailto:d@o.org!50m"), one("ruahalf.org", "v=DMARC1; p=reject; rua=d@o.org,mailto:d@o.org"), one("ruaweb.org", "v=DMARC1; p=reject; rua=https://o.org/,mailto:d@o.org"),
			one("ruawebonly.org", "v=DMARC1; p=reject; rua=https://o.org/"), one("ruamany.org", "v=DMARC1; p=reject; rua=mailto:a@o.org,mailto:b@o.org,mailto:c@o.org"), one("rufonly.org", "v=DMARC1; p=reject; ruf=mailto:d@o.org"),
			// Several.
			zone("twins.org", record("_dmarc", "v=DMARC1; p=reject"+rua), record("_dmarc", "v=DMARC1; p=none"+rua)), zone("twinsbad.org", record("_dmarc", "v=DMARC1; p=reject"+rua), record("_dmarc", "v=dmarc1; p=none")),
			// Subdomains.
			zone("tree.org", record("_dmarc", "v=DMARC1; p=reject; sp=quarantine; np=none"+rua), record("_dmarc.own", "v=DMARC1; p=quarantine; sp=none; np=none"+rua), record("_dmarc.b", "v=DMARC1; p=none"),
				record("_dmarc.hide", "v=DMARC1;"), record("_dmarc.lower", "v=dmarc1; p=none"), record("_dmarc.two", "v=DMARC1; p=none")+record("_dmarc.two", "v=DMARC1; p=reject"), "x.two A 192.0.2.1\n", record("_dmarc.own.two", "v=DMARC1; p=reject"+rua),
				"nonterm.inner A 192.0.2.1\n*.star A 192.0.2.1\nalias CNAME sub\nmx MX 10 sub\nempty TXT \"\"\n", record("_dmarc.void", "v=DMARC1; p=x"), "x.void A 192.0.2.1\n"),
			zone("nponly.org", record("_dmarc", "v=DMARC1; p=reject; np=none"+rua)), zone("sponly.org", record("_dmarc", "v=DMARC1; p=quarantine; sp=none"+rua)),
			// psd.
			zone("psdn.org", record("_dmarc", "v=DMARC1; p=none"+rua), record("_dmarc.dep", "v=DMARC1; p=reject; sp=quarantine; psd=n"+rua), "a.dep A 192.0.2.1\nc.b.dep A 192.0.2.1\n", record("_dmarc.b.dep", "v=DMARC1; p=none")),
			zone("psdy.org", record("_dmarc", "v=DMARC1; p=reject; sp=quarantine; np=none; psd=y"+rua), record("_dmarc.shop", "v=DMARC1; p=quarantine; sp=none"+rua), "a.shop A 192.0.2.1\nb.a.bare A 192.0.2.1\n", record("_dmarc.a.bare", "v=DMARC1; p=none")),
			zone("psdyn.org", record("_dmarc", "v=DMARC1; p=reject; psd=y"+rua), record("_dmarc.n", "v=DMARC1; p=quarantine; psd=n"+rua), "x.n A 192.0.2.1\n", record("_dmarc.y", "v=DMARC1; p=none; psd=y"+rua), "x.y A 192.0.2.1\n"),
			zone("psdu.org", record("_dmarc", "v=DMARC1; p=reject; psd=u"+rua)),
			{Name: "zz", Records: record("_dmarc", "v=DMARC1; p=reject; psd=y"+rua) + "bare A 192.0.2.1\na.bare A 192.0.2.1\n"}, {Name: "yy", Records: record("_dmarc", "v=DMARC1; p=reject"+rua) + "d A 192.0.2.1\n"},
			// Long names.
			zone("deep.org", record("_dmarc", "v=DMARC1; p=reject"+rua), record("_dmarc."+deep, "v=DMARC1; p=none; psd=n"+rua), record("_dmarc.c.d.e.f", "v=DMARC1; p=none"),
				"x."+deep+" A 192.0.2.1\nx.y."+deep+" A 192.0.2.1\n", record("_dmarc.x.y.z."+deep, "v=DMARC1; p=quarantine"+rua)),
			// Failures.
			one("own.down.org", "v=DMARC1; p=reject"+rua), one("ownn.down.org", "v=DMARC1; p=reject; psd=n"+rua), one("ownbad.down.org", "v=DMARC1; p=x"), zone("none.down.org"), zone("down.org"),
			zone("noexist.org", record("_dmarc", "v=DMARC1; p=reject; np=none"+rua)), one("failing.org", "v=DMARC1; p=reject"+rua),
			{Name: "bogus.org", Records: record("_dmarc", "v=DMARC1; p=reject"+rua), Fault: dnstest.Expired}, zone("empty.org"),
			{Name: "xn--bcher-kva.org", Records: record("_dmarc", "v=DMARC1; p=reject"+rua)},
		},
		Rules: []dnstest.Rule{
			{Name: "_dmarc.down.org", Rcode: "SERVFAIL"}, {Name: "x.noexist.org", Rcode: "SERVFAIL"}, {Name: "_dmarc.failing.org", Rcode: "REFUSED"},
		},
	}
}

// TestDMARCZone reads each of them as RFC 9989 does; the sections are its own.
func TestDMARCZone(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	const invalid, weak, odd, quiet, several, none = "dmarc-invalid", "dmarc-not-enforced", "dmarc-ignored", "dmarc-unreported", "dmarc-several", "dmarc-none"
	facts := func(from, org, policy string) string {
		return "dmarc_from=" + from + " dmarc_org=" + org + " dmarc_policy=" + policy
	}
	own := func(name, policy string) string { return facts("_dmarc."+name, name, policy) }
	void := func(name string) string { return facts("_dmarc."+name, name, "") }
	absent := func(name string) string { return facts("", name, "") }
	try(t, dmarcWorld(), "dmarc", []row{
		// §4.7: values are without case, except that of v; §4.8: white space around = and ;
		{"upper.org", ok, "", own("upper.org", "reject"), "reject, from _dmarc.upper.org"},
		{"tight.org", ok, "", own("tight.org", "reject"), ""},
		{"loose.org", ok, "", own("loose.org", "reject"), ""},
		{"trail.org", ok, "", own("trail.org", "reject"), ""},
		// §4.5: strings are joined without a blank.
		{"split.org", ok, "", own("split.org", "reject"), ""},
		{"splitv.org", ok, "", own("splitv.org", "reject"), ""},
		// §4.8: any order behind v. RFC 7489 had p second.
		{"order.org", ok, "", own("order.org", "reject"), ""},
		// §4.7: unknown tags are ignored.
		{"unknown.org", ok, "", own("unknown.org", "reject"), ""},
		{"alias.org", critical, none, absent("alias.org"), ""},
		{"cname.org", ok, "", own("cname.org", "reject"), ""},
		{"dangling.org", critical, none, absent("dangling.org"), ""},
		{"wild.org", ok, "", own("wild.org", "quarantine"), ""},
		{"other.org", ok, "", own("other.org", "reject"), ""},
		{"no.wild.org", ok, "", facts("_dmarc.no.wild.org", "wild.org", "quarantine"), ""},
		// §4.7: v is first, and DMARC1 in these letters; RFC 6376 §3.2: tags have a case. RFC
		// 7489 §6.3 has it so too. Mail::DMARC 1.20211209 takes v=dmarc1, and OpenDMARC 1.4.2
		// that, V=DMARC1, p=reject; v=DMARC1 and P=reject: both are too kind.
		{"vlower.org", critical, invalid, absent("vlower.org"), "v=dmarc1"},
		{"vname.org", critical, invalid, absent("vname.org"), ""},
		{"vlate.org", critical, invalid, absent("vlate.org"), ""},
		// §4.8: no white space before v. So has Mail::DMARC, while OpenDMARC takes it.
		{"vlead.org", critical, invalid, absent("vlead.org"), ""},
		{"vtwo.org", critical, invalid, absent("vtwo.org"), ""},
		{"vnosep.org", critical, invalid, absent("vnosep.org"), ""},
		{"vescaped.org", critical, invalid, absent("vescaped.org"), ""},
		// §4.10.1: without a valid p and without a valid rua no DMARC applies.
		{"vonly.org", critical, invalid, void("vonly.org"), "apply no DMARC"},
		{"vsemi.org", critical, invalid, void("vsemi.org"), "apply no DMARC"},
		{"pmissing.org", warning, weak, own("pmissing.org", "none"), "there is no p="},
		{"pmissingsp.org", warning, weak, own("pmissingsp.org", "none"), ""},
		{"sub.pmissingsp.org", warning, weak, facts("_dmarc.pmissingsp.org", "pmissingsp.org", "none"), ""},
		{"pmissingbare.org", critical, invalid, void("pmissingbare.org"), ""},
		{"pname.org", warning, weak, own("pname.org", "none"), ""},
		{"pempty.org", critical, invalid, own("pempty.org", "none"), "p= is not"},
		{"pbad.org", critical, invalid, own("pbad.org", "none"), "p=rejected"},
		{"pbadbare.org", critical, invalid, void("pbadbare.org"), ""},
		{"pbadother.org", critical, invalid, own("pbadother.org", "none"), ""}, // a URI is valid that nobody sends to
		{"pbadrua.org", critical, invalid, void("pbadrua.org"), ""},
		{"spbad.org", critical, invalid, own("spbad.org", "none"), "sp=all"},
		{"sub.spbad.org", critical, invalid, facts("_dmarc.spbad.org", "spbad.org", "none"), ""},
		{"spbadbare.org", critical, invalid, void("spbadbare.org"), ""},
		{"npbad.org", critical, invalid, own("npbad.org", "none"), "np=yes"},
		{"npbadbare.org", critical, invalid, void("npbadbare.org"), ""},
		// RFC 6376 §3.2: a tag that stands twice makes the whole list invalid. For OpenDMARC
		// and Mail::DMARC the last one counts, which no RFC says.
		{"twice.org", critical, invalid, void("twice.org"), "the tag p stands twice"},
		{"twicerua.org", critical, invalid, void("twicerua.org"), "the tag rua stands twice"},
		{"twicev.org", critical, invalid, void("twicev.org"), ""},
		{"twicex.org", critical, invalid, void("twicex.org"), ""},
		// Appendix C: pct, rf and ri are gone; RFC 7489 receivers would sample by pct.
		{"pct.org", warning, odd, own("pct.org", "reject"), "the tag pct exists no more"},
		{"pcthalf.org", warning, odd, own("pcthalf.org", "reject"), "all mail that fails"},
		{"ri.org", warning, odd, own("ri.org", "quarantine"), ""},
		{"rf.org", warning, odd, own("rf.org", "reject"), ""},
		// §4.8: a syntax error elsewhere makes the tag have its default.
		{"adkim.org", warning, odd, own("adkim.org", "reject"), "r is used"},
		{"aspf.org", warning, odd, own("aspf.org", "reject"), ""},
		{"strict.org", ok, "", own("strict.org", "reject"), ""},
		{"fo.org", ok, "", own("fo.org", "reject"), ""},
		{"fobad.org", warning, odd, own("fobad.org", "reject"), "fo=0:1"},
		{"psdbad.org", warning, odd, own("psdbad.org", "reject"), "u is used"},
		{"noequals.org", warning, odd, own("noequals.org", "reject"), ""},
		{"gap.org", warning, odd, own("gap.org", "reject"), ""},
		// §4.7: t=y lowers p, sp and np by one.
		{"tyes.org", warning, weak, own("tyes.org", "quarantine"), "quarantine, from _dmarc.tyes.org"},
		{"tquarantine.org", warning, weak, own("tquarantine.org", "none"), ""},
		{"tnone.org", warning, weak, own("tnone.org", "none"), ""},
		{"tno.org", ok, "", own("tno.org", "reject"), ""},
		{"tbad.org", warning, odd, own("tbad.org", "reject"), "n is used"},
		{"sub.tsub.org", warning, weak, facts("_dmarc.tsub.org", "tsub.org", "quarantine"), ""},
		{"gone.tsub.org", warning, weak, facts("_dmarc.tsub.org", "tsub.org", "none"), ""},
		// §4.7, §4.8: the destinations of reports.
		{"ruasize.org", ok, "", own("ruasize.org", "reject"), ""},
		{"ruahalf.org", warning, odd, own("ruahalf.org", "reject"), ""},
		{"ruaweb.org", ok, "", own("ruaweb.org", "reject"), ""}, // valid, and for dmarc-reports to judge
		{"ruawebonly.org", warning, quiet, own("ruawebonly.org", "reject"), ""},
		{"ruamany.org", ok, "", own("ruamany.org", "reject"), ""},
		{"rufonly.org", warning, quiet, own("rufonly.org", "reject"), ""},
		// §4.10, step 2: several are discarded, texts that are no record before that.
		{"twins.org", critical, several, absent("twins.org"), ""},
		{"twinsbad.org", ok, "", own("twinsbad.org", "reject"), ""},
		{"two.tree.org", critical, several, facts("_dmarc.tree.org", "tree.org", "quarantine"), ""},
		{"x.two.tree.org", warning, several, facts("_dmarc.tree.org", "tree.org", "quarantine"), ""},
		{"own.two.tree.org", ok, "", facts("_dmarc.own.two.tree.org", "tree.org", "reject"), ""},
		// §4.10.1: the own record by p; the organization's by sp, or by np after NXDOMAIN.
		{"tree.org", ok, "", own("tree.org", "reject"), ""},
		{"sub.tree.org", ok, "", facts("_dmarc.tree.org", "tree.org", "quarantine"), "quarantine (by sp=), from _dmarc.tree.org"},
		{"own.tree.org", ok, "", facts("_dmarc.own.tree.org", "tree.org", "quarantine"), ""},
		{"gone.tree.org", warning, weak, facts("_dmarc.tree.org", "tree.org", "none"), "none (by np=)"},
		{"gone.gone.tree.org", warning, weak, facts("_dmarc.tree.org", "tree.org", "none"), ""},
		{"inner.tree.org", ok, "", facts("_dmarc.tree.org", "tree.org", "quarantine"), ""}, // §3.2.13: an empty non-terminal exists
		{"any.star.tree.org", ok, "", facts("_dmarc.tree.org", "tree.org", "quarantine"), ""},
		{"alias.tree.org", ok, "", facts("_dmarc.tree.org", "tree.org", "quarantine"), ""},
		{"mx.tree.org", ok, "", facts("_dmarc.tree.org", "tree.org", "quarantine"), ""}, // RFC 7489 A.4 asked for A, AAAA and MX
		{"empty.tree.org", ok, "", facts("_dmarc.tree.org", "tree.org", "quarantine"), ""},
		{"gone.nponly.org", warning, weak, facts("_dmarc.nponly.org", "nponly.org", "none"), ""},
		{"sub.nponly.org", ok, "", facts("_dmarc.nponly.org", "nponly.org", "reject"), ""},
		{"gone.sponly.org", warning, weak, facts("_dmarc.sponly.org", "sponly.org", "none"), "by sp="},
		// §4.10.1: a record in between has no effect on those below it.
		{"a.b.tree.org", warning, odd, facts("_dmarc.tree.org", "tree.org", "quarantine"), "_dmarc.b.tree.org has no effect on a.b.tree.org"},
		{"b.tree.org", warning, weak, facts("_dmarc.b.tree.org", "tree.org", "none"), ""},
		// §4.10.1: a record without a policy hides that of the organization from its own name alone.
		{"hide.tree.org", critical, invalid, facts("_dmarc.hide.tree.org", "tree.org", ""), ""},
		{"void.tree.org", critical, invalid, facts("_dmarc.void.tree.org", "tree.org", ""), ""},
		{"x.void.tree.org", warning, odd, facts("_dmarc.tree.org", "tree.org", "quarantine"), ""},
		{"lower.tree.org", critical, invalid, facts("_dmarc.tree.org", "tree.org", "quarantine"), ""}, // exists, as _dmarc stands below it
		// §4.10.2: psd=n is the organizational domain, and ends the walk.
		{"dep.psdn.org", ok, "", own("dep.psdn.org", "reject") + " dmarc_queries=1", ""},
		{"a.dep.psdn.org", ok, "", facts("_dmarc.dep.psdn.org", "dep.psdn.org", "quarantine") + " dmarc_queries=2", ""},
		{"c.b.dep.psdn.org", warning, odd, facts("_dmarc.dep.psdn.org", "dep.psdn.org", "quarantine") + " dmarc_queries=3", "_dmarc.b.dep.psdn.org"},
		{"sub.psdn.org", warning, weak, facts("_dmarc.psdn.org", "psdn.org", "none"), ""},
		// psd=y: the organization is one below, except from the suffix itself.
		{"psdy.org", ok, "", own("psdy.org", "reject") + " dmarc_queries=1", ""},
		{"shop.psdy.org", ok, "", own("shop.psdy.org", "quarantine") + " dmarc_queries=2", ""},
		{"a.shop.psdy.org", warning, weak, facts("_dmarc.shop.psdy.org", "shop.psdy.org", "none"), ""},
		{"sub.psdy.org", ok, "", facts("_dmarc.psdy.org", "sub.psdy.org", "quarantine"), ""},
		{"a.b.psdy.org", ok, "", facts("_dmarc.psdy.org", "b.psdy.org", "quarantine") + " dmarc_queries=3", ""},
		{"gone.psdy.org", warning, weak, facts("_dmarc.psdy.org", "gone.psdy.org", "none"), "by np="},
		{"b.a.bare.psdy.org", warning, odd, facts("_dmarc.psdy.org", "bare.psdy.org", "quarantine"), "_dmarc.a.bare.psdy.org has no effect"},
		{"x.n.psdyn.org", ok, "", facts("_dmarc.n.psdyn.org", "n.psdyn.org", "quarantine"), ""},
		{"x.y.psdyn.org", warning, weak, facts("_dmarc.y.psdyn.org", "x.y.psdyn.org", "none") + " dmarc_queries=2", ""},
		{"psdu.org", ok, "", own("psdu.org", "reject") + " dmarc_queries=2", ""},
		{"bare.zz", ok, "", facts("_dmarc.zz", "bare.zz", "reject"), ""},
		{"a.bare.zz", ok, "", facts("_dmarc.zz", "bare.zz", "reject"), ""},
		{"zz", ok, "", own("zz", "reject") + " dmarc_queries=1", ""},
		{"d.yy", ok, "", facts("_dmarc.yy", "yy", "reject"), ""}, // the fewest labels, without psd=y
		// §4.10: from nine labels on the walk goes from the whole name to seven labels.
		{"x.a.b.c.d.e.f.deep.org", warning, odd, facts("_dmarc.deep.org", "deep.org", "reject") + " dmarc_queries=8", "_dmarc.c.d.e.f.deep.org"},
		{"a.b.c.d.e.f.deep.org", warning, weak, own("a.b.c.d.e.f.deep.org", "none") + " dmarc_queries=1", ""},
		{"x.y.a.b.c.d.e.f.deep.org", warning, odd, facts("_dmarc.deep.org", "deep.org", "reject") + " dmarc_queries=8", ""},
		{"x.y.z.a.b.c.d.e.f.deep.org", ok, "", facts("_dmarc.x.y.z.a.b.c.d.e.f.deep.org", "deep.org", "quarantine") + " dmarc_queries=8", ""},
		// §4.10.1: what cannot be looked up is not absent. The own record counts whatever is above it.
		{"own.down.org", unknown, "resolver-failed", facts("_dmarc.own.down.org", "", "reject") + " dmarc_queries=2", "SERVFAIL"},
		{"ownn.down.org", ok, "", own("ownn.down.org", "reject"), ""},
		{"ownbad.down.org", critical, invalid, "dmarc_from=_dmarc.ownbad.down.org", "SERVFAIL"},
		{"none.down.org", unknown, "resolver-failed", facts("", "", ""), ""},
		{"x.noexist.org", unknown, "resolver-failed", facts("_dmarc.noexist.org", "noexist.org", ""), "TXT x.noexist.org"},
		{"failing.org", unknown, "resolver-refused", facts("", "", ""), ""},
		{"bogus.org", unknown, "dnssec-bogus", facts("", "", ""), ""},
		{"empty.org", critical, none, absent("empty.org") + " dmarc_queries=2", "there is no DMARC record for empty.org"},
		{"nowhere.org", critical, none, absent("nowhere.org") + " dmarc_queries=2", ""},
		{"bücher.org", ok, "", own("xn--bcher-kva.org", "reject"), ""},
		{"EMPTY.Tight.ORG.", ok, "", facts("_dmarc.tight.org", "tight.org", "reject"), ""},
	})
}
