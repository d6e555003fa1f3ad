package dnstest

import (
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// handle answers a query with any number of messages.
func (s *Server) handle(wire []byte, tcp bool) [][]byte {
	query := new(dns.Msg)
	if query.Unpack(wire) != nil || len(query.Question) != 1 || query.Response {
		return nil
	}
	world, rule := s.note(query, tcp)
	if rule.Drop || rule.DropUDP && !tcp || rule.DropFirst && s.isFirst(query) {
		return nil
	}
	if !s.pause(world.Delay + rule.Delay) {
		return nil
	}
	m := s.reply(query, world, rule)
	var messages [][]byte
	if rule.Stray && !tcp {
		messages = strays(m)
	}
	return append(messages, s.pack(m, query, rule, tcp))
}

// Answer answers a query as the resolver does, without a network.
func (s *Server) Answer(query *dns.Msg) *dns.Msg {
	world, rule := s.note(query, true)
	return s.reply(query, world, rule)
}

// note writes the query down and finds the rule for it.
func (s *Server) note(query *dns.Msg, tcp bool) (World, Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := query.Question[0]
	if len(s.queries) < 1<<20 {
		s.queries = append(s.queries, Query{dns.CanonicalName(asked.Name), dns.TypeToString[asked.Qtype], query.CheckingDisabled, tcp})
	}
	for _, r := range s.world.Rules {
		if r.fits(asked, query.CheckingDisabled) {
			return s.world, r
		}
	}
	return s.world, Rule{}
}

func (r Rule) fits(asked dns.Question, cd bool) bool {
	name, of := dns.CanonicalName(asked.Name), dns.CanonicalName(r.Name)
	return (name == of || r.Below && dns.IsSubDomain(of, name)) &&
		(r.Type == "" || r.Type == dns.TypeToString[asked.Qtype]) && !(r.WithoutCD && cd)
}

func (s *Server) isFirst(query *dns.Msg) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := query.Question[0].String()
	first := !s.dropped[key]
	s.dropped[key] = true
	return first
}

// pause waits, and reports whether the server still runs.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// reply makes the answer.
func (s *Server) reply(query *dns.Msg, world World, rule Rule) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(query)
	m.RecursionAvailable = true
	m.CheckingDisabled = query.CheckingDisabled
	name, kind := dns.CanonicalName(query.Question[0].Name), query.Question[0].Qtype
	opt := query.IsEdns0()
	do := opt != nil && opt.Do()
	switch {
	case rule.Records != "":
		m.Authoritative = true
		m.Answer = linesOf(rule.Records)
	case rule.Rcode != "":
		m.Rcode = dns.StringToRcode[rule.Rcode]
	case s.refuses(name, kind, query.CheckingDisabled, world):
		m.Rcode = dns.RcodeServerFailure
		rule.EDE, rule.Text = dns.ExtendedErrorCodeDNSBogus, "validation failure"
	default:
		s.resolve(m, name, kind)
	}
	if m.Rcode == dns.RcodeServerFailure {
		m.Answer, m.Ns = nil, nil
	}
	if world.Strips {
		do, m.CheckingDisabled = false, false
	}
	s.alter(m, world, rule, do)
	if opt != nil {
		m.SetEdns0(1232, do)
		if rule.EDE != 0 {
			m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: rule.EDE, ExtraText: rule.Text})
		}
	}
	return m
}

func linesOf(records string) []dns.RR {
	var all []dns.RR
	for line := range strings.Lines(records) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, mustRR(line))
		}
	}
	return all
}

// refuses reports whether the resolver validates and takes a name for bogus.
func (s *Server) refuses(name string, kind uint16, cd bool, world World) bool {
	if !world.Validates || cd && !world.IgnoresCD {
		return false
	}
	for z := s.zoneOf(name, kind); ; z = s.parentOf(z) {
		if z.isBogus() {
			return true
		}
		if z.apex == "." {
			return false
		}
	}
}

// alter does what the resolver has wrong.
func (s *Server) alter(m *dns.Msg, world World, rule Rule, do bool) {
	kind := m.Question[0].Qtype
	bare := !do || rule.Strip || world.OwnRootKeys && kind == dns.TypeDNSKEY && m.Question[0].Name == "."
	isProof := func(rr dns.RR) bool {
		t := rr.Header().Rrtype
		return t != kind && (t == dns.TypeRRSIG || t == dns.TypeNSEC || t == dns.TypeNSEC3)
	}
	if bare {
		m.Answer = slices.DeleteFunc(m.Answer, isProof)
		m.Ns = slices.DeleteFunc(m.Ns, isProof)
	}
	if rule.NoProof {
		m.Ns = nil
	}
	for _, rr := range slices.Concat(m.Answer, m.Ns) {
		if sig, ok := rr.(*dns.RRSIG); ok && rule.Damage {
			damage(sig)
		}
		if world.Shouts {
			rr.Header().Name = strings.ToUpper(rr.Header().Name)
		}
	}
	if world.Shouts {
		m.Question = slices.Clone(m.Question)
		m.Question[0].Name = strings.ToUpper(m.Question[0].Name)
	}
}

// pack fits the answer into what it goes by.
func (s *Server) pack(m, query *dns.Msg, rule Rule, tcp bool) []byte {
	m.Compress = true
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		size = max(size, int(opt.UDPSize()))
	}
	if !tcp && !rule.Oversize {
		m.Truncate(min(size, 1232))
	}
	if rule.Truncate && !tcp {
		m.Truncated = true
		m.Answer = m.Answer[:len(m.Answer)/2]
	}
	if rule.Cut && !tcp {
		m.Truncated = true
	}
	wire, err := m.Pack()
	if err != nil {
		failed := new(dns.Msg).SetRcode(query, dns.RcodeServerFailure)
		wire, _ = failed.Pack()
	}
	if rule.Cut && !tcp {
		wire = wire[:len(wire)-7]
	}
	return wire
}

// strays are packets that an attacker might send before the answer.
func strays(m *dns.Msg) [][]byte {
	var all [][]byte
	for _, change := range []func(*dns.Msg){
		func(m *dns.Msg) { m.Id++ },
		func(m *dns.Msg) { m.Question[0].Name = "other.example." },
		func(m *dns.Msg) { m.Question[0].Qtype++ },
		func(m *dns.Msg) { m.Response = false },
		func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
	} {
		c := m.Copy()
		c.Answer, c.Ns = nil, nil
		c.Rcode = dns.RcodeNameError
		change(c)
		if wire, err := c.Pack(); err == nil {
			all = append(all, wire)
		}
	}
	return append(all, []byte{0}, nil)
}
