package dnssec_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

var _ probe.Resolver = (*dnssec.Client)(nil)

// TestCauses: the errors have the causes that those of net.Resolver have.
func TestCauses(t *testing.T) {
	s := start(t, one(
		dnstest.Rule{Name: "fails.example.org", Rcode: "SERVFAIL"},
		dnstest.Rule{Name: "reason.example.org", Rcode: "SERVFAIL", EDE: 22},
		dnstest.Rule{Name: "refused.example.org", Rcode: "REFUSED"},
		dnstest.Rule{Name: "silent.example.org", Drop: true},
	))
	keys, _ := dnssec.ParseAnchors(strings.NewReader(s.Anchors()))
	client := dnssec.New(dnssec.Options{Servers: []string{s.Addr()}, Anchors: keys, Timeout: 400 * time.Millisecond})
	for name, want := range map[string]*probe.Cause{
		"nothing.example.org": probe.CauseNoAddress,
		"fails.example.org":   probe.CauseResolver,
		"reason.example.org":  probe.CauseResolver,
		"refused.example.org": probe.CauseResolverRefused,
		"silent.example.org":  probe.CauseResolverTimeout,
	} {
		o := &probe.Options{DNS: client, Timeout: time.Minute}
		_, err := o.Addresses(t.Context(), probe.Target{Host: name})
		var failure *probe.Failure
		if !errors.As(err, &failure) || failure.Cause.Name != want.Name {
			t.Errorf("%s: %v, want %s", name, err, want.Name)
		}
	}
}
