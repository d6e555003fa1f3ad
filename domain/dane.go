package domain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// daneHost are the TLSA records of an exchanger.
type daneHost struct {
	mailHost
	name    string // where the records stand
	records []policy.TLSA
	usable  []policy.TLSA
	odd     []string // why the others are not
	answer  dnssec.Answer
	err     error
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
	if !q.NoSessions && slices.ContainsFunc(all, func(h daneHost) bool { return h.inEffect(m.answer) }) {
		q.matchTLSA(s, m, all, q.sessions(ctx))
	}
	return err
}

// findAllTLSA looks up the records of all exchangers.
func (q *inquiry) findAllTLSA(ctx context.Context) (all []daneHost) {
	for _, h := range q.exchangers(ctx).hosts {
		if !h.literal && (len(h.addrs) > 0 || h.err != nil) {
			all = append(all, daneHost{mailHost: h})
		}
	}
	sideBySide(all, func(h *daneHost) { q.findTLSA(ctx, h) })
	return all
}

// findTLSA looks the records of an exchanger up: at the name that its aliases lead to
// where all of them are signed, and else, or if there is none, at its own (RFC 7672
// §2.2).
func (q *inquiry) findTLSA(ctx context.Context, h *daneHost) {
	if h.mailHost.err != nil {
		h.err = h.mailHost.err
		return
	}
	bases := []string{h.mailHost.name}
	if h.secure && h.canonical != h.mailHost.name {
		bases = []string{h.canonical, h.mailHost.name}
	}
	for _, base := range bases {
		h.name = "_25._tcp." + base
		h.answer, h.err = q.answer(ctx, h.name, dnssec.TypeTLSA)
		if h.err != nil || h.answer.Found() {
			break
		}
	}
	for _, t := range dnssec.All[dnssec.TLSA](h.answer.Records) {
		record := policy.TLSA{Usage: t.Usage, Selector: t.Selector, Matching: t.Matching, Data: t.Data}
		h.records = append(h.records, record)
		if ok, reason := record.Usable(); ok {
			h.usable = append(h.usable, record)
		} else {
			h.odd = append(h.odd, reason)
		}
	}
}

// inEffect reports whether senders that validate go by the records: the name of the
// exchanger and its addresses are signed, and so are the records.
func (h *daneHost) inEffect(mx dnssec.Answer) bool {
	return isSecure(mx) && h.secure && isSecure(h.answer) && len(h.records) > 0
}

func (q *inquiry) judgeDANE(s *probe.Step, m mailHosts, all []daneHost) error {
	count, effective, without := 0, 0, []string(nil)
	for _, h := range all {
		count += len(h.records)
		switch {
		case h.inEffect(m.answer):
			effective++
		case h.err == nil && len(h.records) == 0:
			without = append(without, h.mailHost.name)
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

// servesFailure reports whether a look-up failed as it does for every sender, by SERVFAIL
// or by what is bogus; silence may be a fault of the resolver's or of the network.
func servesFailure(err error) bool {
	var f *probe.Failure
	return errors.As(err, &f) && (f.Cause.Is(CauseBogus) || f.Cause.Is(probe.CauseResolver))
}

// judgeTLSA judges the records of one exchanger.
func judgeTLSA(s *probe.Step, m mailHosts, h daneHost) {
	switch {
	case h.err != nil && h.mailHost.err == nil && !h.secure: // nobody looks them up
	case h.err != nil && isSecure(m.answer) && servesFailure(h.err):
		s.RaiseFor(CauseDANEFailed, fmt.Sprintf("the TLSA records of %s cannot be looked up, so that senders that validate defer: %v", h.mailHost.name, h.err))
	case h.err != nil:
		unknown(s, h.err, h.err.Error())
	case len(h.records) == 0:
	case m.answer.Status == dnssec.Indeterminate || h.answer.Status == dnssec.Indeterminate:
		s.RaiseFor(CauseResolverStrips, fmt.Sprintf("whether %s is signed is not known: %s", h.name, h.answer.Why))
	case !h.inEffect(m.answer):
		s.RaiseFor(CauseDANEUnsigned, fmt.Sprintf("the TLSA records at %s have no effect, as not all of MX, addresses and TLSA are signed", h.name))
	case len(h.usable) == 0:
		s.RaiseFor(CauseDANEUnusable, fmt.Sprintf("no TLSA record at %s can be used: %s", h.name, strings.Join(h.odd, ", ")))
	default:
		s.Say(fmt.Sprintf("%s: %s", h.mailHost.name, probe.Count(len(h.usable), "usable TLSA record")))
	}
}
