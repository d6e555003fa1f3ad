package domain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// matchTLSA holds the records that are in effect against the certificates that the
// exchangers have. An address that was not reached is judged elsewhere.
func (q *inquiry) matchTLSA(s *probe.Step, m mailHosts, all []daneHost, live []hostSessions) {
	matching := 0
	for _, h := range all {
		if !h.InEffect(m.answer.Status) || len(h.Usable) == 0 {
			continue
		}
		i := slices.IndexFunc(live, func(l hostSessions) bool { return l.name == h.name })
		if i < 0 {
			continue
		}
		if !slices.ContainsFunc(live[i].all, session.reached) {
			s.Say(h.mailHost.name + " was not reached, so that no certificate was compared")
		}
		matched := map[string]bool{}
		for _, one := range live[i].all {
			q.matchSession(s, h, one, matched)
		}
		matching += len(matched)
	}
	s.Learn(probe.Number("tlsa_matching", float64(matching), probe.None))
}

// matchSession judges the certificate at one address; the records that match are added
// to matched.
func (q *inquiry) matchSession(s *probe.Step, h daneHost, one session, matched map[string]bool) {
	switch {
	case one.state == nil && !one.reached():
		return
	case one.state == nil:
		s.RaiseFor(CauseDANEMismatch, fmt.Sprintf("%s at %s has TLSA records and no TLS; senders that validate defer", h.name, one.addr))
		return
	}
	chain := one.state.PeerCertificates
	matching, why := h.Match(chain, time.Now(), q.domain)
	for _, record := range matching {
		matched[record.String()] = true
	}
	if len(matching) > 0 || len(chain) == 0 {
		return
	}
	s.RaiseFor(CauseDANEMismatch, fmt.Sprintf("no TLSA record matches %s at %s (%s); senders that validate defer", h.name, one.addr, strings.Join(why, "; ")))
	if fix := h.Fix(chain); fix != "" && !slices.Contains(s.Fix, fix) {
		s.Fix = append(s.Fix, fix)
	}
}
