package domain

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
	"mailprobe/transport"
)

// resolver asks DNS for package policy. What it cannot learn is an error with its cause,
// never "no record".
type resolver struct{ client *dnssec.Client }

// answer looks a name up. An answer that says nothing of the name is an error.
func (d resolver) answer(ctx context.Context, name string, kind dnssec.Type) (dnssec.Answer, error) {
	return transport.Lookup(ctx, d.client, name, kind)
}

// isNoName reports whether an answer denies the name itself.
func isNoName(a dnssec.Answer) bool { return transport.IsNoName(a) }

// records looks up the records of a name as package policy wants them.
func records[T, U any](ctx context.Context, d resolver, name string, kind dnssec.Type, convert func(T) U) ([]U, error) {
	a, err := d.answer(ctx, name, kind)
	if err != nil {
		return nil, err
	}
	if isNoName(a) {
		return nil, policy.ErrNoName
	}
	var all []U
	for _, each := range dnssec.All[T](a.Records) {
		all = append(all, convert(each))
	}
	return all, nil
}

func same[T any](v T) T { return v }

// TXT implements policy.DNS.
func (d resolver) TXT(ctx context.Context, name string) ([]string, error) {
	return records(ctx, d, name, dnssec.TypeTXT, dnssec.TXT.Join)
}

// IPv4 implements policy.DNS.
func (d resolver) IPv4(ctx context.Context, name string) ([]netip.Addr, error) {
	return records(ctx, d, name, dnssec.TypeA, same[netip.Addr])
}

// IPv6 implements policy.DNS.
func (d resolver) IPv6(ctx context.Context, name string) ([]netip.Addr, error) {
	return records(ctx, d, name, dnssec.TypeAAAA, same[netip.Addr])
}

// MX implements policy.DNS.
func (d resolver) MX(ctx context.Context, name string) ([]string, error) {
	all, err := records(ctx, d, name, dnssec.TypeMX, same[dnssec.MX])
	slices.SortStableFunc(all, func(a, b dnssec.MX) int { return cmp.Compare(a.Preference, b.Preference) })
	var names []string
	for _, mx := range all {
		names = append(names, strings.TrimSuffix(mx.Host, "."))
	}
	return names, err
}

// PTR implements policy.DNS.
func (d resolver) PTR(ctx context.Context, addr netip.Addr) ([]string, error) {
	return records(ctx, d, dnssec.ReverseName(addr), dnssec.TypePTR, func(h dnssec.Host) string { return plain(string(h)) })
}

// plain is a name without its trailing dot, in lower case.
func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// isHost reports whether a name from DNS is made of letters, digits, hyphens and
// underscores: only such names stand in records to publish.
func isHost(name string) bool { return policy.IsHost(name) }

// unknown makes the step Unknown, as a look-up failed. The cause is that of the failure.
func unknown(s *probe.Step, err error, detail string) {
	s.RaiseFor(transport.UnknownCause(err), detail)
}

// isFailure reports whether a look-up failed, which a name that does not exist is not.
func isFailure(err error) bool { return err != nil && !errors.Is(err, policy.ErrNoName) }
