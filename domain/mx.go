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
	"mailprobe/transport"
)

// mailHost is an exchanger.
type mailHost struct {
	preference uint16
	name       string         // without a trailing dot
	implicit   bool           // the domain itself, which has no MX
	literal    bool           // an address where a name should be
	at         transport.Host // where it is
}

// mailHosts are the exchangers of a domain, the preferred first.
type mailHosts struct {
	answer dnssec.Answer
	hosts  []mailHost
	null   bool // there is a null MX
	err    error
}

// failure is the look-up that leaves open who the exchangers are, or where one of them is;
// nil for none.
func (m mailHosts) failure() error {
	if m.err != nil {
		return fmt.Errorf("the exchangers are not known: %w", m.err)
	}
	for _, h := range m.hosts {
		if h.at.Err != nil {
			return fmt.Errorf("the addresses of %s are not known: %w", h.name, h.at.Err)
		}
	}
	return nil
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
		if !slices.ContainsFunc(m.hosts, func(h mailHost) bool { return h.name == plain(mx.Host) }) {
			m.hosts = append(m.hosts, mailHost{preference: mx.Preference, name: plain(mx.Host)})
		}
	}
	if len(all) == 0 {
		m.hosts = []mailHost{{name: q.domain, implicit: true}}
	}
	probe.SideBySide(m.hosts, func(h *mailHost) { q.findAddresses(ctx, h) })
	return m
}

// findAddresses looks up the addresses of an exchanger.
func (q *inquiry) findAddresses(ctx context.Context, h *mailHost) {
	if _, err := netip.ParseAddr(strings.Trim(h.name, "[]")); err == nil {
		h.literal = true
		return
	}
	h.at = transport.FindHost(ctx, q.resolver.client, h.name)
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
	if text != noMX {
		s.Say(text)
	}
	if m.null {
		q.judgeNull(ctx, s, m)
	}
	q.judgeHosts(ctx, s, m.hosts)
	return nil
}

// noMX stands for the exchangers of a domain that has none.
const noMX = "none"

// mxText are the exchangers with their preferences.
func mxText(m mailHosts) string {
	var texts []string
	for _, mx := range dnssec.All[dnssec.MX](m.answer.Records) {
		texts = append(texts, fmt.Sprintf("%d %s", mx.Preference, cmp.Or(plain(mx.Host), ".")))
	}
	slices.SortFunc(texts, byPreference)
	return cmp.Or(strings.Join(texts, ", "), noMX)
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
		s.RaiseFor(smtpcheck.CauseNullMX.Advise("remove the null MX, or all other MX records"), "there is a null MX beside others, with which some senders deliver nothing")
		return
	}
	s.Say("the domain takes no mail (null MX)")
	if audit := q.audit(ctx); audit.Passes4 || audit.Passes6 {
		s.RaiseFor(CauseNullMXSends, "the domain takes no mail, but its SPF record lets hosts send for it: receivers may refuse what cannot be answered")
		if texts, _ := q.TXT(ctx, q.domain); len(texts) == 1 {
			q.propose(ctx, s, q.domain, "v=spf1 -all")
		}
	}
}

// judgeHosts judges the names and addresses of the exchangers.
func (q *inquiry) judgeHosts(ctx context.Context, s *probe.Step, hosts []mailHost) {
	dead, unsure, six := 0, 0, false
	for _, h := range hosts {
		six = six || slices.ContainsFunc(h.at.Addrs, netip.Addr.Is6)
		switch {
		case q.isDead(s, h):
			dead++
		case h.at.Err != nil:
			unsure++
			unknown(s, h.at.Err, fmt.Sprintf("the addresses of %s are not known: %v", h.name, h.at.Err))
		default:
			q.judgeHost(ctx, s, h)
		}
	}
	switch {
	case len(hosts) > 0 && dead == len(hosts) && hosts[0].implicit:
		s.RaiseFor(CauseMXDead.As(probe.Critical).Advise(CauseMXImplicit.Hint), "there is no MX record and no address: no mail gets to the domain")
	case len(hosts) > 0 && dead == len(hosts):
		s.RaiseFor(CauseMXDead.As(probe.Critical), "no exchanger is a host with an address: no mail gets to the domain")
	case q.requires("ipv6") && !six && unsure == 0 && len(hosts) > 0:
		s.RaiseFor(CauseRequiredAbsent.Advise("publish an AAAA record for an exchanger, or leave ipv6 out of --require"), "no exchanger has an IPv6 address, and --require ipv6 was given")
	}
}

// isDead reports whether no sender can reach an exchanger, and says why.
func (q *inquiry) isDead(s *probe.Step, h mailHost) bool {
	switch {
	case h.literal:
		s.RaiseFor(smtpcheck.CauseBadMX, fmt.Sprintf("the MX record of %s holds an address, where the name of a host should be", h.name))
	case !isHost(h.name) && !h.implicit:
		s.RaiseFor(smtpcheck.CauseBadMX, fmt.Sprintf("%q cannot be the name of a host", h.name))
	case policy.IsLocalhost(h.name):
		s.RaiseFor(smtpcheck.CauseBadMX, fmt.Sprintf("the exchanger %s is every sender's own machine", h.name))
	case h.at.Err != nil:
		return false
	case len(h.at.Addrs) == 0:
		if !h.implicit {
			s.RaiseFor(CauseMXDead, q.whyDead(h))
		}
	case !slices.ContainsFunc(h.at.Addrs, isUnicast):
		s.RaiseFor(CauseMXDead, fmt.Sprintf("%s has the address %s, which no host can have", h.name, h.at.Addrs[0]))
	default:
		return false
	}
	return true
}

// isUnicast reports whether a host can have an address (RFC 1122 §3.2.1.3).
func isUnicast(addr netip.Addr) bool {
	addr = addr.Unmap()
	return !addr.IsUnspecified() && !addr.IsMulticast() && addr != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// whyDead says why an exchanger has no address: often the dot at the end of its name was
// forgotten in the zone file, so that the zone's own name was added.
func (q *inquiry) whyDead(h mailHost) string {
	text := h.name + " has no address"
	if h.at.NoName {
		text = h.name + " does not exist"
	}
	if meant, ok := strings.CutSuffix(h.name, "."+q.domain); ok && strings.Contains(meant, ".") {
		text += fmt.Sprintf(" (if %s is meant, the dot behind it is missing in the zone file)", meant)
	}
	return text
}

// judgeHost judges an exchanger that has an address.
func (q *inquiry) judgeHost(ctx context.Context, s *probe.Step, h mailHost) {
	switch {
	case h.implicit:
		s.RaiseFor(CauseMXImplicit, "there is no MX record: the domain's own address takes the mail")
		if isHost(q.domain) && h.at.Canonical == h.name && q.seemsToMail(ctx) { // an alias has no other records
			s.Fix = append(s.Fix, fmt.Sprintf("%s. IN MX 10 %[1]s.", q.domain))
		}
	case h.at.Canonical != h.name:
		s.RaiseFor(smtpcheck.CauseAliasMX, fmt.Sprintf("the exchanger %s is an alias (CNAME) of %s", h.name, h.at.Canonical))
	}
	if h.at.Partly != nil {
		s.Say(fmt.Sprintf("whether %s has more addresses is not known: %v", h.name, h.at.Partly))
	}
	for _, addr := range h.at.Addrs {
		if who := insidersOf(addr); who != "" {
			s.Say(fmt.Sprintf("%s has the address %s, which only %s can reach", h.name, addr, who))
		}
	}
}

// seemsToMail reports whether a domain without MX records may be meant to take mail at its
// own address, as nothing shows that this is only that of a web server: neither an SPF record
// by which nobody sends, nor that no mail server is there.
func (q *inquiry) seemsToMail(ctx context.Context) bool {
	if audit := q.audit(ctx); audit.Record != nil && !audit.Passes4 && !audit.Passes6 {
		return false
	}
	return !q.does(exchanger) || reachOf(q.sessions(ctx)).reached > 0
}

// insidersOf says who alone can reach an address that is not a public one; empty for one that
// is. That is a mistake only if senders elsewhere are given it: the resolver may have an
// answer of its own for those inside.
func insidersOf(addr netip.Addr) string {
	switch addr = addr.Unmap(); {
	case addr.IsLoopback():
		return "the machine itself"
	case addr.IsPrivate():
		return "its own network"
	case addr.IsLinkLocalUnicast():
		return "its own link"
	}
	return ""
}
