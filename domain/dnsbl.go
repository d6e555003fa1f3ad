package domain

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"mailprobe/policy"
	"mailprobe/probe"
)

// listing is the question to a block list about an address.
type listing struct {
	list string
	addr netip.Addr
	said string
	mean policy.BlockListAnswer
	err  error
}

// dnsbl asks block lists about the addresses that send.
func (q *inquiry) dnsbl(ctx context.Context, s *probe.Step) error {
	if len(q.Lists) == 0 {
		return s.Skip("no list was given: --dnsbl ZONE asks one")
	}
	var all, tests []listing
	for _, list := range q.Lists {
		tests = append(tests, listing{list: list, addr: netip.MustParseAddr("127.0.0.2")}, listing{list: list, addr: netip.MustParseAddr("127.0.0.1")})
		for _, addr := range q.senders(ctx) {
			all = append(all, listing{list: list, addr: addr})
		}
	}
	if len(all) == 0 {
		return s.Skip("no address is known that sends for the domain")
	}
	sideBySide([][]listing{all, tests}, func(part *[]listing) {
		sideBySide(*part, func(l *listing) { q.askList(ctx, l) })
	})
	judgeListings(s, all)
	judgeTestEntries(s, tests)
	return nil
}

func (q *inquiry) askList(ctx context.Context, l *listing) {
	addrs, err := q.IPv4(ctx, policy.BlockListName(l.addr, l.list))
	if isFailure(err) {
		l.err = err
		return
	}
	l.mean, l.said = policy.ReadBlockList(addrs)
}

func judgeListings(s *probe.Step, all []listing) {
	var listed []string
	for _, l := range all {
		switch {
		case l.err != nil:
			unknown(s, l.err, l.err.Error())
		case l.mean == policy.Listed:
			listed = append(listed, fmt.Sprintf("%s by %s (%s)", l.addr, l.list, l.said))
		case l.mean == policy.Refused:
			s.RaiseFor(CauseListRefuses, fmt.Sprintf("%s refuses the question about %s (%s)", l.list, l.addr, l.said))
		case l.mean == policy.Strange:
			s.RaiseFor(CauseListBroken, fmt.Sprintf("%s answers %s, which no block list does", l.list, l.said))
		}
	}
	s.Learn(probe.Number("dnsbl_listed", float64(len(listed)), probe.None))
	if len(listed) > 0 {
		s.RaiseFor(CauseListed, "listed: "+strings.Join(listed, ", "))
		return
	}
	if s.Status == probe.OK {
		s.Say("not listed")
	}
}

// judgeTestEntries judges whether a list works: it lists 127.0.0.2 and not 127.0.0.1
// (RFC 5782 §5). A list that refuses or fails says nothing of that.
func judgeTestEntries(s *probe.Step, tests []listing) {
	for i := 0; i+1 < len(tests); i += 2 {
		bad, good := tests[i], tests[i+1]
		if bad.err != nil || good.err != nil || bad.mean == policy.Refused || good.mean == policy.Refused {
			continue
		}
		if bad.mean != policy.Listed || good.mean == policy.Listed {
			s.RaiseFor(CauseListBroken, fmt.Sprintf("%s does not work: it must list 127.0.0.2 and not 127.0.0.1", bad.list))
		}
	}
}
