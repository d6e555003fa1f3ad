package domain

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"

	"mailprobe/dnssec"
	"mailprobe/policy"
	"mailprobe/probe"
)

// caa judges whether the exchangers can have certificates (RFC 8659).
func (q *inquiry) caa(ctx context.Context, s *probe.Step) error {
	m := q.exchangers(ctx)
	if m.err != nil {
		unknown(s, m.err, "the exchangers are not known: "+m.err.Error())
		return nil
	}
	var said []string
	for _, one := range q.issuers(ctx) {
		switch {
		case one.err != nil:
			unknown(s, one.err, one.err.Error())
		case policy.DeniesAll(one.records) && q.needsNoAuthority(ctx, one.host):
			said = append(said, fmt.Sprintf("%s by %s, which lets no authority issue a certificate, as the exchanger has none that one issued", one.host.name, one.owner))
		case policy.DeniesAll(one.records):
			s.RaiseFor(CauseCAADenies, fmt.Sprintf("the CAA records of %s let no authority issue a certificate for %s", one.owner, one.host.name))
		case len(one.records) > 0:
			said = append(said, fmt.Sprintf("%s by %s", one.host.name, one.owner))
		}
	}
	if len(said) == 0 && s.Status == probe.OK {
		return s.Skip("there are no CAA records: every authority may issue certificates")
	}
	s.Say(strings.Join(said, ", "))
	return nil
}

// issuing is who may issue certificates for an exchanger.
type issuing struct {
	host    mailHost
	owner   string // of the records
	records []policy.CAA
	err     error
}

// findIssuers finds the records that apply to each exchanger.
func (q *inquiry) findIssuers(ctx context.Context) []issuing {
	hosts := q.exchangers(ctx).hosts
	all := make([]issuing, len(hosts))
	for i, h := range hosts {
		all[i].host = h
	}
	probe.SideBySide(all, func(one *issuing) { q.findCAA(ctx, one) })
	return all
}

// findCAA finds the records that apply to an exchanger: its own, or those of the nearest
// name above (RFC 8659 §3). All the names are asked for at once.
func (q *inquiry) findCAA(ctx context.Context, one *issuing) {
	if one.host.literal {
		return
	}
	names := upwards(one.host.name)
	answers, errs := make(map[string]dnssec.Answer), make(map[string]error)
	var mutex sync.Mutex
	probe.SideBySide(names, func(name *string) {
		a, err := q.answer(ctx, *name, dnssec.TypeCAA)
		mutex.Lock()
		defer mutex.Unlock()
		answers[*name], errs[*name] = a, err
	})
	for _, name := range names {
		for _, r := range dnssec.All[dnssec.CAA](answers[name].Records) {
			one.records = append(one.records, policy.CAA{Critical: r.Critical, Tag: strings.ToLower(r.Tag), Value: r.Value})
		}
		if one.owner, one.err = name, errs[name]; one.err != nil || len(one.records) > 0 {
			return
		}
	}
}

// maxLabels bounds how many names are asked about, a name and those above it.
const maxLabels = 20

// upwards are a name and those above it, without the root.
func upwards(name string) (all []string) {
	for ; name != "" && len(all) < maxLabels; _, name, _ = strings.Cut(name, ".") {
		all = append(all, name)
	}
	return all
}

// needsNoAuthority reports whether the sessions with an exchanger show that no authority
// issued its certificate: it is its own, as DANE permits, or there is no TLS.
func (q *inquiry) needsNoAuthority(ctx context.Context, host mailHost) bool {
	if !q.does(exchanger) {
		return false
	}
	reached := 0
	for _, h := range q.sessions(ctx) {
		for _, one := range h.all {
			if h.name != host.name || !one.reached() {
				continue
			}
			if one.state != nil && !isOwn(one.state.PeerCertificates) {
				return false
			}
			reached++
		}
	}
	return reached > 0
}

// isOwn reports whether a server's certificate names itself as its issuer.
func isOwn(chain []*x509.Certificate) bool {
	return len(chain) > 0 && bytes.Equal(chain[0].RawIssuer, chain[0].RawSubject)
}
