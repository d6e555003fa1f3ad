package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// DeclareDANE returns the options that verify a server by its TLSA records.
func (o *Options) DeclareDANE() []probe.Option {
	return probe.Under("TLS",
		probe.Option{Name: "dane", Type: probe.TypeBool, Value: &o.DANE, Usage: "verify the server's certificate by its TLSA records (DANE); --tls=dane demands them"},
		probe.Option{Name: "trust-anchor", Type: probe.TypeFile, Value: &o.Anchors, Usage: "trust the DNSKEY or DS records in this `file` instead of the root's keys"})
}

// WantsDANE reports whether certificates are verified by TLSA records.
func (o *Options) WantsDANE() bool { return o.DANE || o.TLS == DANE }

// PrepareDNS has names looked up and validated by package dnssec if that is wanted, for
// the exchangers of a domain, or needed for TLSA records.
func (o *Options) PrepareDNS(p *probe.Options, wanted bool) error {
	switch wanted = wanted || o.WantsDANE(); {
	case o.DANE && o.TLS == Off:
		return probe.OptionErrorf("%s has nothing to verify with %s=off", probe.OptionName("dane"), probe.OptionName("tls"))
	case o.Anchors != "" && !wanted:
		return probe.OptionErrorf("%s has an effect only where answers are validated: add %s or %s=dane", probe.OptionName("trust-anchor"), probe.OptionName("dane"), probe.OptionName("tls"))
	case !wanted:
		return nil
	}
	anchors, err := ReadAnchors(o.Anchors)
	if err != nil {
		return err
	}
	p.ReplaceResolver(func(server string) probe.Resolver {
		options := dnssec.Options{Anchors: anchors, Dial: p.Dial}
		if server != "" {
			options.Servers = []string{server}
		}
		return Resolver{dnssec.New(options)}
	})
	return nil
}

// maxAnchors bounds what is read of the file of --trust-anchor, in bytes.
const maxAnchors = 1 << 20

// ReadAnchors reads the file of the option trust-anchor; without one the root's keys are
// trusted.
func ReadAnchors(name string) ([]dnssec.Anchor, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, probe.OptionErrorf("%s: %w", probe.OptionName("trust-anchor"), probe.NoFile(name, err))
	}
	defer func() { _ = file.Close() }()
	anchors, err := dnssec.ParseAnchors(io.LimitReader(file, maxAnchors))
	if err != nil {
		return nil, probe.OptionErrorf("%s: %s: %w", probe.OptionName("trust-anchor"), name, err)
	}
	return anchors, nil
}

// WithDANE adds to the steps of Opening those that verify the server by TLSA records,
// which are looked up before the connection, and held against the certificate after the
// handshake.
func (l *Link) WithDANE(opening []Step) []Step {
	steps := make([]Step, 0, len(opening)+3) // tlsa, and dane twice
	for _, s := range opening {
		steps = append(steps, s)
		switch s.Name {
		case "resolve":
			steps = append(steps, Step{Name: "tlsa", Due: l.wantsDANE, Do: l.findTLSA})
		case "tls":
			steps = append(steps, Step{Name: "dane", Due: func() bool { return l.byTLSA() && l.Implicit() }, Do: l.dane})
		case "starttls":
			steps = append(steps, Step{Name: "dane", Due: func() bool { return l.byTLSA() && !l.Implicit() }, Do: l.dane})
		}
	}
	return steps
}

// wantsDANE reports whether the step that looks for TLSA records is due.
func (l *Link) wantsDANE() bool { return l.options.WantsDANE() }

// byTLSA reports whether TLSA records decide about the server's certificate, instead of
// authorities and names.
func (l *Link) byTLSA() bool { return l.tlsa != nil }

// demandsDANE reports whether the check fails unless a TLSA record matches.
func (l *Link) demandsDANE() bool { return l.options.TLS == DANE }

// findTLSA is the step that looks up the server's TLSA records (RFC 7672 §2.2). The walk
// ends here if they are demanded and senders would not go by them.
func (l *Link) findTLSA(s *probe.Step) error {
	resolver, ok := l.probe.DNS.(Resolver)
	switch _, err := netip.ParseAddr(l.Target.Host); {
	case err == nil:
		return l.withoutTLSA(s, CauseDANEMissing, "an address has no TLSA records, only a name has")
	case !ok:
		return l.failDANE(s, CauseResolverStrips.Advise("use a resolver that validates"), "the answers of the resolver in use are not validated")
	}
	ctx, cancel := context.WithTimeout(l.ctx, l.probe.StepTimeout(l.ctx))
	defer cancel()
	mx := l.trustMX(ctx, resolver.Client)
	t := FindHost(ctx, resolver.Client, l.Target.Host).FindTLSA(ctx, resolver.Client, l.Target.Port)
	if len(t.Records) > 0 {
		s.Learn(probe.Number("tlsa", float64(len(t.Records)), probe.None))
	}
	switch cause, text := t.Fault(mx); {
	case cause != nil:
		return l.failDANE(s, cause, text)
	case t.Err != nil:
		return l.withoutTLSA(s, CauseDANEUnsigned, t.Base+" is not signed, so that senders look for no TLSA records")
	case len(t.Records) == 0 && min(mx, t.Status) == dnssec.Indeterminate:
		return l.failDANE(s, CauseResolverStrips, fmt.Sprintf("whether there are TLSA records at %s is not known: %s", t.Name, t.Why))
	case len(t.Records) == 0:
		return l.withoutTLSA(s, CauseDANEMissing, "there is no TLSA record at "+t.Name)
	}
	l.tlsa = t
	s.Say(fmt.Sprintf("%s at %s: %s", probe.Count(len(t.Usable), "usable TLSA record"), t.Name, abbreviate(t.Usable)))
	return nil
}

// trustMX returns how far the MX records can be relied on that led to the server. Its
// certificate may be for the domain that has them (RFC 7672 §3.2.2).
func (l *Link) trustMX(ctx context.Context, c *dnssec.Client) dnssec.Status {
	if l.Target.Domain == "" {
		return dnssec.Secure
	}
	a, err := Lookup(ctx, c, l.Target.Domain, dnssec.TypeMX)
	if err != nil {
		return dnssec.Indeterminate
	}
	l.domains = []string{l.Target.Domain, strings.TrimSuffix(a.Canonical, ".")}
	return a.Status
}

// withoutTLSA ends a step about a server without TLSA records that anyone goes by.
func (l *Link) withoutTLSA(s *probe.Step, c *probe.Cause, why string) error {
	if l.demandsDANE() {
		return l.failDANE(s, c, why)
	}
	return s.Skip(why)
}

// failDANE ends a step that found a fault of TLSA records: with an error if they are
// demanded, and else the walk goes on.
func (l *Link) failDANE(s *probe.Step, c *probe.Cause, why string) error {
	if !l.demandsDANE() {
		s.RaiseFor(c, why)
		return nil
	}
	if c.Status == probe.Warning {
		c = c.As(probe.Critical)
	}
	return probe.Because(c, errors.New(why))
}

// dane is the step that says whether a TLSA record matches the certificate.
func (l *Link) dane(s *probe.Step) error {
	if l.Conn.TLS() == nil {
		return l.failDANE(s, CauseDANEMismatch.Advise("enable STARTTLS on the server, or take its TLSA records out of DNS"),
			"there are TLSA records at "+l.tlsa.Name+" and the session has no TLS; senders that validate defer")
	}
	s.Learn(probe.Number("tlsa_matching", float64(len(l.matched)), probe.None))
	if len(l.matched) > 0 {
		s.Say("the certificate matches " + abbreviate(l.matched) + " at " + l.tlsa.Name)
		return nil
	}
	if fix := l.tlsa.Fix(l.Conn.TLS().PeerCertificates); fix != "" {
		s.Fix = append(s.Fix, fix)
	}
	return l.failDANE(s, CauseDANEMismatch, l.mismatch()+"; senders that validate defer")
}

// mismatch says why no TLSA record matches.
func (l *Link) mismatch() string {
	return fmt.Sprintf("no TLSA record at %s matches the certificate (%s)", l.tlsa.Name, strings.Join(l.unmatched, "; "))
}

// matchTLSA holds the TLSA records against the certificate. The walk has not come to the
// step dane yet, but which faults of the certificate count depends on it.
func (l *Link) matchTLSA() {
	if l.byTLSA() {
		l.matched, l.unmatched = l.tlsa.Match(l.Conn.TLS().PeerCertificates, time.Now(), append(l.domains, l.options.ServerName)...)
	}
}

// exempts reports whether a fault does not count as the TLSA records decide: those of
// names, dates and authorities. A key that can be broken is one in any case.
func (l *Link) exempts(f Fault) bool {
	return l.byTLSA() && f.ofCertificate() && f.Name != "weak-key" && f.Name != "malformed"
}

// withoutExempt returns the faults that count, and says which others there are.
func (l *Link) withoutExempt(s *probe.Step, faults []Fault) (counted []Fault) {
	var texts []string
	for _, f := range faults {
		if l.exempts(f) {
			texts = append(texts, f.Text)
			continue
		}
		counted = append(counted, f)
	}
	if len(texts) > 0 {
		s.Say(strings.Join(texts, "; ") + " (not counted: the TLSA records decide)")
	}
	return counted
}

// ignoresDates reports whether the certificate is good by a TLSA record for which its dates
// do not matter (RFC 7672 §3.1.1).
func (l *Link) ignoresDates() bool {
	for _, t := range l.matched {
		if t.Usage == 3 {
			return true
		}
	}
	return false
}

// abbreviate lists records, each by the beginning of its data.
func abbreviate(records []policy.TLSA) string {
	const most = 4
	var texts []string
	for _, t := range records[:min(len(records), most)] {
		texts = append(texts, Abbreviate(t))
	}
	if len(records) > most {
		texts = append(texts, "...")
	}
	return strings.Join(texts, ", ")
}
