package domain

import (
	"context"
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/dnssec"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

// exchangerJudge judges the sessions with the exchangers of a domain, one after the other.
type exchangerJudge struct {
	*inquiry
	hosts        []hostSessions
	reach        reach
	certificates map[string]bool // those whose end was judged
}

// judge judges the sessions with the exchanger of an index.
func (j *exchangerJudge) judge(ctx context.Context, s *probe.Step, i int) {
	h := j.hosts[i]
	own, demand := reachOf([]hostSessions{h}), j.demand(ctx, h.mailHost)
	j.learn(s, i, demand)
	for _, one := range h.all {
		where := fmt.Sprintf("%s (%s)", h.name, one.addr)
		switch {
		case one.reached():
			j.judgeSession(s, h.name, where, one, demand)
		case one.isImpossible() && own.reached > 0:
			s.Say(where + ": this machine has no way to it")
		case j.reach.silent > 0 && j.reach.reached+j.reach.failed == 0:
			s.RaiseFor(CausePortSilent, where+" does not answer on port 25, as no exchanger does: is the port blocked here?")
		default:
			judgeDown(s, where, one, j.reach.reached > 0)
		}
	}
	if h.left > 0 {
		s.Say(fmt.Sprintf("not connected to: %d of its addresses", h.left))
	}
	if more := j.omitted(ctx); more > 0 && i == len(j.hosts)-1 {
		s.Say(fmt.Sprintf("not connected to: %d of the exchangers", more))
	}
}

// omitted counts the exchangers beyond the bounds.
func (q *inquiry) omitted(ctx context.Context) int {
	m, usable := q.exchangers(ctx), 0
	for _, h := range m.hosts {
		if len(h.at.Addrs) > 0 {
			usable++
		}
	}
	beyond := max(len(dnssec.All[dnssec.MX](m.answer.Records))-maxHosts, 0)
	return max(usable-maxSessionHosts, 0) + beyond
}

// learn learns what an exchanger is like, under names that begin with its number, by the
// session whose certificate ends first. The end of a certificate is judged once, and not
// where only DANE demands one, which goes by the key.
func (j *exchangerJudge) learn(s *probe.Step, i int, demand demands) {
	one := firstToEnd(j.hosts[i].all)
	if one == nil {
		return
	}
	judged := demand.dane && !demand.sts
	if one.state != nil && len(one.state.PeerCertificates) > 0 {
		raw := string(one.state.PeerCertificates[0].Raw)
		judged = judged || j.certificates[raw]
		j.certificates[raw] = true
	}
	for _, f := range one.result.Facts() {
		switch f.Name {
		case "tls_version", "cipher", "key_exchange", "cert_days_left", "cert_issuer", "cert_not_after", "banner":
			f.Name, f.Status, f.Unjudged = fmt.Sprintf("x%d_%s", i+1, f.Name), probe.OK, f.Unjudged || judged
			s.Learn(f)
		}
	}
}

// firstToEnd returns the session whose certificate ends first, one without TLS if there
// is no other, and nil if none came that far.
func firstToEnd(all []session) (first *session) {
	for i, one := range all {
		switch {
		case !one.reached():
		case first == nil, one.ends().Before(first.ends()):
			first = &all[i]
		}
	}
	return first
}

// ends is when the certificate of the session ends; very late without.
func (s session) ends() time.Time {
	if s.state == nil || len(s.state.PeerCertificates) == 0 {
		return time.Unix(1<<40, 0)
	}
	return s.state.PeerCertificates[0].NotAfter
}

// demands are what senders demand of an exchanger.
type demands struct {
	sts  bool // a good certificate, by MTA-STS
	dane bool // a certificate of its TLSA records; no other fault of it matters
	tls  bool // TLS at all: by either, or by TLSA records none of which can be used
}

func (q *inquiry) demand(ctx context.Context, h mailHost) (d demands) {
	d.sts = q.sts(ctx).enforces(h.name)
	d.tls = d.sts
	mx := q.exchangers(ctx).answer.Status
	for _, t := range q.tlsa(ctx) {
		if t.name == h.name && t.InEffect(mx) {
			d.tls, d.dane = true, d.dane || len(t.Usable) > 0
		}
	}
	return d
}

// isDeferred reports whether the server answered that it would take mail later: senders
// try again.
func (s session) isDeferred() bool {
	code, ok := s.result.Fact("code")
	return ok && strings.HasPrefix(code.Text, "4")
}

// judgeDown judges a session that came to nothing. Senders try another exchanger. That
// there was little time for an answer is no fault of the server's.
func judgeDown(s *probe.Step, where string, one session, another bool) {
	for _, wrong := range one.result.Wrong() {
		if wrong.Cause == nil || wrong.Aside {
			continue
		}
		cause, text := wrong.Cause, where+": "+reasonOf(wrong)
		if cause.Is(transport.CauseTimeout) && one.hurried {
			s.RaiseFor(cause.As(probe.Unknown).Advise("raise --timeout, or see why the resolver takes so long"), text+"; the look-ups before took most of the time")
			return
		}
		if (another || one.isDeferred()) && cause.Status == probe.Critical {
			cause = cause.As(probe.Warning)
		}
		s.RaiseFor(advise(cause), text)
		return
	}
	s.RaiseFor(CauseExchangerDown, where+" has not answered EHLO")
}

// judgeSession judges a session that was good enough to deliver mail in, by what senders
// demand.
func (q *inquiry) judgeSession(s *probe.Step, host, where string, one session, demand demands) {
	before := s.Detail
	defer func() {
		if s.Detail == before { // a fault names the exchanger itself
			s.Say(where + ": " + versionOf(one))
		}
	}()
	var forbidden *probe.Cause
	if demand.sts {
		var text string
		if forbidden, text = q.violation(host, one); forbidden != nil {
			s.RaiseFor(advise(forbidden), where+": "+text)
		}
	}
	for _, wrong := range one.result.Wrong() {
		cause, text := weigh(wrong, demand, one.state != nil, forbidden)
		if cause != nil && !wrong.Aside {
			s.RaiseFor(advise(cause), where+": "+text)
		}
	}
}

// versionOf is the version of TLS that a session came to.
func versionOf(one session) string {
	if one.state == nil {
		return "no TLS"
	}
	return tls.VersionName(one.state.Version)
}

// advice are hints for the owners of exchangers in the place of those for users of other
// checks, by the cause.
var advice = map[string]string{
	transport.CauseCertWrongName.Name: "get a certificate for the name that the MX record has",
	transport.CauseNotOffered.Name:    "enable TLS on the server",
	transport.CauseTLSRefused.Name:    "see the server's log: its certificate or key cannot be read, or TLS is not available for now",
	transport.CauseTimeout.Name:       "see whether the host is up, and whether a firewall on the way drops the packets",

	transport.CauseNoTLSHere.Name:       elsewhere,
	transport.CauseProxyUnexpected.Name: elsewhere,
	transport.CauseSNINeeded.Name:       elsewhere,
	transport.CauseTLSRequired.Name:     elsewhere,
	transport.CauseWantsProxy.Name:      elsewhere,
	smtpcheck.CauseTalkedTooSoon.Name:   elsewhere,
}

// elsewhere is the hint where the cause's own names options that the check of a domain does
// not have.
const elsewhere = "see with `mailprobe smtp` how the session goes on, and the server's log"

// advise returns a cause with a hint that is of use for an exchanger.
func advise(c *probe.Cause) *probe.Cause {
	if hint, ok := advice[c.Name]; ok {
		return c.Advise(hint)
	}
	return c
}

// weigh returns the cause of a step of a session that is not OK, and what to say of it;
// nil if that does not matter to senders, or is known already. That a certificate will end
// is judged by the fact.
func weigh(wrong *probe.Step, demand demands, encrypted bool, known *probe.Cause) (*probe.Cause, string) {
	all := append([]*probe.Cause{wrong.Cause}, wrong.Also...)
	all = slices.DeleteFunc(all, func(c *probe.Cause) bool {
		return c == nil || c.Is(known) || c.Is(transport.CauseCertExpiresSoon) || isCertificateFault(c) && demand.dane && !demand.sts
	})
	if len(all) == 0 {
		return nil, ""
	}
	cause, text := all[0], wrong.Detail
	if cause.Is(wrong.Cause) {
		text = reasonOf(wrong)
	}
	switch {
	case cause.Status == probe.Unknown:
		return cause, text
	case wrong.Name == "starttls" && !encrypted && demand.tls:
		return cause.As(probe.Critical), text
	}
	return cause.As(probe.Warning), text
}

// violation returns why a session is none that MTA-STS permits (RFC 8461 §4.2): it is not
// encrypted, or the certificate is not good for the exchanger; nil if that is not so, or
// not known.
func (q *inquiry) violation(host string, one session) (*probe.Cause, string) {
	if one.state == nil {
		if step := one.result.Step("starttls"); step != nil && step.Cause != nil && step.Cause.Status != probe.Unknown {
			return step.Cause.As(probe.Critical), reasonOf(step)
		}
		return nil, ""
	}
	for _, fault := range transport.JudgeChain(one.state.PeerCertificates, q.smtp.TLS.Roots(), host, time.Now()) {
		if isCertificateFault(fault.Cause) && fault.Cause.Status == probe.Critical {
			return fault.Cause, fault.Text
		}
	}
	return nil, ""
}

// isCertificateFault reports whether a cause is a fault of the certificate by which its
// owner cannot be known.
func isCertificateFault(c *probe.Cause) bool {
	return strings.HasPrefix(c.Name, "cert-") && !c.Is(transport.CauseCertExpiresSoon)
}

// reasonOf is why a step is not OK, without its name.
func reasonOf(s *probe.Step) string {
	return strings.TrimPrefix(s.Reason(), s.Name+": ")
}
