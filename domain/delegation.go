package domain

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

// fewDays is how long signatures should last at least: zones that are signed anew in
// time never come to less.
const fewDays = 3

// delegation judges the way from the root to the domain: its name servers and DNSSEC.
func (q *inquiry) delegation(ctx context.Context, s *probe.Step) error {
	zone, a, err := q.zone(ctx)
	if isNoName(a) && err == nil && zone == q.domain {
		return probe.Because(probe.CauseNoSuchName, fmt.Errorf("%s does not exist in DNS", q.domain))
	}
	s.Learn(probe.Text("dnssec", trustOf(a).String()))
	if err != nil {
		return q.delegationFailed(ctx, s, a, err)
	}
	if zone != q.domain && zone != "" {
		s.Say("the domain is in the zone " + zone)
	}
	names := hostsOf(a.Records)
	if len(names) > 0 {
		s.Learn(probe.Text("ns", strings.Join(names, ", ")))
	}
	if err := q.judgeTrust(s, a); err != nil {
		return err
	}
	var validates string
	work := []func(){func() { validates = q.resolverValidates(ctx) }}
	if q.asksServers() && len(names) > 0 {
		work = append(work, func() { q.judgeServers(ctx, s, zone, names) })
	}
	probe.Together(work...)
	learnValidates(s, validates)
	s.Say(map[string]string{"yes": "your resolver validates too", "no": "your resolver does not validate"}[validates])
	return nil
}

// asksServers reports whether the name servers themselves are asked. Without sessions they
// are only where this step was asked for by its name: it costs more than all other
// questions together.
func (q *inquiry) asksServers() bool { return !q.NoSessions || slices.Contains(q.Only, "delegation") }

// knownBogus is a name whose DS is wrong for the very purpose of trying resolvers.
const knownBogus = "dnssec-failed.org"

// resolverValidates returns whether the resolver validates itself, as yes or no, or
// nothing where it is not known: only the public DNS has a name that tells.
func (q *inquiry) resolverValidates(ctx context.Context) string {
	if q.Anchors != "" {
		return ""
	}
	return q.validates(ctx, knownBogus, dnssec.TypeA)
}

// validates tries the resolver by a name that is bogus.
func (q *inquiry) validates(ctx context.Context, name string, kind dnssec.Type) string {
	ctx, cancel := context.WithTimeout(ctx, directTime)
	defer cancel()
	switch does, err := q.resolver.client.Validates(ctx, name, kind); {
	case err != nil:
		return ""
	case does:
		return "yes"
	}
	return "no"
}

func learnValidates(s *probe.Step, validates string) {
	if validates != "" {
		s.Learn(probe.Text("resolver_validates", validates))
	}
}

// zone finds the zone that the domain is in or of, with the answer for its name
// servers.
func (q *inquiry) zone(ctx context.Context) (string, dnssec.Answer, error) {
	if q.file != nil {
		name := plain(q.file.Apex)
		a, err := q.answer(ctx, name, dnssec.TypeNS)
		return name, a, err
	}
	var first dnssec.Answer
	for name := q.domain; name != ""; _, name, _ = strings.Cut(name, ".") {
		a, err := q.answer(ctx, name, dnssec.TypeNS)
		if err != nil || a.Found() && len(a.Aliases) == 0 || name == q.domain && isNoName(a) {
			if name != q.domain && err == nil && first.Status == dnssec.Indeterminate {
				a.Status, a.Why = first.Status, first.Why // that no zone begins at the domain is not proven
			}
			return name, a, err
		}
		if name == q.domain {
			first = a
		}
	}
	return "", first, nil
}

// delegationFailed says why DNS has no answer. Bogus is a fault of the zone. All else
// leaves it open, unless the zone's own servers show that none of them has it.
func (q *inquiry) delegationFailed(ctx context.Context, s *probe.Step, a dnssec.Answer, err error) error {
	if a.Status == dnssec.Bogus {
		return q.bogus(ctx, s, a, err)
	}
	if a.Rcode == dnssec.ServFail && q.asksServers() {
		ctx, cancel := context.WithTimeout(ctx, directTime)
		defer cancel()
		names, glue := q.parentServers(ctx, q.domain)
		if lame, held := q.askServers(ctx, q.domain, names, glue); len(lame) > 0 && len(lame) == len(names) && !held {
			return probe.Because(CauseLame.As(probe.Critical), fmt.Errorf("no name server has the zone %s: %s", q.domain, strings.Join(lame, ", ")))
		}
	}
	unknown(s, err, err.Error())
	return nil
}

// bogus adds to the finding whether the resolver shares it: with one that does not
// validate all seems well from here, while others get no answer.
func (q *inquiry) bogus(ctx context.Context, s *probe.Step, a dnssec.Answer, err error) error {
	validates := q.validates(ctx, a.Name, a.Type)
	learnValidates(s, validates)
	switch validates {
	case "yes":
		return probe.Because(CauseBogus, fmt.Errorf("%w; your resolver validates too, and refuses it", err))
	case "no":
		return probe.Because(CauseBogus, fmt.Errorf("%w; your resolver does not validate, and answers all the same", err))
	}
	return err
}

// judgeTrust judges what the validator found.
func (q *inquiry) judgeTrust(s *probe.Step, a dnssec.Answer) error {
	switch {
	case q.file != nil && a.Assumed:
		return q.judgeUnsigned(s)
	case q.file != nil && a.Status == dnssec.Insecure:
		s.Say("not signed: " + a.Why)
	}
	switch a.Status {
	case dnssec.Secure:
		left := time.Until(a.Expires)
		days := probe.Number("dnssec_days_left", float64(int(left.Hours()*10/24))/10, probe.None).Within(fmt.Sprintf("%d:", fewDays), "")
		days.Cause, days.Says = CauseSignaturesEnd, fmt.Sprintf("the signature of %s expires on %s", a.ExpiresFirst, a.Expires.UTC().Format("2 Jan 2006 15:04"))
		s.Learn(days)
		s.Say(fmt.Sprintf("DNSSEC secure, signatures good for %s", probe.Count(int(left.Hours()/24), "day")))
	case dnssec.Insecure:
		if q.file == nil {
			s.Say("not signed")
		}
		if q.requires("dnssec") {
			return probe.Because(CauseRequiredAbsent, errors.New("the domain is not signed, and --require dnssec was given: "+a.Why))
		}
	case dnssec.Bogus:
		return probe.Because(CauseBogus, errors.New(a.Why))
	default:
		return probe.Because(CauseResolverStrips, errors.New("whether DNSSEC is good is not known: "+a.Why))
	}
	return nil
}

// hostsOf are the hosts that records point to, sorted.
func hostsOf(records []dnssec.Record) []string {
	var names []string
	for _, host := range dnssec.All[dnssec.Host](records) {
		names = append(names, plain(string(host)))
	}
	slices.Sort(names)
	return names
}

// The bounds of the questions to the name servers themselves.
const (
	directTime = 2 * time.Second
	maxServers = 8
)

// judgeServers asks the servers of the zone, and one of the zone above, what they have
// themselves. A server that does not answer says nothing: queries to it may be blocked.
// Where all seem lame, and the resolver has an answer, something on the way answers for
// them.
func (q *inquiry) judgeServers(ctx context.Context, s *probe.Step, zone string, names []string) {
	ctx, cancel := context.WithTimeout(ctx, directTime)
	defer cancel()
	var above, lame []string
	held := false
	probe.Together(
		func() { above, _ = q.parentServers(ctx, zone) },
		func() { lame, held = q.askServers(ctx, zone, names, nil) },
	)
	if len(lame) > 0 && held {
		s.RaiseFor(CauseLame, fmt.Sprintf("%s does not have the zone %s, which it is a name server of", strings.Join(lame, ", "), zone))
	}
	if len(above) > 0 && !slices.Equal(above, names) {
		s.RaiseFor(CauseDelegationDiffers, fmt.Sprintf("the zone above delegates to %s, the zone itself has %s", strings.Join(above, ", "), strings.Join(names, ", ")))
	}
}

// askServers asks name servers for the zone, at their addresses in glue where they have no
// others. It returns those that answer and do not have it, and whether another has.
func (q *inquiry) askServers(ctx context.Context, zone string, names []string, glue []dnssec.Record) (lame []string, held bool) {
	type server struct {
		name               string
		answers, authority bool
	}
	var all []server
	for _, name := range names[:min(len(names), maxServers)] {
		all = append(all, server{name: name})
	}
	probe.SideBySide(all, func(one *server) {
		d, err := q.askHost(ctx, one.name, zone, dnssec.TypeSOA, glue)
		one.answers, one.authority = err == nil, err == nil && d.Authoritative
	})
	for _, one := range all {
		held = held || one.authority
		if one.answers && !one.authority {
			lame = append(lame, one.name)
		}
	}
	return lame, held
}

// parentServers are the name servers of a zone that the zone above names, sorted, and the
// addresses that it has of them; none where it does not answer.
func (q *inquiry) parentServers(ctx context.Context, zone string) (names []string, glue []dnssec.Record) {
	for _, name, _ := strings.Cut(zone, "."); name != ""; _, name, _ = strings.Cut(name, ".") {
		a, err := q.answer(ctx, name, dnssec.TypeNS)
		if err != nil {
			return nil, nil
		}
		servers := hostsOf(a.Records)
		for _, server := range servers[:min(len(servers), 2)] {
			if d, err := q.askHost(ctx, server, zone, dnssec.TypeNS, nil); err == nil && !d.Authoritative && len(d.Referral) > 0 && plain(d.Referral[0].Name) == zone {
				return hostsOf(d.Referral), d.Glue
			}
		}
		if len(servers) > 0 {
			return nil, nil
		}
	}
	return nil, nil
}

// dnsPort is that of name servers.
const dnsPort = 53

// askHost asks a server by its name, at its first address; that in glue where the name
// cannot be looked up, as one below a zone that no server has.
func (q *inquiry) askHost(ctx context.Context, host, name string, kind dnssec.Type, glue []dnssec.Record) (dnssec.Direct, error) {
	addrs, err := q.resolver.client.LookupNetIP(ctx, "ip4", host+".")
	if err != nil || len(addrs) == 0 {
		addrs, err = q.resolver.client.LookupNetIP(ctx, "ip6", host+".")
	}
	for _, r := range glue {
		if addr, ok := r.Data.(netip.Addr); ok && err != nil && plain(r.Name) == host {
			addrs, err = []netip.Addr{addr}, nil
		}
	}
	if err == nil {
		err = q.probe.Permitted(netip.AddrPortFrom(addrs[0], dnsPort)) // the domain's owner chooses it
	}
	if err != nil {
		return dnssec.Direct{}, err
	}
	return q.resolver.client.AskServer(ctx, addrs[0].String(), name, kind)
}
