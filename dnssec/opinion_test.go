package dnssec_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"mailprobe/dnssec"
)

// differ are the names of which another validator has another opinion, with its
// verdict and who is right.
var differ = map[string]map[string]struct {
	status dnssec.Status
	why    string
}{
	"unbound": {
		"hourago.org MX":       {dnssec.Secure, "it takes signatures for good a day longer (val-sig-skew-max); RFC 4035 §5.3.1 says they must not be: we are right"},
		"revoked.org MX":       {dnssec.Secure, "it looks at REVOKE only in trust anchors; RFC 5011 §2.1 forbids the key any use but for its own set: we are right, and delv says so too"},
		"dswrong.org MX":       {dnssec.Secure, "without harden-algo-downgrade any DS will do; RFC 4509 §3 wants SHA-1 ignored beside SHA-256: we are right, and delv says so too"},
		"nothing.twenty.org A": {dnssec.Secure, "its limit is 150 iterations; RFC 9276 §3.2 allows any, and wants it to sink: both are right"},
		"revokedentry.org MX":  {dnssec.Secure, "as revoked.org"},
		"ed448.org MX":         {dnssec.Bogus, "it knows Ed448, by which these signatures are noise; Go does not, so RFC 4035 §5.2 says insecure: both are right"},
		"nothing.i150.org MX":  {dnssec.Secure, "its limit is 150 iterations; RFC 9276 §3.2 allows any: both are right"},
	},
	"delv": {
		"plain.out DS":           {dnssec.Secure, "RFC 5155 §9.2: not what an NSEC3 record with opt-out covers: we are right, and unbound says so too"},
		"nothing.out MX":         {dnssec.Secure, "the same"},
		"nothing.twenty.org A":   {dnssec.Secure, "its limit is 150 iterations; RFC 9276 §3.2 allows any: both are right"},
		"nothing.i150.org MX":    {dnssec.Secure, "the same"},
		"onebad.org MX":          {dnssec.Bogus, "it gives up after one signature that is wrong (max-validation-failures-per-fetch); RFC 4035 §5.3.3 lets any do: we are right, and unbound says so too"},
		"oldbad.org MX":          {dnssec.Bogus, "the same"},
		"revokedentry.org MX":    {dnssec.Secure, "it enters a zone by a revoked key, and refuses it for the data; RFC 5011 §2.1 forbids both: we are right"},
		"ed448.org MX":           {dnssec.Bogus, "it knows Ed448, by which these signatures are noise; Go does not, so RFC 4035 §5.2 says insecure: both are right"},
		"wider.org MX":           {dnssec.Bogus, "it takes no exponent over 35 bits; RFC 3110 §2 has no limit: we are right, and unbound says so too"},
		"tobogus.links.org A":    {dnssec.Secure, "it says that the first link is validated and that the second failed; a chain is as good as its weakest link: both are right"},
		"mx1.dbogus.links.org A": {dnssec.Secure, "the same"},
		"lame.org MX":            {dnssec.Bogus, "it says of every failure only that it is one; no server of the zone answers, so there is nothing that could be bogus: we are right"},
	},
}

// opinion is the verdict of a validator that may be right.
func opinion(who string, i int) (want dnssec.Status, why string) {
	v := verdicts[i]
	if d, ok := differ[who][v.name+" "+v.kind.String()]; ok {
		return d.status, d.why
	}
	if v.proofIsAbsent {
		return dnssec.Bogus, "a validator with all its sources takes a missing proof for a wrong one"
	}
	return v.status, ""
}

// TestUnboundAgrees holds the verdicts against unbound's.
func TestUnboundAgrees(t *testing.T) {
	s := start(t, world())
	addr := unbound.run(t, s)
	for i, v := range verdicts {
		m := new(dns.Msg)
		m.SetQuestion(dns.Fqdn(v.name), uint16(v.kind))
		m.AuthenticatedData = true
		m.SetEdns0(1232, true)
		r, _, err := (&dns.Client{Timeout: 5 * time.Second}).Exchange(m, addr)
		if err == nil && r.Truncated {
			r, _, err = (&dns.Client{Net: "tcp", Timeout: 5 * time.Second}).Exchange(m, addr)
		}
		if err != nil {
			t.Errorf("%s %s: %v", v.name, v.kind, err)
			continue
		}
		got := dnssec.Insecure
		switch {
		case r.Rcode == dns.RcodeServerFailure && v.name == "lame.org":
			got = dnssec.Indeterminate
		case r.Rcode == dns.RcodeServerFailure:
			got = dnssec.Bogus
		case r.AuthenticatedData:
			got = dnssec.Secure
		}
		if want, why := opinion("unbound", i); got != want {
			t.Errorf("%s %s: unbound has it %s, not %s %s\n%v", v.name, v.kind, got, want, why, r)
		}
	}
}

// TestDelvAgrees holds the verdicts against those of BIND's validator.
func TestDelvAgrees(t *testing.T) {
	delv := real(t, "delv")
	s := start(t, world())
	dir := t.TempDir()
	write(t, dir, "anchors", namedAnchors(s))
	_, port, _ := net.SplitHostPort(s.Addr())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var group sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, v := range verdicts {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			out := output(ctx, command(delv, "@127.0.0.1", "-p", port, "-a", filepath.Join(dir, "anchors"), "+root=.", "+nocrypto", dns.Fqdn(v.name), v.kind.String()))
			got, err := delvStatus(out)
			if want, why := opinion("delv", i); got != want || err != nil {
				t.Errorf("%s %s: delv has it %s (%v), not %s %s\n%s", v.name, v.kind, got, err, want, why, out)
			}
		})
	}
	group.Wait()
}

// delvStatus reads what delv prints. Of an alias each link has a line.
func delvStatus(out string) (dnssec.Status, error) {
	switch {
	case strings.Contains(out, "unsigned answer"), strings.Contains(out, "negative response, unsigned"):
		return dnssec.Insecure, nil
	case strings.Contains(out, "fully validated"):
		return dnssec.Secure, nil
	case strings.Contains(out, "resolution failed"):
		return dnssec.Bogus, nil
	}
	return dnssec.Indeterminate, fmt.Errorf("no verdict")
}
