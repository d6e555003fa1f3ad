package domain

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// reverse is what DNS says of an address.
type reverse struct {
	addr      netip.Addr
	names     []string
	confirmed []string // those whose addresses have the address among them
	delegated bool     // the name of the address is an alias (RFC 2317)
	err       error
}

// maxNames bounds how many names of an address are looked at, as receivers do.
const maxNames = 10

// ptr judges the reverse names of the addresses that send.
func (q *inquiry) ptr(ctx context.Context, s *probe.Step) error {
	var all []reverse
	for _, addr := range q.senders(ctx) {
		all = append(all, reverse{addr: addr})
	}
	switch known := q.knowsSenders(ctx, s); {
	case len(all) > 0:
	case known:
		return s.Skip("no address is known that sends for the domain")
	default:
		return nil
	}
	probe.SideBySide(all, func(r *reverse) { q.reverse(ctx, r) })
	var texts []string
	for _, r := range all {
		if len(r.names) > 0 {
			texts = append(texts, fmt.Sprintf("%s %s", r.addr, strings.Join(r.names, " ")))
		}
	}
	if len(texts) > 0 {
		s.Learn(probe.Text("ptr", strings.Join(texts, ", ")))
		s.Say(strings.Join(texts, ", "))
	}
	for _, r := range all {
		q.judgeReverse(ctx, s, r)
	}
	if q.connects() && slices.ContainsFunc(all, func(r reverse) bool { return len(r.confirmed) > 0 && q.hostAt(ctx, r.addr) != "" }) {
		q.judgeGreetings(ctx, s, all)
	}
	return nil
}

// knowsSenders reports whether all addresses that send are known, and makes the step
// Unknown where they are not: those of the exchangers may be lacking.
func (q *inquiry) knowsSenders(ctx context.Context, s *probe.Step) bool {
	err := q.exchangers(ctx).failure()
	if err == nil || len(q.sending) > 0 {
		return true
	}
	unknown(s, err, err.Error())
	return false
}

// reverse looks up the names of an address, and their addresses.
func (q *inquiry) reverse(ctx context.Context, r *reverse) {
	var a dnssec.Answer
	if a, r.err = q.answer(ctx, dnssec.ReverseName(r.addr), dnssec.TypePTR); r.err != nil {
		return
	}
	r.delegated = len(a.Aliases) > 0
	for _, h := range dnssec.All[dnssec.Host](a.Records) {
		if name := plain(string(h)); !slices.Contains(r.names, name) {
			r.names = append(r.names, name)
		}
	}
	r.names = r.names[:min(len(r.names), maxNames)]
	look := q.IPv4
	if r.addr.Is6() {
		look = q.IPv6
	}
	for _, name := range r.names {
		addrs, err := look(ctx, name)
		switch {
		case slices.Contains(addrs, r.addr):
			r.confirmed = append(r.confirmed, name)
		case isFailure(err):
			r.err = err
		}
	}
}

func (q *inquiry) judgeReverse(ctx context.Context, s *probe.Step, r reverse) {
	switch {
	case len(r.confirmed) > 0:
		if slices.ContainsFunc(r.confirmed, func(name string) bool { return isGeneric(name, r.addr) }) {
			s.Say(fmt.Sprintf("the name of %s is made of the address, as those of dial-up hosts are: some receivers refuse such", r.addr))
		}
	case isFailure(r.err):
		unknown(s, r.err, r.err.Error())
	case len(r.names) == 0:
		s.RaiseFor(CauseReverseMissing, fmt.Sprintf("%s has no name", r.addr))
		q.proposePTR(ctx, s, r)
	default:
		s.RaiseFor(CauseReverseMissing, fmt.Sprintf("%s is called %s, which does not have this address", r.addr, strings.Join(r.names, ", ")))
		q.proposePTR(ctx, s, r)
	}
}

// proposePTR proposes the name of the exchanger that has the address. Where the address is
// delegated by an alias the record stands elsewhere.
func (q *inquiry) proposePTR(ctx context.Context, s *probe.Step, r reverse) {
	if host := q.hostAt(ctx, r.addr); isHost(host) && !r.delegated && insidersOf(r.addr) == "" {
		s.Fix = append(s.Fix, fmt.Sprintf("%s IN PTR %s.", dnssec.ReverseName(r.addr), host))
	}
}

// isGeneric reports whether a name is made of all four numbers of an IPv4 address, in
// either order, as providers name the hosts of their customers.
func isGeneric(name string, addr netip.Addr) bool {
	if !addr.Is4() {
		return false
	}
	parts := strings.Split(addr.String(), ".")
	for range 2 {
		for _, between := range []string{"-", ".", "_"} {
			if i := strings.Index(name, strings.Join(parts, between)); i >= 0 && !isDigit(name, i-1) && !isDigit(name, i+len(addr.String())) {
				return true
			}
		}
		slices.Reverse(parts)
	}
	return false
}

func isDigit(text string, i int) bool {
	return i >= 0 && i < len(text) && '0' <= text[i] && text[i] <= '9'
}

// judgeGreetings compares the names of addresses with those that the servers there call
// themselves by (RFC 5321 §4.3.1), as receivers do with the name in EHLO.
func (q *inquiry) judgeGreetings(ctx context.Context, s *probe.Step, all []reverse) {
	for _, h := range q.sessions(ctx) {
		for _, one := range h.all {
			banner, _ := one.result.Fact("banner")
			name, _, _ := strings.Cut(plain(banner.Text), " ")
			i := slices.IndexFunc(all, func(r reverse) bool { return r.addr == one.addr })
			if i < 0 || len(all[i].confirmed) == 0 || !isHost(name) || !strings.Contains(name, ".") || slices.Contains(all[i].confirmed, name) || q.isProviders(ctx, one.addr) {
				continue
			}
			s.RaiseFor(CauseReverseDiffers, fmt.Sprintf("the server at %s calls itself %s, and its address %s", one.addr, name, strings.Join(all[i].confirmed, ", ")))
		}
	}
}

// hostAt is the exchanger that has an address, empty for none.
func (q *inquiry) hostAt(ctx context.Context, addr netip.Addr) string {
	for _, h := range q.exchangers(ctx).hosts {
		if slices.Contains(h.at.Addrs, addr) {
			return h.at.Canonical
		}
	}
	return ""
}

// text looks up the TXT records at a name that are of a sort.
func (q *inquiry) text(ctx context.Context, name string, is func(string) bool) ([]string, error) {
	all, err := q.TXT(ctx, name)
	if errors.Is(err, policy.ErrNoName) {
		err = nil
	}
	return slices.DeleteFunc(all, func(text string) bool { return !is(text) }), err
}
