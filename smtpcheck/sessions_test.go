package smtpcheck_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

func TestSessions(t *testing.T) { probetest.Sessions(t, smtpcheck.Kind(), "testdata") }

func TestConform(t *testing.T) {
	probetest.Conform(t, smtpcheck.Kind(), "--tls=auto", "-u", "alice", "--password-file", "$PASSWORD", "--ca-file", "$CA", "-t", "bob@example.org", "mx.example.org")
}

func TestConformInSession(t *testing.T) {
	for _, name := range []string{"starttls-envelope", "auth-login", "auth-fallback", "lmtp", "pipeline"} {
		t.Run(name, func(t *testing.T) {
			probetest.ConformSession(t, smtpcheck.Kind(), "testdata/"+name+".txtar")
		})
	}
}

type checker = smtpcheck.Check

// validated is a check whose look-ups are validated, whatever resolver it is given.
type validated struct {
	*checker
	options *probe.Options
	dns     transport.Resolver
}

func (v validated) Prepare(ctx context.Context) error {
	v.options.DNS = v.dns
	return v.checker.Prepare(ctx)
}

// TestConformDANE: the suite with TLSA records that are in effect.
func TestConformDANE(t *testing.T) {
	server, err := dnstest.Start(dnstest.World{Now: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), Zones: []dnstest.Zone{{Name: "example.org", Records: host("mx", "192.0.2.1", "3 1 1 "+stranger) + "@ MX 10 mx"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	anchors, err := dnssec.ParseAnchors(strings.NewReader(server.Anchors()))
	if err != nil {
		t.Fatal(err)
	}
	kind := smtpcheck.Kind()
	plain := kind.New
	kind.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		c, options := plain(o)
		return validated{c.(*checker), o, transport.Resolver{Client: dnssec.New(dnssec.Options{Servers: []string{server.Addr()}, Anchors: anchors})}}, options
	}
	for option, target := range map[string]string{"--dane": "mx.example.org", "--tls=dane": "mx.example.org", "--mx": "example.org"} {
		t.Run(option, func(t *testing.T) {
			probetest.Conform(t, kind, option, "--dane", "-u", "alice", "--password-file", "$PASSWORD", "--ca-file", "$CA", "-t", "bob@example.org", target)
		})
	}
}
