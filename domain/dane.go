package domain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// daneHost are the TLSA records of an exchanger.
type daneHost struct {
	mailHost
	*transport.TLSA
}

// dane judges the TLSA records of the exchangers (RFC 7672).
func (q *inquiry) dane(ctx context.Context, s *probe.Step) error {
	m := q.exchangers(ctx)
	switch {
	case m.err != nil:
		unknown(s, m.err, "the exchangers are not known: "+m.err.Error())
		return nil
	case m.null && len(m.hosts) == 0:
		return s.Skip("the domain takes no mail")
	}
	all := q.tlsa(ctx)
	err := q.judgeDANE(s, m, all)
	if !q.NoSessions && slices.ContainsFunc(all, func(h daneHost) bool { return h.InEffect(m.answer.Status) }) {
		q.matchTLSA(s, m, all, q.sessions(ctx))
	}
	return err
}

// findAllTLSA looks up the records of all exchangers.
func (q *inquiry) findAllTLSA(ctx context.Context) (all []daneHost) {
	for _, h := range q.exchangers(ctx).hosts {
		if !h.literal && (len(h.at.Addrs) > 0 || h.at.Err != nil) {
			all = append(all, daneHost{mailHost: h})
		}
	}
	probe.SideBySide(all, func(h *daneHost) { q.findTLSA(ctx, h) })
	return all
}

// findTLSA looks the records of an exchanger up (RFC 7672 §2.2).
func (q *inquiry) findTLSA(ctx context.Context, h *daneHost) {
	h.TLSA = h.at.FindTLSA(ctx, q.resolver.client, smtpPort)
}

func (q *inquiry) judgeDANE(s *probe.Step, m mailHosts, all []daneHost) error {
	count, effective, without := 0, 0, []string(nil)
	for _, h := range all {
		count += len(h.Records)
		switch {
		case h.InEffect(m.answer.Status):
			effective++
		case h.Err == nil && len(h.Records) == 0:
			without = append(without, h.name)
		}
	}
	if count > 0 {
		s.Learn(probe.Number("tlsa", float64(count), probe.None))
	}
	for _, h := range all {
		judgeTLSA(s, m, h)
	}
	switch {
	case count == 0 && s.Status == probe.OK:
		return q.absent(s, "dane", "no exchanger has TLSA records")
	case len(without) > 0 && effective > 0:
		s.RaiseFor(CauseDANEPartly, "there is no TLSA record for "+strings.Join(without, ", ")+", which senders may go to instead")
	}
	if q.requires("dane") && effective < len(all) && probe.Worst(s.Status, probe.OK) != probe.Unknown {
		s.RaiseFor(CauseRequiredAbsent, "DANE is not in effect for every exchanger, and --require dane was given")
	}
	return nil
}

// judgeTLSA judges the records of one exchanger.
func judgeTLSA(s *probe.Step, m mailHosts, h daneHost) {
	switch cause, text := h.Fault(m.answer.Status); {
	case cause != nil:
		s.RaiseFor(cause, text)
	case h.Err == nil && len(h.Records) > 0:
		s.Say(fmt.Sprintf("%s: %s", h.name, probe.Count(len(h.Usable), "usable TLSA record")))
	}
}
