package dnssec

import (
	"context"
	"fmt"
	"net"

	"github.com/miekg/dns"
)

// lookUp asks and validates.
func (c *Client) lookUp(ctx context.Context, q question) outcome {
	c.askAhead(ctx, q)
	r, err := c.fetch(ctx, q)
	if err != nil {
		return outcome{err: c.noAnswer(ctx, q, r, err)}
	}
	a := Answer{Name: q.name, Type: q.kind, Canonical: q.name, Rcode: Rcode(r.Rcode), Server: r.server, EDE: extendedErrors(r.Msg)}
	j := c.newJudge(ctx)
	var v verdict
	if isAnswer(r.Msg) {
		v = j.follow(q, r, &a)
	} else {
		v = c.failure(ctx, q, r)
	}
	if v.absent {
		v = c.askToValidate(ctx, q, r, v, &a)
	}
	a.Status, a.Why, a.Zone = v.status, v.why, v.zone
	a.Expires, a.ExpiresFirst = j.expires.at, j.expires.String()
	a.TTL = min(a.TTL, j.ttl)
	a.Assumed = v.assumed && v.status == Secure
	if v.status == Secure && !a.Assumed {
		a.Why = fmt.Sprintf("signed by %s; of its chain of trust the signature of %s expires first, on %s", show(v.zone), a.ExpiresFirst, date(uint32(a.Expires.Unix())))
	}
	return outcome{answer: a}
}

// maxReason is how much of a resolver's words is kept.
const maxReason = 200

// extendedErrors returns a resolver's reasons (RFC 8914).
func extendedErrors(m *dns.Msg) []ExtendedError {
	opt := m.IsEdns0()
	if opt == nil {
		return nil
	}
	var all []ExtendedError
	for _, o := range opt.Option {
		if e, ok := o.(*dns.EDNS0_EDE); ok && len(all) < 8 {
			all = append(all, ExtendedError{e.InfoCode, e.ExtraText[:min(len(e.ExtraText), maxReason)]})
		}
	}
	return all
}

// failure is the verdict on a resolver's SERVFAIL, or on another code that is no
// answer. That it came in spite of CD does not mean that the zone's servers are dead:
// resolvers fail so too below the apex of a zone that is bogus, or by what they
// remember. So the zone's keys and SOA are looked at.
func (c *Client) failure(ctx context.Context, q question, r reply) verdict {
	said := fmt.Sprintf("the resolver answered %s for %s%s", Rcode(r.Rcode), show(q.name), behind(extendedErrors(r.Msg)))
	if r.Rcode != dns.RcodeServerFailure {
		return verdict{why: said}
	}
	name := q.name
	if q.kind == TypeDS {
		name = parentOf(name)
	}
	z := c.zoneOf(ctx, name)
	switch z.status {
	case Bogus:
		return bogus(z.why)
	case Insecure:
		return verdict{why: said + "; the zone is not signed"}
	case Secure:
		if status, why := c.checkSOA(ctx, z); status == Bogus {
			return bogus(why)
		}
	}
	return verdict{why: said}
}

// checkSOA validates the SOA of a secure zone, which is signed anew with every change.
func (c *Client) checkSOA(ctx context.Context, z *zone) (Status, string) {
	r, err := c.fetch(ctx, question{name: z.name, kind: TypeSOA})
	if err != nil || r.Rcode != dns.RcodeSuccess {
		return Indeterminate, ""
	}
	soa := setsOf(r.Answer)[setKey{z.name, TypeSOA}]
	if soa == nil || len(soa.rrs) == 0 || len(soa.sigs) == 0 {
		return Indeterminate, ""
	}
	if _, why := c.newJudge(ctx).verify(soa, z); why != "" {
		return Bogus, why
	}
	return Secure, ""
}

// askToValidate is the second question where a proof is missing: does a resolver that
// validates take the name for bogus?
func (c *Client) askToValidate(ctx context.Context, q question, r reply, v verdict, a *Answer) verdict {
	if r.file != nil {
		if q.name = a.Canonical; c.fileOf(q.name, q.kind) != nil {
			return c.missingInFile(ctx, q, v)
		}
	}
	if r.Authoritative && c.isResolversOwn(ctx, q.name) {
		return verdict{why: fmt.Sprintf("your resolver answers %s itself, as a name for special use (RFC 6761, RFC 6303)", show(q.name))}
	}
	q.check = true
	second, err := c.fetch(ctx, q)
	switch {
	case err != nil:
		return verdict{why: v.why + "; asked to validate, the resolver does not answer"}
	case second.Rcode == dns.RcodeServerFailure:
		a.EDE = append(a.EDE, extendedErrors(second.Msg)...)
		return bogus(v.why + "; asked to validate, the resolver answers SERVFAIL" + behind(extendedErrors(second.Msg)))
	case !c.passesDNSSEC(ctx):
		return verdict{why: "this resolver strips DNSSEC: even the root's SOA comes without signature"}
	}
	return verdict{why: "this resolver answers by itself or strips DNSSEC: " + v.why}
}

// isResolversOwn reports whether a name is one for special use, which resolvers answer by
// themselves, and not delegated and signed all the same, as in a network of one's own.
func (c *Client) isResolversOwn(ctx context.Context, name string) bool {
	special := specialOf(name)
	if special == "" {
		return false
	}
	z := c.zoneOf(ctx, name)
	return z.status != Secure || !within(z.name, special)
}

// passesDNSSEC reports whether the resolver returns signatures at all.
func (c *Client) passesDNSSEC(ctx context.Context) bool {
	r, err := c.fetch(ctx, question{name: ".", kind: TypeSOA})
	if err != nil || r.Rcode != dns.RcodeSuccess {
		return true // unknown
	}
	soa := setsOf(r.Answer)[setKey{".", TypeSOA}]
	return soa != nil && len(soa.sigs) > 0
}

// Validates reports whether the resolver itself validates, by a name that is known to be
// bogus: such a resolver answers it with CD, and fails without. An error means that it
// cannot be said, as the name is not bogus or the resolver does not answer with CD.
func (c *Client) Validates(ctx context.Context, name string, kind Type) (bool, error) {
	c.once.Do(c.prepare)
	q := question{name: canonical(name), kind: kind}
	checked := q
	checked.check = true
	c.send(ctx, checked)
	r, err := c.await(ctx, q)
	switch {
	case err != nil:
		return false, c.noAnswer(ctx, q, r, err)
	case !isAnswer(r.Msg):
		return false, fmt.Errorf("the resolver answers %s for %s even with checking disabled", Rcode(r.Rcode), show(q.name))
	}
	if r, err = c.await(ctx, checked); err != nil {
		return false, c.noAnswer(ctx, checked, r, err)
	}
	if r.Rcode == dns.RcodeServerFailure {
		return true, nil
	}
	a, err := c.Lookup(ctx, name, kind)
	switch top := c.anchorAbove(q.name); {
	case err == nil && a.Status != Bogus:
		err = fmt.Errorf("%s is %s, not bogus: %s", show(a.Name), a.Status, a.Why)
	case err == nil && c.anchored(ctx, top).status != Secure:
		err = fmt.Errorf("%s is bogus here by trust anchors that the resolver need not share", show(a.Name))
	}
	return false, err
}

// LookupError is a look-up without answer, or of the methods like those of net.Resolver
// one without what was looked for. It wraps a *net.DNSError.
type LookupError struct {
	*net.DNSError
	// Answer is what the resolver said, if it did.
	Answer Answer
	// Alive reports of a resolver that did not answer in time whether it answers for
	// other names.
	Alive bool
}

// Error says which resolver failed to answer what.
func (e *LookupError) Error() string { return e.DNSError.Error() }

// Unwrap returns the *net.DNSError.
func (e *LookupError) Unwrap() error { return e.DNSError }

// noAnswer is the error of a look-up to which no answer came.
func (c *Client) noAnswer(ctx context.Context, q question, r reply, err error) error {
	if ctx.Err() != nil && r.server == "" {
		return ctx.Err()
	}
	e := directError(reply{server: r.server, err: err}, show(q.name))
	if e.IsTimeout {
		e.Alive = c.alive(ctx)
		e.Err = "the resolver does not answer"
		if e.Alive {
			e.Err = "the resolver does not answer for this name, while it does for others"
		}
	}
	return e
}

// directError is the error of a query that a server did not answer.
func directError(r reply, name string) *LookupError {
	e := &net.DNSError{Err: r.err.Error(), Name: name, Server: r.server, UnwrapErr: r.err, IsTemporary: true}
	if isTimeout(r.err) {
		e.IsTimeout, e.Err = true, "no answer"
	}
	return &LookupError{DNSError: e}
}
