package pingcheck

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// report records in the step whether the host was reached and how reliably; err is what
// ended the trace early.
func (t *traced) report(s *probe.Step, err error) error {
	s.Learn(probe.Number("hops", float64(t.Last().TTL), probe.None))
	switch {
	case err != nil:
		return probe.Because(probe.CauseInterrupted, errStopped)
	case t.Reached || t.Late:
		s.Say(probe.Count(t.Last().TTL, "hop"))
		t.reportHost(s)
		if t.port != "" && t.Reached {
			return t.portAnswered(s)
		}
		return nil
	}
	c, also, err := t.unreached()
	if c.Status != probe.Unknown && !t.aside {
		s.Learn(lossFact(&icmp.Stats{Sent: t.Rounds}, c))
	}
	return probe.Because(c, err, also...)
}

// manyRounds is how many rounds the hint asks for.
const manyRounds = 20

// reportHost grades the loss of the host and describes where it begins.
func (t *traced) reportHost(s *probe.Step) {
	stats := &t.Last().Stats
	v := explainLoss(stats, t.Addr)
	loss := lossFact(stats, v.cause)
	if !t.aside {
		s.Learn(loss)
		s.Learn(hopTimes(stats)...)
	}
	reason, where, hint := v.lost(stats), lossText(t.Route), ""
	switch {
	case where != "":
		reason += ", " + where
		hint = "ask whoever runs that hop, or the link before it; the loss may also be on the way back"
	case v.cause.Is(CausePacketLoss) && t.Rounds < manyRounds:
		hint = "more probes show where the loss begins: try --count 20"
	case v.cause.Is(CausePacketLoss):
		hint = "it is too little to see where it begins: more probes would show"
	}
	if status := t.options.Grade(s, loss); status != probe.OK {
		s.RaiseFor(v.cause.As(status).Advise(hint), reason, v.also...)
	} else {
		s.Say(where)
	}
}

// unreached returns why the host was not reached.
func (t *traced) unreached() (c *probe.Cause, also []*probe.Cause, err error) {
	last := t.Last()
	if c, err := t.filtered(); err != nil {
		return c, nil, err
	}
	var fault *icmp.Error
	switch {
	case t.Loop != nil:
		return CauseRoutingLoop.Advise("ask whoever runs these routers"), nil, errors.New(loopText(t.Route))
	case last.Err != nil && !errors.As(last.Err, &fault):
		err = fmt.Errorf("no probe could leave this machine: %w", cause(last.Err))
	case last.Err != nil && isLocal(fault.From):
		if next, ok := silentNeighbour(t.Addr); ok {
			v := neighbourVerdict(next, t.Addr)
			return v.cause, v.also, fmt.Errorf("%w: %s", last.Err, v.reason)
		}
		err = fmt.Errorf("the path ends at this machine: %w", last.Err)
	case last.Err != nil:
		err = fmt.Errorf("the path ends %s: %w", endOf(t.Route, fault.From), last.Err)
	case !last.Answered():
		if next, ok := silentNeighbour(t.Addr); ok {
			v := neighbourVerdict(next, t.Addr)
			return v.cause, v.also, errors.New(v.reason)
		}
		return CauseNoAnswer.Advise("the network here may filter ICMP"), nil, errors.New("nobody on the way answers")
	default:
		return CauseNoAnswer.Advise("the host is down or filters ICMP, or the fault is just behind that router"), nil,
			fmt.Errorf("nobody answers beyond hop %d, %s", last.TTL, last.Addrs[0])
	}
	c, also = causeOf(last.Err, t.Addr)
	if t.Addr.Is6() && c.Is(probe.CauseNoRoute) && ipv6Off() {
		return c.Advise("switch IPv6 on with `sysctl -w net.ipv6.conf.all.disable_ipv6=0`, or use -4"), also, fmt.Errorf("IPv6 is switched off on this machine: %w", err)
	}
	return c, also, err
}

// endOf describes where the path ends by the sender of the last error: a router that also
// answered as an earlier hop is no further away than that.
func endOf(r *icmp.Route, from netip.Addr) string {
	for _, h := range r.Hops[:len(r.Hops)-1] {
		if slices.Contains(h.Addrs, from) {
			return fmt.Sprintf("behind hop %d", h.TTL)
		}
	}
	return fmt.Sprintf("at hop %d", r.Last().TTL)
}

// ipv6Off reports whether this machine is configured to use no IPv6.
func ipv6Off() bool {
	text, err := os.ReadFile("/proc/sys/net/ipv6/conf/all/disable_ipv6")
	return err == nil && strings.TrimSpace(string(text)) == "1"
}

// loopText names the routers of a loop, each once.
func loopText(r *icmp.Route) string {
	turn := r.Loop[:(len(r.Loop)+1)/2]
	var who []string
	for _, h := range turn {
		if h.Answered() {
			who = append(who, h.Addrs[len(h.Addrs)-1].String())
		}
	}
	return fmt.Sprintf("routing loop from hop %d on: %s hand the packets to each other", turn[0].TTL, strings.Join(who, " and "))
}

// summary describes a trace that reached the host.
func (t *traced) summary() string {
	return fmt.Sprintf("reached over %s, average %s", probe.Count(t.Last().TTL, "hop"), probe.FormatDuration(t.Last().Stats.Avg()))
}

// addrsOf returns the addresses of all hops.
func addrsOf(r *icmp.Route) []netip.Addr {
	var all []netip.Addr
	for _, h := range r.Hops {
		all = append(all, h.Addrs...)
	}
	return all
}

// reportHops adds an item for each hop.
func (t *traced) reportHops(r *probe.Result) {
	for i := range t.Hops {
		h := &t.Hops[i]
		_ = r.Run(hopStep(h.TTL), func(s *probe.Step) error {
			s.Item = itemHop
			return t.reportHop(s, h)
		})
	}
}

// reportHop records who answers at a hop, how fast and how reliably. The loss of a router
// is not graded: routers limit how often they answer.
func (t *traced) reportHop(s *probe.Step, h *icmp.Hop) error {
	if h.Err != nil {
		s.Say(cause(h.Err).Error())
	}
	if !h.Answered() {
		s.Learn(probe.Number("sent", float64(h.Stats.Sent), probe.None))
		if h.Err != nil {
			return s.Skip("")
		}
		return s.Skip("no answer")
	}
	s.Detail = strings.TrimSuffix(t.who(h)+"; "+s.Detail, "; ")
	s.Address, s.Elapsed = h.Addrs[0].String(), h.Stats.Avg()
	s.Learn(hopFacts(h)...)
	if as, ok := t.systems[h.Addrs[0]]; ok {
		s.Learn(probe.Text("asn", as.String()))
	}
	if t.Limits(h) {
		s.Say(limitsText(t.Route, h))
		s.Also = append(s.Also, CauseRateLimitedRouter)
	}
	return nil
}

// who names all that answered at a hop.
func (t *traced) who(h *icmp.Hop) string {
	var who []string
	for _, addr := range h.Addrs {
		text := addr.String()
		if name := t.names[addr]; name != "" {
			text = fmt.Sprintf("%s (%s)", name, addr)
		}
		if as, ok := t.systems[addr]; ok {
			text += " " + as.String()
		}
		who = append(who, text)
	}
	text := strings.Join(who, ", ")
	for _, l := range h.Labels {
		text += "; MPLS " + l.String()
	}
	for _, i := range h.Interfaces {
		text += "; " + i.String()
	}
	return text
}

func limitsText(r *icmp.Route, h *icmp.Hop) string {
	if _, lost := r.Behind(h); lost > 0 {
		return "limits its answers (fewer are lost behind it)"
	}
	return "limits its answers (none behind it is lost)"
}

// hopFacts returns the facts of a hop that answered.
func hopFacts(h *icmp.Hop) []probe.Fact {
	loss := probe.Number("loss", h.Stats.Loss(), probe.Percent)
	loss.Text = fmt.Sprintf("%.3g%%", h.Stats.Loss())
	all := []probe.Fact{loss, probe.Number("sent", float64(h.Stats.Sent), probe.None)}
	all = append(all, hopTimes(&h.Stats)...)
	all = append(all, probe.Number("received", float64(h.Stats.Received), probe.None), probe.Text("addresses", joinAddrs(h.Addrs)))
	if len(h.Labels) > 0 {
		all = append(all, probe.Text("mpls", joinTexts(h.Labels)))
	}
	if len(h.Interfaces) > 0 {
		all = append(all, probe.Text("interfaces", joinTexts(h.Interfaces)))
	}
	return all
}

// hopTimes returns the round-trip times, none without an answer.
func hopTimes(s *icmp.Stats) []probe.Fact {
	if s.Received == 0 {
		return nil
	}
	return []probe.Fact{
		probe.Duration("rtt_last", s.Last), probe.Duration("rtt_avg", s.Avg()),
		probe.Duration("rtt_min", s.Min), probe.Duration("rtt_max", s.Max), probe.Duration("jitter", s.Jitter),
	}
}

func joinAddrs(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, a := range addrs {
		words[i] = a.String()
	}
	return strings.Join(words, " ")
}

func joinTexts[T fmt.Stringer](all []T) string {
	words := make([]string, len(all))
	for i, x := range all {
		words[i] = x.String()
	}
	return strings.Join(words, ", ")
}
