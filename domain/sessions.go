package domain

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
	"mailprobe/wire"
)

// exchanger is the name of the step of the first exchanger; the next is exchanger-2.
const exchanger = "exchanger"

// The bounds of what is connected to.
const (
	maxSessionHosts = 16
	maxHostAddrs    = 4
	smtpPort        = 25
)

// session is one with an exchanger, at one of its addresses.
type session struct {
	addr   netip.Addr
	result *probe.Result
	state  *tls.ConnectionState // nil without TLS
}

// hostSessions are those with one exchanger.
type hostSessions struct {
	mailHost
	all []session
}

// reached reports whether the server has greeted and answered EHLO.
func (s session) reached() bool {
	for _, name := range []string{"ehlo", "helo"} {
		if step := s.result.Step(name); step != nil && probe.Worst(step.Status, probe.OK) != probe.Critical && step.Status != probe.Unknown {
			return true
		}
	}
	return false
}

// isSilent reports whether nothing at all came back from the address.
func (s session) isSilent() bool {
	step := s.result.Step("connect")
	return step != nil && step.Cause.Is(transport.CauseTimeout)
}

// isImpossible reports whether this machine has no way to the address, as one without
// IPv6 has none to many.
func (s session) isImpossible() bool {
	step := s.result.Step("connect")
	return step != nil && (step.Cause.Is(probe.CauseNoRoute) || step.Cause.Is(probe.CauseWrongFamily))
}

// openSessions walks a session with every address of every exchanger.
func (q *inquiry) openSessions(ctx context.Context) (hosts []hostSessions) {
	for _, h := range q.exchangers(ctx).hosts {
		if len(h.addrs) == 0 || len(hosts) == maxSessionHosts {
			continue
		}
		one := hostSessions{mailHost: h}
		for _, addr := range h.addrs {
			if wanted := !(q.probe.IPv4 && addr.Is6() || q.probe.IPv6 && addr.Is4()); wanted && len(one.all) < maxHostAddrs {
				one.all = append(one.all, session{addr: addr})
			}
		}
		if len(one.all) > 0 {
			hosts = append(hosts, one)
		}
	}
	sideBySide(hosts, func(h *hostSessions) {
		sideBySide(h.all, func(s *session) { q.open(ctx, h.name, s) })
	})
	return hosts
}

// open walks one session, as far as EHLO over TLS.
func (q *inquiry) open(ctx context.Context, host string, s *session) {
	walk := q.smtp.Observed(func(state *tls.ConnectionState) { s.state = state })
	target := probe.Target{Text: host, Host: host, Port: smtpPort}.At(s.addr)
	s.result = &probe.Result{Target: target.Text, Transcript: &wire.Transcript{}}
	_ = walk.Check(ctx, target, s.result) // its steps have the error
}

// prepareSMTP prepares the sessions with the exchangers.
func (c *Check) prepareSMTP(ctx context.Context) error {
	c.smtp = smtpcheck.NewCheck(c.probe)
	c.smtp.TLS.TLS, c.smtp.TLS.CAFile, c.smtp.Helo = transport.Auto, c.CAFile, c.Helo
	return c.smtp.Prepare(ctx)
}

// waitSessions is the work of the steps that recordSessions makes.
func (q *inquiry) waitSessions(ctx context.Context, _ *probe.Step) error {
	q.sessions(ctx)
	q.sts(ctx)
	q.tlsa(ctx)
	return nil
}

// recordSessions makes a step of each exchanger.
func (q *inquiry) recordSessions(ctx context.Context, r *probe.Result, pending <-chan outcome) {
	o := (<-pending).whole()
	hosts := q.sessions(ctx)
	if len(hosts) == 0 {
		_ = r.Run(exchanger, func(s *probe.Step) error {
			s.Group, s.Took = receiving, max(o.took, 1)
			return s.Skip("no exchanger is known that has an address")
		})
	}
	for i, h := range hosts {
		name := exchanger
		if i > 0 {
			name = fmt.Sprintf("%s-%d", exchanger, i+1)
		}
		_ = r.Run(name, func(s *probe.Step) error {
			s.Group, s.Took = receiving, max(o.took, 1)
			q.judgeExchanger(ctx, s, i+1, h, hosts)
			return nil
		})
	}
}

// judgeExchanger judges the sessions with an exchanger; n is its number.
func (q *inquiry) judgeExchanger(ctx context.Context, s *probe.Step, n int, h hostSessions, hosts []hostSessions) {
	where := func(one session) string { return fmt.Sprintf("%s (%s)", h.name, one.addr) }
	all := reachOf(hosts)
	own, demand := reachOf([]hostSessions{h}), q.demand(ctx, h.mailHost)
	learned := false
	for _, one := range h.all {
		switch {
		case one.reached():
			if !learned {
				learnSession(s, n, one)
			}
			learned = true
			judgeSession(s, where(one), one, demand)
		case one.isImpossible() && own.reached > 0:
			s.Say(where(one) + ": this machine has no way to it")
		case all.silent > 0 && all.reached+all.failed == 0:
			s.RaiseFor(CausePortSilent, where(one)+" does not answer on port 25, as no exchanger does: is the port blocked here?")
		default:
			judgeDown(s, where(one), one, all.reached > 0)
		}
	}
}

// reach counts sessions by how far they came.
type reach struct{ reached, failed, silent int }

func reachOf(hosts []hostSessions) (n reach) {
	for _, h := range hosts {
		for _, one := range h.all {
			switch {
			case one.reached():
				n.reached++
			case one.isSilent():
				n.silent++
			case !one.isImpossible():
				n.failed++
			}
		}
	}
	return n
}

// learnSession learns what the exchanger is like, under names that begin with its
// number.
func learnSession(s *probe.Step, n int, one session) {
	for _, f := range one.result.Facts() {
		switch f.Name {
		case "tls_version", "cipher", "key_exchange", "cert_days_left", "cert_issuer", "cert_not_after", "banner":
			s.Learn(probe.Fact{Name: fmt.Sprintf("x%d_%s", n, f.Name), Text: f.Text, Value: f.Value, Unit: f.Unit, Role: f.Role, Status: probe.OK})
		}
	}
}

// demands are what senders demand of an exchanger.
type demands struct {
	sts  bool // a good certificate, by MTA-STS
	dane bool // a certificate of its TLSA records; no other fault of it matters
}

func (q *inquiry) demand(ctx context.Context, h mailHost) (d demands) {
	d.sts = q.sts(ctx).enforces(h.name)
	mx := q.exchangers(ctx).answer.Status
	for _, t := range q.tlsa(ctx) {
		d.dane = d.dane || t.name == h.name && t.InEffect(mx) && len(t.Usable) > 0
	}
	return d
}

// isDeferred reports whether the server answered that it would take mail later: senders
// try again.
func (s session) isDeferred() bool {
	code, ok := s.result.Fact("code")
	return ok && strings.HasPrefix(code.Text, "4")
}

// judgeDown judges a session that came to nothing. Senders try another exchanger.
func judgeDown(s *probe.Step, where string, one session, another bool) {
	for _, wrong := range one.result.Wrong() {
		if wrong.Cause == nil {
			continue
		}
		cause := wrong.Cause
		if (another || one.isDeferred()) && cause.Status == probe.Critical {
			cause = cause.As(probe.Warning)
		}
		s.RaiseFor(cause, where+": "+reasonOf(wrong))
		return
	}
	s.RaiseFor(CauseExchangerDown, where+" has not answered EHLO")
}

// judgeSession judges a session that was good enough to deliver mail in, by what senders
// demand.
func judgeSession(s *probe.Step, where string, one session, demand demands) {
	good := "no TLS"
	if one.state != nil {
		good = tls.VersionName(one.state.Version)
	}
	s.Say(where + ": " + good)
	for _, wrong := range one.result.Wrong() {
		if wrong.Cause == nil || wrong.Aside {
			continue
		}
		cause, isTLS := wrong.Cause, wrong.Name == "starttls"
		switch {
		case isTLS && one.state == nil && (demand.sts || demand.dane), isTLS && demand.sts && isCertificateFault(cause):
			cause = cause.As(probe.Critical)
		case isTLS && demand.dane && isCertificateFault(cause):
			continue
		case cause.Status == probe.Critical:
			cause = cause.As(probe.Warning)
		}
		s.RaiseFor(cause, where+": "+reasonOf(wrong))
	}
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
