package domain

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"mailprobe/internal/cut"
	"mailprobe/policy"
	"mailprobe/probe"
)

// listing is the question to a block list about an address.
type listing struct {
	list   string
	addr   netip.Addr // of a test entry the zero address
	name   string     // to ask for
	said   string     // the addresses answered
	reason string     // the list's own text
	mean   policy.BlockListAnswer
	err    error
}

// dnsbl asks block lists about the addresses that send.
func (q *inquiry) dnsbl(ctx context.Context, s *probe.Step) error {
	if len(q.Lists) == 0 {
		return s.Skip("no list was given: --dnsbl ZONE asks one")
	}
	addrs := q.senders(ctx)
	var all, tests []listing
	for _, list := range q.Lists {
		tests = append(tests, testEntries(list, addrs)...)
		for _, addr := range addrs {
			all = append(all, listing{list: list, addr: addr, name: policy.BlockListName(addr, list)})
		}
	}
	switch known := q.knowsSenders(ctx, s); {
	case len(all) > 0:
	case known:
		return s.Skip("no address is known that sends for the domain")
	default:
		return nil
	}
	probe.SideBySide([][]listing{all, tests}, func(part *[]listing) {
		probe.SideBySide(*part, func(l *listing) { q.askList(ctx, l) })
	})
	empty := judgeTestEntries(s, tests)
	all = slices.DeleteFunc(all, func(l listing) bool { return l.mean == policy.Listed && empty[l.list] })
	probe.SideBySide(all, func(l *listing) { q.askReason(ctx, l) })
	judgeListings(s, all)
	return nil
}

// testEntries are a list's test entries for the families of the addresses: two for each, of
// which the first must be listed.
func testEntries(list string, addrs []netip.Addr) (entries []listing) {
	for _, six := range []bool{false, true} {
		if slices.ContainsFunc(addrs, func(a netip.Addr) bool { return a.Is6() == six }) {
			listed, clean := policy.BlockListTests(list, six)
			entries = append(entries, listing{list: list, name: listed}, listing{list: list, name: clean})
		}
	}
	return entries
}

func (q *inquiry) askList(ctx context.Context, l *listing) {
	addrs, err := q.IPv4(ctx, l.name)
	if isFailure(err) {
		l.err = err
		return
	}
	l.mean, l.said = policy.ReadBlockList(addrs)
}

// maxReason is how much of a list's own text is shown.
const maxReason = 120

// askReason looks up why an address is listed (RFC 5782 §2.1).
func (q *inquiry) askReason(ctx context.Context, l *listing) {
	if l.mean != policy.Listed {
		return
	}
	texts, _ := q.TXT(ctx, l.name) // without a text it is listed all the same
	if len(texts) == 0 {
		return
	}
	words := strings.Join(strings.FieldsFunc(texts[0], func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }), " ")
	if words = cut.Runes(words, maxReason); words != "" {
		l.reason = ": " + strconv.Quote(words)
	}
}

func judgeListings(s *probe.Step, all []listing) {
	var listed []string
	for _, l := range all {
		switch {
		case l.err != nil:
			unknown(s, l.err, l.err.Error())
		case l.mean == policy.Listed:
			listed = append(listed, fmt.Sprintf("%s by %s (%s%s)", l.addr, l.list, l.said, l.reason))
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
// (RFC 5782 §5). A list that refuses or fails says nothing of that. It returns the lists
// that list everything, which means nothing.
func judgeTestEntries(s *probe.Step, tests []listing) map[string]bool {
	empty := map[string]bool{}
	for i := 0; i+1 < len(tests); i += 2 {
		bad, good := tests[i], tests[i+1]
		switch {
		case bad.err != nil || good.err != nil || bad.mean == policy.Refused || good.mean == policy.Refused:
		case good.mean == policy.Listed:
			empty[bad.list] = true
			s.RaiseFor(CauseListBroken, fmt.Sprintf("%s lists everything, even 127.0.0.1, so that its answers mean nothing", bad.list))
		case bad.mean == policy.Listed:
		case len(bad.name) > len("2.0.0.127.")+len(bad.list): // of IPv6
			s.Say(bad.list + " has no IPv6 addresses")
		default:
			s.RaiseFor(CauseListBroken, fmt.Sprintf("%s does not work: it must list 127.0.0.2 and not 127.0.0.1", bad.list))
		}
	}
	return empty
}
