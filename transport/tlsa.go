package transport

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// Host is what DNS says of where a server is: by that it is decided where its TLSA records
// stand (RFC 7672 §2.2.2). Names are in lower case, without a trailing dot.
type Host struct {
	// Name is the server's name, Canonical the one that its addresses stand at, another
	// where Name is an alias.
	Name, Canonical string
	// Addrs are its addresses, those by IPv4 first.
	Addrs []netip.Addr
	// NoName is set where the name does not exist.
	NoName bool
	// Status is that of the answers, of which the weakest counts.
	Status dnssec.Status
	// Err is why none of its addresses is known, and Partly why those of one family are not
	// known beside those of the other; nil if they are.
	Err, Partly error
}

// FindHost looks up where a server is, both families at once.
func FindHost(ctx context.Context, c *dnssec.Client, name string) Host {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	var answers [2]dnssec.Answer
	var errs [2]error
	probe.Together(
		func() { answers[0], errs[0] = Lookup(ctx, c, name, dnssec.TypeA) },
		func() { answers[1], errs[1] = Lookup(ctx, c, name, dnssec.TypeAAAA) },
	)
	h := Host{Name: name, Canonical: name, Status: dnssec.Secure, NoName: IsNoName(answers[0]) || IsNoName(answers[1])}
	for i, a := range answers {
		if errs[i] != nil {
			h.Err = cmp.Or(h.Err, errs[i])
			continue
		}
		h.Status, h.Addrs = min(h.Status, a.Status), append(h.Addrs, dnssec.All[netip.Addr](a.Records)...)
		if len(a.Aliases) > 0 {
			h.Canonical = strings.ToLower(strings.TrimSuffix(a.Canonical, "."))
		}
	}
	if len(h.Addrs) > 0 {
		h.Err, h.Partly = nil, h.Err
	}
	return h
}

// TLSA are the TLSA records of a server.
type TLSA struct {
	// Name is where they stand, such as _25._tcp.mx.example.org; Base is the server's name
	// in that, which its certificate is asked for by (RFC 7672 §2.2.3, §8.1).
	Name, Base string
	// Records are all of them, Usable those that SMTP can use, and Odd is why it cannot use
	// the others.
	Records, Usable []policy.TLSA
	Odd             []string
	// Status is that of the weakest of all that leads to the records: where it is not
	// Secure senders do not go by them.
	Status dnssec.Status
	// Why says what Status stands on.
	Why string
	// Err is why there is no answer, with its cause.
	Err error

	host Host
}

// FindTLSA looks up the TLSA records of a server at a port: at the name that its aliases
// lead to if all of them are signed, and else, or if there are none, at its own (RFC 7672
// §2.2.2, §2.2.3).
func (h Host) FindTLSA(ctx context.Context, c *dnssec.Client, port uint16) *TLSA {
	t := &TLSA{host: h, Base: h.Name, Name: tlsaName(h.Name, port), Status: h.Status, Err: h.Err}
	if h.Err != nil {
		return t
	}
	bases := []string{h.Name}
	if h.Canonical != h.Name && h.Status == dnssec.Secure {
		bases = []string{h.Canonical, h.Name}
	}
	if h.Canonical != h.Name && h.Status == dnssec.Insecure && isSignedAlias(ctx, c, h.Name) {
		// The records of an alias's own name count though it leads out of what is signed.
		t.Status = dnssec.Secure
	}
	for _, base := range bases {
		t.Base, t.Name = base, tlsaName(base, port)
		if t.look(ctx, c); t.Err != nil || len(t.Records) > 0 {
			break
		}
	}
	return t
}

func tlsaName(base string, port uint16) string { return fmt.Sprintf("_%d._tcp.%s", port, base) }

// isSignedAlias reports whether the first link of an alias is signed.
func isSignedAlias(ctx context.Context, c *dnssec.Client, name string) bool {
	a, err := Lookup(ctx, c, name, dnssec.TypeCNAME)
	return err == nil && a.Found() && a.Status == dnssec.Secure
}

func (t *TLSA) look(ctx context.Context, c *dnssec.Client) {
	a, err := Lookup(ctx, c, t.Name, dnssec.TypeTLSA)
	if t.Err = err; err != nil {
		return
	}
	t.Status, t.Why = min(t.Status, a.Status), a.Why
	for _, r := range dnssec.All[dnssec.TLSA](a.Records) {
		record := policy.TLSA{Usage: r.Usage, Selector: r.Selector, Matching: r.Matching, Data: r.Data}
		t.Records = append(t.Records, record)
		if ok, reason := record.Usable(); ok {
			t.Usable = append(t.Usable, record)
		} else {
			t.Odd = append(t.Odd, reason)
		}
	}
}

// isOutdone reports whether senders do not look at a record with SHA-256, as there is one
// of its usage and selector with SHA-512 (RFC 7671 §9).
func (t *TLSA) isOutdone(record policy.TLSA) bool {
	return record.Matching == 1 && slices.ContainsFunc(t.Usable, func(o policy.TLSA) bool {
		return o.Matching == 2 && o.Usage == record.Usage && o.Selector == record.Selector
	})
}

// InEffect reports whether senders that validate go by the records. mx is the status of
// the MX records that led to the server; Secure if none did.
func (t *TLSA) InEffect(mx dnssec.Status) bool {
	return t.Err == nil && len(t.Records) > 0 && min(mx, t.Status) == dnssec.Secure
}

// Fault returns what is wrong with the records themselves, nil for nothing; mx is as that
// of InEffect. Where nobody looks for them, or there are none, nothing is wrong.
func (t *TLSA) Fault(mx dnssec.Status) (c *probe.Cause, text string) {
	status := min(mx, t.Status)
	switch {
	case t.Err != nil && t.host.Err == nil && t.host.Status != dnssec.Secure && t.host.Canonical == t.host.Name:
		return nil, "" // RFC 7672 §2.2.2: senders do not look for them
	case t.Err != nil && mx == dnssec.Secure && FailsForAll(t.Err):
		return CauseDANEFailed, fmt.Sprintf("the TLSA records of %s cannot be looked up, so that senders that validate defer: %v", t.host.Name, t.Err)
	case t.Err != nil:
		return UnknownCause(t.Err), t.Err.Error()
	case len(t.Records) == 0 && (mx != dnssec.Secure || t.host.Status == dnssec.Insecure || t.Status != dnssec.Indeterminate):
		return nil, ""
	case status == dnssec.Indeterminate:
		return CauseResolverStrips, fmt.Sprintf("what there is at %s is not known for sure: %s", t.Name, t.Why)
	case status != dnssec.Secure:
		return CauseDANEUnsigned, fmt.Sprintf("the TLSA records at %s have no effect, as not all of MX, addresses and TLSA are signed", t.Name)
	case len(t.Usable) == 0:
		return CauseDANEUnusable, fmt.Sprintf("no TLSA record at %s can be used: %s", t.Name, strings.Join(t.Odd, ", "))
	}
	return nil, ""
}

// FailsForAll reports whether a look-up failed as it does for every sender, by SERVFAIL or
// by what is bogus; silence may be a fault of the resolver's or of the network.
func FailsForAll(err error) bool {
	var f *probe.Failure
	return errors.As(err, &f) && (f.Cause.Is(CauseBogus) || f.Cause.Is(probe.CauseResolver))
}

// UnknownCause returns the cause of an error of a look-up, Unknown whatever it is: the error may be
// this side's alone.
func UnknownCause(err error) *probe.Cause {
	var f *probe.Failure
	if errors.As(err, &f) && f.Cause != nil {
		return f.Cause.As(probe.Unknown)
	}
	return probe.CauseResolver.As(probe.Unknown)
}

// Match returns the records that match the certificates which a server shows, its own
// first, and of some others why they do not. There are none if those match alone that
// senders do not look at. names are further ones that the certificate may be for, such as
// that of the domain whose exchanger it is (RFC 7672 §3.2.2).
func (t *TLSA) Match(chain []*x509.Certificate, now time.Time, names ...string) (matching []policy.TLSA, why []string) {
	const most = 4
	names = slices.DeleteFunc(slices.Concat(names, []string{t.host.Canonical, t.host.Name, t.Base}), func(name string) bool { return name == "" })
	counts := false
	for _, record := range t.Usable {
		err, outdone := record.Verify(chain, names, now), t.isOutdone(record)
		if err == nil {
			matching, counts = append(matching, record), counts || !outdone
		}
		if len(why) < most && (err != nil || outdone) {
			why = append(why, mismatch(record, err))
		}
	}
	if !counts {
		return nil, why
	}
	return matching, why
}

// mismatch says why a record does not match; without an error it is one that senders do
// not look at.
func mismatch(record policy.TLSA, err error) string {
	switch {
	case err == nil:
		return Abbreviate(record) + ": senders look only at the one with SHA-512 beside it"
	case record.Usage == 2:
		return Abbreviate(record) + ": " + strings.TrimPrefix(err.Error(), "x509: ")
	}
	return Abbreviate(record) // it is of another certificate
}

// Abbreviate returns a record with the beginning of its data.
func Abbreviate(t policy.TLSA) string {
	enough := 4 // bytes
	if t.Matching == 0 {
		enough = 2 // all certificates and keys begin alike
	}
	text := t.String()
	if len(t.Data) <= enough {
		return text
	}
	return text[:len(text)-2*(len(t.Data)-enough)] + "..."
}

// Fix returns the record to publish for a server that shows certificates, its own first;
// empty if the name cannot stand in a zone.
func (t *TLSA) Fix(chain []*x509.Certificate) string {
	if len(chain) == 0 || !policy.IsHost(t.Name) {
		return ""
	}
	return fmt.Sprintf("%s. IN TLSA %s", t.Name, policy.TLSAFor(chain[0]))
}
