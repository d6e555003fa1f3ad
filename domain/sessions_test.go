package domain_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/domain"
	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// noRoute stands for an address that this machine has no way to.
const noRoute = "no route"

// dialled is the kind, with connections to some addresses led elsewhere. To others
// nobody answers until the time is over.
func dialled(to map[string]string) probe.Kind {
	kind := domain.Kind()
	plain := kind.New
	kind.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "192.0.2.") || strings.HasPrefix(address, "[2001:db8") {
				other, ok := to[address]
				if !ok {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				if other == noRoute {
					return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
				}
				address = other
			}
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		}
		return plain(o)
	}
	return kind
}

// withoutTLS is an SMTP server that greets as told and offers no STARTTLS.
func withoutTLS(t *testing.T, greeting string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wiretest.Accept(listener, func(c net.Conn) error {
			defer c.Close()
			fmt.Fprint(c, greeting+"\r\n")
			for in := bufio.NewScanner(c); in.Scan(); {
				reply := map[string]string{"EHLO": "250 plain.example", "QUIT": "221 bye"}[strings.ToUpper(in.Text()[:min(4, len(in.Text()))])]
				fmt.Fprintf(c, "%s\r\n", reply)
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// scripted is an SMTP server that plays a script.
func scripted(t *testing.T, authority *wiretest.Authority, script string) string {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &wiretest.Server{Script: transcript, Authority: authority}
	go wiretest.Accept(listener, server.Serve)
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// startTLS is a script up to STARTTLS.
const startTLS = "S: 220 mx.example.org ESMTP\nC: EHLO client.example.net\nS: 250-mx.example.org\nS: 250 STARTTLS\nC: STARTTLS\n"

// mailHosts are SMTP servers at 192.0.2.1 (good), .2 (a certificate for another name),
// .3 (expired), .4 (no TLS), .5 (refuses connections), .6 (defers), .7 (takes no mail), .8 (a
// certificate that ends soon), .10 (refuses STARTTLS), .11 (hangs up after the handshake),
// .12 (sends text in the place of a handshake), .13 (says nothing), .14 (blocks this host); .9 is silent.
func mailHosts(t *testing.T) (to map[string]string, caFile string) {
	t.Helper()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	to = map[string]string{"192.0.2.4:25": withoutTLS(t, "220 plain.example ESMTP"), "192.0.2.6:25": withoutTLS(t, "421 4.3.2 plain.example try again later"), "192.0.2.7:25": withoutTLS(t, "554 5.3.2 plain.example no mail here"), "192.0.2.5:25": "127.0.0.1:1", "[2001:db8::1]:25": noRoute, "[2001:db8::2]:25": "127.0.0.1:1"}
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	for i, script := range []string{startTLS + "S: 454 4.7.0 TLS not available\nC: QUIT\nS: 221 bye", startTLS + "S: 220 go ahead\n* starttls\nC: EHLO client.example.net\n* close",
		startTLS + "S: 220 go ahead\n+ 10ms\nS: 500 what?\n* close", "+ 1h\nS: 220 late", "S: 554 5.7.1 Service unavailable; Client host [198.51.100.1] blocked using zen.spamhaus.org\nC: QUIT\nS: 221 bye"} {
		to[fmt.Sprintf("192.0.2.%d:25", 10+i)] = scripted(t, authority, script)
	}
	for i, fault := range []string{"", "wrong-name", "expired", 7: "soon"} {
		if fault == "" && i > 0 {
			continue
		}
		host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org", Authority: authority, Faults: mailtest.Faults{Certificate: fault}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { host.Close() })
		if err := host.WriteCA(caFile); err != nil {
			t.Fatal(err)
		}
		to[fmt.Sprintf("192.0.2.%d:25", i+1)] = host.Addr(mailtest.SMTP)
	}
	return to, caFile
}

// exampleAt is the zone example.org with the exchanger mx at an address.
func exampleAt(addr, more string) dnstest.World {
	return dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "@ MX 10 mx\nmx A " + addr + "\n" + more}}}
}

func TestExchangers(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	to, caFile := mailHosts(t)
	kind := dialled(to)
	for name, c := range map[string]struct {
		addr, more string
		want       []row // of the steps
	}{
		"good":       {"192.0.2.1", "", []row{{"exchanger", ok, "", "", "192.0.2.1): TLS 1.3"}}},
		"wrong name": {"192.0.2.2", "", []row{{"exchanger", warning, "cert-wrong-name", "", ""}}},
		"expired":    {"192.0.2.3", "", []row{{"exchanger", warning, "cert-expired", "", ""}}},
		"plain":      {"192.0.2.4", "", []row{{"exchanger", warning, "tls-not-offered", "", "does not offer STARTTLS"}}},
		"refused":    {"192.0.2.5", "", []row{{"exchanger", critical, "refused", "", ""}}},
		"later":      {"192.0.2.6", "", []row{{"exchanger", warning, "service-unavailable", "", "421"}}},
		"never":      {"192.0.2.7", "", []row{{"exchanger", critical, "service-unavailable", "", "554"}}},
		"silent":     {"192.0.2.9", "", []row{{"exchanger", unknown, "port-25-silent", "", "blocked here?"}}},
		"no IPv6":    {"192.0.2.1", "mx AAAA 2001:db8::1", []row{{"exchanger", ok, "", "", "2001:db8::1): this machine has no way to it"}}},
		"blocked":    {"192.0.2.9", "mx AAAA 2001:db8::1", []row{{"exchanger", unknown, "port-25-silent", "", ""}}},
		"IPv6":       {"192.0.2.5", "@ MX 5 six\nsix AAAA 2001:db8::1", []row{{"exchanger", unknown, "no-route", "", ""}, {"exchanger-2", critical, "refused", "", ""}}},
		"one down": {"192.0.2.1", "@ MX 20 b\nb A 192.0.2.5", []row{
			{"exchanger", ok, "", "", ""}, {"exchanger-2", warning, "refused", "", "192.0.2.5"}}},
		"soon":       {"192.0.2.8", "", []row{{"exchanger", warning, "cert-expires-soon", "x1_cert_days_left=10", "the certificate expires in 10 days"}}},
		"refuses":    {"192.0.2.10", "", []row{{"exchanger", warning, "tls-refused", "", "454"}}},
		"hangs up":   {"192.0.2.11", "", []row{{"exchanger", critical, "connection-closed", "", ""}}},
		"garbage":    {"192.0.2.12", "", []row{{"exchanger", warning, "injection", "", ""}}},
		"blocked us": {"192.0.2.14", "", []row{{"exchanger", unknown, "blocklisted", "", "554"}}},
		"IPv6 down":  {"192.0.2.1", "mx AAAA 2001:db8::2", []row{{"exchanger", warning, "refused", "", "2001:db8::2"}}},
		"both 4xx":   {"192.0.2.6", "@ MX 20 b\nb A 192.0.2.5", []row{{"exchanger", warning, "service-unavailable", "", ""}, {"exchanger-2", critical, "refused", "", ""}}},
		"one silent": {"192.0.2.1", "@ MX 20 b\nb A 192.0.2.9", []row{
			{"exchanger", ok, "", "", ""}, {"exchanger-2", warning, "timeout", "", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			addr, anchors := start(t, exampleAt(c.addr, c.more))
			r := wholeOf(t, kind, "example.org", "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "exchanger", "--timeout", "2s", "--helo", "client.example.net")
			if len(r.Steps) != len(c.want) {
				t.Fatalf("%s: %+v", name, r.Steps)
			}
			for i, want := range c.want {
				if want.name != r.Steps[i].Name {
					t.Errorf("%s: step %s", name, r.Steps[i].Name)
				}
				want.name = name
				want.judge(t, &r.Steps[i])
			}
			if version, _ := factOf(&r.Steps[0], "x1_tls_version"); name == "good" && version != "TLS 1.3" {
				t.Errorf("the version is %q", version)
			}
		})
	}
}

// TestImplicitProposal: an MX record is proposed for the address of a domain only if a mail
// server is there.
func TestImplicitProposal(t *testing.T) {
	to, _ := mailHosts(t)
	for at, want := range map[string]int{"192.0.2.1": 1, "192.0.2.5": 0} {
		addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "@ A " + at}}})
		r := wholeOf(t, dialled(to), "example.org", "--resolver", addr, "--trust-anchor", anchors, "--only", "mx,exchanger", "--timeout", "4s", "--helo", "client.example.net")
		row{at, probe.Warning, "mx-implicit", "", ""}.judge(t, r.Step("mx"))
		if got := r.Step("mx").Fix; len(got) != want {
			t.Errorf("%s: to publish: %q", at, got)
		}
	}
}

// TestHurried: a server that has had hardly any time for an answer is not blamed.
func TestHurried(t *testing.T) {
	to, _ := mailHosts(t)
	for delay, want := range map[time.Duration]row{
		0:                       {"all the time", probe.Critical, "timeout", "", "no answer within"},
		1100 * time.Millisecond: {"little time", probe.Unknown, "timeout", "", "the look-ups before took most of the time"},
	} {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			world := exampleAt("192.0.2.13", "")
			world.Rules = []dnstest.Rule{{Name: "example.org", Below: true, Type: "MX", Delay: delay}, {Name: "mx.example.org", Delay: delay}}
			addr, anchors := start(t, world)
			r := wholeOf(t, dialled(to), "example.org", "--resolver", addr, "--trust-anchor", anchors, "--only", "exchanger", "--timeout", "4s", "--helo", "client.example.net")
			want.judge(t, &r.Steps[0])
		})
	}
}

// TestOtherFamily: exchangers that -4 or -6 leaves out are not known to be good.
func TestOtherFamily(t *testing.T) {
	addr, anchors := start(t, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: "@ MX 10 mx\nmx AAAA 2001:db8::1"}}})
	r := wholeOf(t, domain.Kind(), "example.org", "--resolver", addr, "--trust-anchor", anchors, "--only", "exchanger", "-4")
	row{"example.org", probe.Unknown, "wrong-family", "", "no exchanger has an address of the family"}.judge(t, &r.Steps[0])
}

// TestUnknownExchangers: exchangers, or their addresses, that cannot be looked up are not
// "none".
func TestUnknownExchangers(t *testing.T) {
	const host = "@ MX 10 mx\nmx A 192.0.2.1"
	addr, anchors := start(t, dnstest.World{
		Zones: []dnstest.Zone{{Name: "down.org", Records: host}, {Name: "hostdown.org", Records: host}, {Name: "bogus.org", Records: host, Fault: dnstest.Expired}, {Name: "null.org", Records: "@ MX 0 ."}},
		Rules: []dnstest.Rule{{Name: "down.org", Rcode: "SERVFAIL"}, {Name: "mx.hostdown.org", Rcode: "SERVFAIL"}},
	})
	for _, want := range []row{
		{"down.org", probe.Unknown, "resolver-failed", "", "the exchangers are not known"},
		{"hostdown.org", probe.Unknown, "resolver-failed", "", "the addresses of mx.hostdown.org are not known"},
		{"bogus.org", probe.Unknown, "dnssec-bogus", "", "bogus"}, {"null.org", probe.Skipped, "", "", ""}, {"gone.org", probe.Skipped, "", "", ""},
	} {
		r := wholeOf(t, dialled(nil), want.name, "--resolver", addr, "--trust-anchor", anchors, "--only", "exchanger", "--timeout", "2s")
		want.judge(t, &r.Steps[0])
	}
}

// TestGreetings: a server should call itself as its address is called.
func TestGreetings(t *testing.T) {
	to, caFile := mailHosts(t)
	for name, want := range map[string]row{
		"mx":    {"same", probe.OK, "", "", "192.0.2.1 mx.example.org"},
		"other": {"other", probe.Warning, "reverse-differs", "", "calls itself mx.example.org"},
	} {
		world := exampleAt("192.0.2.1", "other A 192.0.2.1")
		world.Zones = append(world.Zones, dnstest.Zone{Name: "2.0.192.in-addr.arpa", Records: "1 PTR " + name + ".example.org."})
		addr, anchors := start(t, world)
		for _, only := range []string{"ptr", "exchanger,ptr"} {
			r := wholeOf(t, dialled(to), "example.org", sessionArgs(addr, anchors, caFile, "--only", only)...)
			want.judge(t, r.Step("ptr"))
		}
	}
}

// TestProvidersGreetings: what the hosts of a provider call themselves is not the domain's
// to say, unless they are named as those that send its mail.
func TestProvidersGreetings(t *testing.T) {
	to, caFile := mailHosts(t)
	world := exampleAt("192.0.2.1", "other A 192.0.2.1")
	world.Zones = append(world.Zones, dnstest.Zone{Name: "2.0.192.in-addr.arpa", Records: "1 PTR other.example.org."},
		dnstest.Zone{Name: "customer.net", Records: "@ MX 10 mx.example.org."})
	addr, anchors := start(t, world)
	for _, c := range []struct {
		args []string
		want row
	}{
		{nil, row{"provider", probe.OK, "", "", "192.0.2.1 other.example.org"}},
		{[]string{"--sending", "192.0.2.1"}, row{"sending", probe.Warning, "reverse-differs", "", "calls itself mx.example.org"}},
	} {
		r := wholeOf(t, dialled(to), "customer.net", append(c.args, "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "exchanger", "--only", "ptr", "--timeout", "2s", "--helo", "client.example.net")...)
		c.want.judge(t, r.Step("ptr"))
	}
}

// TestMatchingDANE: the record to publish, once it is published, matches; and then
// neither name nor dates of the certificate matter.
func TestMatchingDANE(t *testing.T) {
	const ok, critical = probe.OK, probe.Critical
	to, caFile := mailHosts(t)
	kind := dialled(to)
	steps := func(world dnstest.World) (exchanger, dane *probe.Step) {
		addr, anchors := start(t, world)
		r := wholeOf(t, kind, "example.org", "--resolver", addr, "--trust-anchor", anchors, "--ca-file", caFile, "--only", "exchanger", "--only", "dane", "--timeout", "2s", "--helo", "client.example.net")
		return r.Step("exchanger"), r.Step("dane")
	}
	for _, at := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"} {
		_, dane := steps(exampleAt(at, "_25._tcp.mx TLSA 3 1 1 "+digest))
		row{at + " before", critical, "tlsa-mismatch", "tlsa=1 tlsa_matching=0", "no TLSA record matches mx.example.org at " + at + " (3 1 1 ff47ff47...); senders that validate defer"}.judge(t, dane)
		if len(dane.Fix) != 1 || !strings.HasPrefix(dane.Fix[0], "_25._tcp.mx.example.org. IN TLSA 3 1 1 ") {
			t.Fatalf("%s: to publish: %q", at, dane.Fix)
		}
		exchanger, dane := steps(exampleAt(at, dane.Fix[0]))
		row{at + " after", ok, "", "tlsa=1 tlsa_matching=1", ""}.judge(t, dane)
		row{at + " session", ok, "", "", "TLS 1.3"}.judge(t, exchanger)
	}
	exchanger, dane := steps(exampleAt("192.0.2.4", "_25._tcp.mx TLSA 3 1 1 "+digest))
	row{"plain", critical, "tlsa-mismatch", "", "no TLS"}.judge(t, dane)
	row{"plain session", critical, "tls-not-offered", "", ""}.judge(t, exchanger)
}
