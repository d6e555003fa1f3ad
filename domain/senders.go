package domain

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// maxSenders bounds how many addresses are checked.
const maxSenders = 16

// senders are the addresses that send the domain's mail, as far as known, each once.
func (q *inquiry) senders(ctx context.Context) (all []netip.Addr) {
	for _, addr := range q.candidates(ctx) {
		if len(all) < maxSenders && !slices.Contains(all, addr) {
			all = append(all, addr)
		}
	}
	return all
}

// candidates are the addresses of --sending, or else those of the exchangers.
func (q *inquiry) candidates(ctx context.Context) (all []netip.Addr) {
	if len(q.sending) > 0 {
		return q.sending
	}
	for _, h := range q.exchangers(ctx).hosts {
		if !h.implicit {
			all = append(all, h.at.Addrs...)
		}
	}
	return all
}

// isProviders reports whether an address is only known as that of exchangers with names
// of somebody else, who takes the mail of many domains: such hosts often send none, and
// what they call themselves is not the domain's to say.
func (q *inquiry) isProviders(ctx context.Context, addr netip.Addr) bool {
	return len(q.sending) == 0 && !slices.ContainsFunc(q.exchangers(ctx).hosts, func(h mailHost) bool {
		return slices.Contains(h.at.Addrs, addr) && areNear(h.name, q.domain)
	})
}

// areNear reports whether the last two labels of names are the same, as those of names of one
// organization are.
func areNear(a, b string) bool {
	near := upwards(a)
	near = near[max(len(near)-2, 0):]
	other := upwards(b)
	return slices.Equal(near, other[max(len(other)-2, 0):])
}

// judgeSenders checks whether the hosts that are known to send may do so. A record by
// which nobody may send means that the exchangers do not.
func (q *inquiry) judgeSenders(ctx context.Context, s *probe.Step, audit *policy.SPFAudit) {
	if len(q.sending) == 0 && !audit.Passes4 && !audit.Passes6 {
		return
	}
	if err := q.exchangers(ctx).failure(); err != nil && len(q.sending) == 0 {
		s.Say("whether all exchangers may send is not known: " + err.Error())
	}
	var refused, others []string
	for _, addr := range q.senders(ctx) {
		v := policy.SPFCheck{DNS: q.resolver, IP: addr, Helo: q.domain, Sender: "postmaster@" + q.domain, Receiver: "unknown"}.Check(ctx)
		switch text := fmt.Sprintf("%s (%s)", addr, v.Result); {
		case v.Result == policy.SPFPass:
		case q.isProviders(ctx, addr):
			others = append(others, text)
		case v.Result == policy.SPFTempError:
			unknown(s, v.Err, fmt.Sprintf("whether %s may send is not known: %v", addr, v.Err))
		default:
			refused = append(refused, text)
		}
	}
	if len(refused) > 0 {
		s.RaiseFor(CauseSPFSenders, "the record does not authorise "+strings.Join(refused, ", "))
	}
	if len(others) > 0 {
		s.Say("not authorised are the exchangers of a provider, which need not send: " + strings.Join(others, ", "))
	}
}
