package dnssec

import (
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// maxAliases is how many aliases are followed. Resolvers stop at about as many.
const maxAliases = 12

// chain follows the aliases of an answer.
type chain struct {
	j       *judge
	answer  *Answer
	kind    Type
	name    string // the current target
	verdict verdict
	seen    []string

	reply  reply
	asked  string // what the reply is to
	sets   map[setKey]*rrset
	denial map[setKey]*rrset
}

// follow validates an answer from its first alias to its records, or to the proof that
// there are none, and fills the answer in.
func (j *judge) follow(q question, r reply, a *Answer) verdict {
	c := &chain{j: j, answer: a, kind: q.kind, name: q.name, verdict: verdict{status: Secure}}
	c.read(r)
	for c.step() {
		a.Canonical = c.name
	}
	return c.verdict
}

// read continues with another message.
func (c *chain) read(r reply) {
	c.reply, c.asked = r, c.name
	c.sets, c.denial = setsOf(r.Answer), setsOf(r.Ns)
}

// step validates one link and reports whether another follows.
func (c *chain) step() bool {
	if c.name != c.asked && c.j.c.fileOf(c.name, c.kind) != c.reply.file {
		return c.lookUpTarget() // what the resolver adds is not what the file has, nor the reverse
	}
	if set := c.sets[setKey{c.name, c.kind}]; set != nil && len(set.rrs) > 0 {
		c.add(c.j.positive(set, c.denial))
		c.answer.Records, c.answer.TTL = recordsOf(set.rrs, maxTTL), set.ttl()
		return false
	}
	if c.kind != TypeCNAME {
		if target := c.alias(); target != "" {
			return c.goTo(target)
		}
	}
	if c.name != c.asked && !c.isAbout() {
		return c.lookUpTarget()
	}
	if c.isOfOthers() {
		c.answer.Rcode = FormErr
		c.add(verdict{why: fmt.Sprintf("the resolver answered with records of other names than %s", show(c.name))})
		return false
	}
	c.deny()
	return false
}

// isOfOthers reports whether a message has records of other names alone: such an answer
// denies nothing.
func (c *chain) isOfOthers() bool {
	if c.name != c.asked || c.reply.Rcode != dns.RcodeSuccess {
		return false
	}
	for key := range c.sets {
		if key.name == c.name || key.kind == TypeDNAME && within(c.name, key.name) {
			return false
		}
	}
	return len(c.sets) > 0
}

func (c *chain) add(v verdict) { c.verdict = v.after(c.verdict) }

// alias validates the alias at the name and returns where it leads.
func (c *chain) alias() string {
	alias := c.sets[setKey{c.name, TypeCNAME}]
	if alias == nil || len(alias.sigs) == 0 {
		if target := c.followDNAME(); target != "" {
			return target
		}
	}
	if alias == nil || len(alias.rrs) == 0 || c.kind == TypeCNAME {
		return ""
	}
	c.add(c.j.positive(alias, c.denial))
	c.answer.Aliases = append(c.answer.Aliases, recordOf(alias.rrs[0], maxTTL))
	return canonical(alias.rrs[0].(*dns.CNAME).Target)
}

// followDNAME validates the DNAME above the name and returns the name it maps to. The
// CNAME that servers make of it is not signed (RFC 6672 §5.3.1).
func (c *chain) followDNAME() string {
	for above := c.name; above != "."; {
		above = parentOf(above)
		s := c.sets[setKey{above, TypeDNAME}]
		if s == nil || len(s.rrs) == 0 {
			continue
		}
		prefix := c.name[:len(c.name)-len(above)]
		if above == "." {
			prefix = c.name
		}
		target := canonical(prefix + canonical(s.rrs[0].(*dns.DNAME).Target))
		if _, ok := dns.IsDomainName(target); !ok {
			return "" // too long, RFC 6672 §2.2
		}
		c.add(c.j.positive(s, c.denial))
		c.answer.Aliases = append(c.answer.Aliases, recordOf(s.rrs[0], maxTTL))
		return target
	}
	return ""
}

// goTo follows an alias, unless that leads in a circle or too far.
func (c *chain) goTo(target string) bool {
	c.seen = append(c.seen, c.name)
	if slices.Contains(c.seen, target) || len(c.seen) > maxAliases {
		c.answer.AliasLoop = true
		return false
	}
	c.name = target
	return true
}

// isAbout reports whether the message denies the current target too, not only follows
// the alias to it.
func (c *chain) isAbout() bool {
	if c.reply.Rcode == dns.RcodeNameError {
		return true
	}
	for key := range c.denial {
		if key.kind == TypeSOA && within(c.name, key.name) {
			return true
		}
	}
	return false
}

// lookUpTarget asks for the target of an alias where the resolver did not follow it.
func (c *chain) lookUpTarget() bool {
	q := question{name: c.name, kind: c.kind}
	c.j.c.askAhead(c.j.ctx, q)
	r, err := c.j.c.fetch(c.j.ctx, q)
	if err != nil {
		c.add(verdict{why: fmt.Sprintf("the resolver did not answer for %s, where the alias leads", show(c.name))})
		c.answer.Rcode = ServFail
		return false
	}
	c.answer.Rcode = Rcode(r.Rcode)
	c.answer.EDE = append(c.answer.EDE, extendedErrors(r.Msg)...)
	if !isAnswer(r.Msg) {
		c.add(c.j.c.failure(c.j.ctx, q, r))
		return false
	}
	c.read(r)
	return true
}

// deny validates that the current target has no records.
func (c *chain) deny() {
	c.answer.Denial, c.answer.TTL = NoData, 0
	if c.reply.Rcode == dns.RcodeNameError {
		c.answer.Denial = NoName
	}
	for _, rr := range c.reply.Ns {
		if soa, ok := rr.(*dns.SOA); ok && within(c.name, soa.Hdr.Name) { // RFC 2308 §5
			c.answer.TTL = time.Duration(min(soa.Hdr.Ttl, soa.Minttl)) * time.Second
		}
	}
	v, denial := c.j.negative(question{name: c.name, kind: c.kind}, c.answer.Denial, c.denial)
	c.answer.Denial = denial
	c.add(v)
}
