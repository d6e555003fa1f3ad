package domain

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"mailprobe/probe"
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

// connectShare is the part of a check's time that connecting to an exchanger may take: a
// port whose packets are dropped leaves the rest to what comes after.
const connectShare = 4

// session is one with an exchanger, at one of its addresses.
type session struct {
	addr   netip.Addr
	result *probe.Result
	state  *tls.ConnectionState // nil without TLS
	// hurried: it began with less than half of the check's time, as look-ups took the rest.
	hurried bool
}

// hostSessions are those with one exchanger.
type hostSessions struct {
	mailHost
	all  []session
	left int // further addresses, which were not connected to
}

// prepareSMTP prepares the sessions with the exchangers.
func (c *Check) prepareSMTP(ctx context.Context) error {
	c.smtp.TLS.ConnectTimeout = cmp.Or(c.probe.Timeout, probe.DefaultTimeout) / connectShare
	return c.smtp.Prepare(ctx)
}

// connects reports whether the exchangers are connected to at all.
func (c *Check) connects() bool { return !c.NoSessions && !slices.Contains(c.Skipped, exchanger) }

// reached reports whether the server has greeted and answered the last of its EHLO and
// HELO, over TLS too where it came to that: mail could be handed over.
func (s session) reached() bool {
	for _, name := range []string{"ehlo-tls", "helo", "ehlo"} {
		if step := s.result.Step(name); step != nil {
			return step.Status == probe.OK || step.Status == probe.Warning
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

// openSessions walks a session with every address of every exchanger, within bounds.
func (q *inquiry) openSessions(ctx context.Context) (hosts []hostSessions) {
	for _, h := range q.exchangers(ctx).hosts {
		one := hostSessions{mailHost: h}
		for _, addr := range h.at.Addrs {
			switch {
			case q.probe.IPv4 && addr.Is6() || q.probe.IPv6 && addr.Is4():
			case len(one.all) == maxHostAddrs:
				one.left++
			default:
				one.all = append(one.all, session{addr: addr})
			}
		}
		if len(one.all) > 0 && len(hosts) < maxSessionHosts {
			hosts = append(hosts, one)
		}
	}
	probe.SideBySide(hosts, func(h *hostSessions) {
		probe.SideBySide(h.all, func(s *session) { *s = q.shared.at(ctx, sessionKey{h.name, s.addr}, q.open) })
	})
	return hosts
}

// open walks one session, as far as EHLO over TLS.
func (c *Check) open(ctx context.Context, at sessionKey) (s session) {
	walk := c.smtp.Observed(func(state *tls.ConnectionState) { s.state = state })
	target := probe.Target{Text: at.host, Host: at.host, Port: smtpPort}.At(at.addr)
	if deadline, ok := ctx.Deadline(); ok {
		s.hurried = time.Until(deadline) < cmp.Or(c.probe.Timeout, probe.DefaultTimeout)/2
	}
	s.addr, s.result = at.addr, &probe.Result{Target: target.Text, Transcript: &wire.Transcript{}}
	_ = walk.Check(ctx, target, s.result) // its steps have the error
	return s
}

// waitSessions is the work of the steps that recordSessions makes.
func (q *inquiry) waitSessions(ctx context.Context, _ *probe.Step) error {
	probe.Together(
		func() { q.sessions(ctx) }, func() { q.sts(ctx) }, func() { q.tlsa(ctx) },
	)
	return nil
}

// recordSessions makes a step of each exchanger, and adds the transcripts of its sessions.
func (q *inquiry) recordSessions(ctx context.Context, r *probe.Result, pending <-chan outcome) {
	o := (<-pending).whole()
	hosts := q.sessions(ctx)
	if len(hosts) == 0 {
		_ = r.Run(exchanger, func(s *probe.Step) error {
			s.Group, s.Took = receiving, max(o.took, 1)
			if err := q.exchangers(ctx).failure(); err != nil {
				unknown(s, err, err.Error())
				return nil
			}
			if slices.ContainsFunc(q.exchangers(ctx).hosts, func(h mailHost) bool { return len(h.at.Addrs) > 0 }) {
				return probe.Because(probe.CauseWrongFamily.Advise("leave out -4 or -6"), errors.New("no exchanger has an address of the family that was asked for"))
			}
			return s.Skip("no exchanger is known that has an address")
		})
	}
	judge := &exchangerJudge{inquiry: q, hosts: hosts, reach: reachOf(hosts), certificates: map[string]bool{}}
	judge.certificates[q.sts(ctx).leaf] = q.does("mta-sts")
	for i, h := range hosts {
		_ = r.Run(probe.Numbered(exchanger, i), func(s *probe.Step) error {
			s.Group, s.Took, s.FaultsFirst = receiving, max(o.took, 1), true
			addTranscripts(r.Transcript, s.Name, h, judge.reach.all())
			judge.judge(ctx, s, i)
			return nil
		})
	}
}

// addTranscripts adds the sessions with an exchanger, each with its share of the room.
func addTranscripts(to *wire.Transcript, step string, h hostSessions, sessions int) {
	if to == nil {
		return
	}
	for _, one := range h.all {
		to.Append(fmt.Sprintf("%s: %s (%s)", step, h.name, one.addr), one.result.Transcript, sessions)
	}
}

// reach counts sessions by how far they came.
type reach struct{ reached, failed, silent, impossible int }

func reachOf(hosts []hostSessions) (n reach) {
	for _, h := range hosts {
		for _, one := range h.all {
			switch {
			case one.reached():
				n.reached++
			case one.isSilent():
				n.silent++
			case one.isImpossible():
				n.impossible++
			default:
				n.failed++
			}
		}
	}
	return n
}

// all is the number of sessions.
func (n reach) all() int { return n.reached + n.failed + n.silent + n.impossible }
