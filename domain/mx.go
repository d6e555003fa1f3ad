package domain

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// mailHost is an exchanger.
type mailHost struct {
	preference uint16
	name       string        // without a trailing dot
	implicit   bool          // the domain itself, which has no MX
	literal    bool          // an address where a name should be
	canonical  string        // the name that the addresses stand at
	status     dnssec.Status // of the weakest link of the way to the addresses
	addrs      []netip.Addr
	err        error // of the look-up of the addresses
}

// mailHosts are the exchangers of a domain, the preferred first.
type mailHosts struct {
	answer dnssec.Answer
	hosts  []mailHost
	null   bool // there is a null MX
	err    error
}

// maxHosts bounds how many exchangers are looked at.
const maxHosts = 32

// findExchangers looks the exchangers and their addresses up (RFC 5321 §5.1).
func (q *inquiry) findExchangers(ctx context.Context) (m mailHosts) {
	if m.answer, m.err = q.answer(ctx, q.domain, dnssec.TypeMX); m.err != nil || isNoName(m.answer) {
		return m
	}
	all := dnssec.All[dnssec.MX](m.answer.Records)
	slices.SortStableFunc(all, func(a, b dnssec.MX) int {
		return cmp.Or(cmp.Compare(a.Preference, b.Preference), strings.Compare(a.Host, b.Host))
	})
	for _, mx := range all[:min(len(all), maxHosts)] {
		if mx.Host == "." {
			m.null = true
			continue
		}
		m.hosts = append(m.hosts, mailHost{preference: mx.Preference, name: plain(mx.Host)})
	}
	if len(all) == 0 {
		m.hosts = []mailHost{{name: q.domain, implicit: true}}
	}
	sideBySide(m.hosts, func(h *mailHost) { q.findAddresses(ctx, h) })
	return m
}

// findAddresses looks up the addresses of an exchanger.
func (q *inquiry) findAddresses(ctx context.Context, h *mailHost) {
	if _, err := netip.ParseAddr(h.name); err == nil {
		h.literal = true
		return
	}
	answers := make([]dnssec.Answer, 2)
	errs := make([]error, 2)
	kinds := []dnssec.Type{dnssec.TypeA, dnssec.TypeAAAA}
	sideBySide(kinds, func(kind *dnssec.Type) {
		i := slices.Index(kinds, *kind)
		answers[i], errs[i] = q.answer(ctx, h.name, *kind)
	})
	h.status, h.canonical = dnssec.Secure, h.name
	for i, a := range answers {
		if errs[i] != nil {
			h.err = cmp.Or(h.err, errs[i])
			continue
		}
		h.status = min(h.status, a.Status)
		h.addrs = append(h.addrs, dnssec.All[netip.Addr](a.Records)...)
		if a.Canonical != "" && len(a.Aliases) > 0 {
			h.canonical = plain(a.Canonical)
		}
	}
	if len(h.addrs) > 0 {
		h.err = nil
	}
}

// mx judges the exchangers by their records.
func (q *inquiry) mx(ctx context.Context, s *probe.Step) error {
	m := q.exchangers(ctx)
	switch {
	case m.err != nil:
		unknown(s, m.err, m.err.Error())
		return nil
	case isNoName(m.answer):
		return probe.Because(probe.CauseNoSuchName, fmt.Errorf("%s does not exist in DNS", q.domain))
	}
	text := mxText(m)
	s.Learn(probe.Text("mx", text))
	s.Say(text)
	if m.null {
		q.judgeNull(ctx, s, m)
	}
	q.judgeHosts(s, m.hosts)
	return nil
}

// mxText are the exchangers with their preferences.
func mxText(m mailHosts) string {
	var texts []string
	for _, mx := range dnssec.All[dnssec.MX](m.answer.Records) {
		texts = append(texts, fmt.Sprintf("%d %s", mx.Preference, cmp.Or(plain(mx.Host), ".")))
	}
	slices.SortFunc(texts, byPreference)
	return cmp.Or(strings.Join(texts, ", "), "none")
}

// byPreference compares texts that begin with a number.
func byPreference(a, b string) int {
	var x, y int
	_, _ = fmt.Sscan(a, &x) // both begin with a number
	_, _ = fmt.Sscan(b, &y)
	return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
}

// judgeNull judges a null MX (RFC 7505).
func (q *inquiry) judgeNull(ctx context.Context, s *probe.Step, m mailHosts) {
	if len(m.hosts) > 0 {
		s.RaiseFor(smtpcheck.CauseNullMX.Advise("take the null MX out of DNS"), "there is a null MX beside others, with which some senders deliver nothing")
		return
	}
	s.Say("the domain takes no mail (null MX)")
	audit := policy.AuditSPF(ctx, q.resolver, q.domain)
	if audit.Record == nil {
		return
	}
	authorises := audit.Record.Redirect != "" || slices.ContainsFunc(audit.Record.Mechanisms, func(m policy.Mechanism) bool {
		return m.Qualifier == policy.QualifierPass
	})
	if authorises {
		s.RaiseFor(CauseNullMXSends, "the domain takes no mail, but its SPF record lets hosts send for it: receivers may refuse what cannot be answered")
		s.Fix = append(s.Fix, txtRecord(q.domain, "v=spf1 -all"))
	}
}

// judgeHosts judges the names and addresses of the exchangers.
func (q *inquiry) judgeHosts(s *probe.Step, hosts []mailHost) {
	dead, unsure, six := 0, 0, false
	for _, h := range hosts {
		six = six || slices.ContainsFunc(h.addrs, netip.Addr.Is6)
		switch {
		case h.literal:
			dead++
			s.RaiseFor(smtpcheck.CauseBadMX, fmt.Sprintf("the MX record of %s holds an address, where the name of a host should be", h.name))
		case h.err != nil:
			unsure++
			unknown(s, h.err, fmt.Sprintf("the addresses of %s are not known: %v", h.name, h.err))
		case len(h.addrs) == 0:
			dead++
			if !h.implicit {
				s.RaiseFor(CauseMXDead, h.name+" has no address")
			}
		case h.implicit:
			s.RaiseFor(CauseMXImplicit, "there is no MX record: the domain's own address takes the mail")
			if isHost(q.domain) {
				s.Fix = append(s.Fix, fmt.Sprintf("%s. IN MX 10 %[1]s.", q.domain))
			}
		case h.canonical != h.name:
			s.RaiseFor(smtpcheck.CauseAliasMX, fmt.Sprintf("the exchanger %s is an alias (CNAME) of %s", h.name, h.canonical))
		}
	}
	switch {
	case len(hosts) > 0 && dead == len(hosts):
		s.RaiseFor(CauseMXDead.As(probe.Critical), "no exchanger has an address: no mail gets to the domain")
	case q.requires("ipv6") && !six && unsure == 0 && len(hosts) > 0:
		s.RaiseFor(CauseRequiredAbsent, "no exchanger has an IPv6 address, and --require ipv6 was given")
	}
}
