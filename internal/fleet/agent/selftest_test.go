package agent

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"mailprobe/dnssec"
	"mailprobe/internal/fleet"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// world is a network for the test of itself: what answers at an address, and names.
type world struct {
	greets map[string]string // by address and port; "" stays silent, and what is not there refuses
	noway  string            // addresses that begin with it have no route
	own    string            // the machine's address
	addrs  map[string][]string
	names  map[string][]string
}

func (w world) dial(_ context.Context, network, address string) (net.Conn, error) {
	if network == "udp" {
		if w.own == "" {
			return nil, syscall.ENETUNREACH
		}
		return local{addr: net.UDPAddrFromAddrPort(netip.MustParseAddrPort(w.own))}, nil
	}
	greeting, is := w.greets[address]
	switch {
	case w.noway != "" && strings.HasPrefix(address, w.noway):
		return nil, &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
	case !is:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	here, there := net.Pipe()
	go func() {
		_, _ = there.Write([]byte(greeting))
		_ = there.Close()
	}()
	return here, nil
}

// local is a connection of which only the source counts.
type local struct {
	net.Conn
	addr net.Addr
}

func (l local) LocalAddr() net.Addr { return l.addr }
func (l local) Close() error        { return nil }

func (w world) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	return []*net.MX{{Host: "mx." + name}}, nil
}

func (w world) LookupNetIP(_ context.Context, _, host string) (all []netip.Addr, err error) {
	for _, a := range w.addrs[strings.TrimSuffix(host, ".")] {
		all = append(all, netip.MustParseAddr(a))
	}
	if len(all) == 0 {
		err = &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return all, err
}

func (w world) LookupAddr(_ context.Context, addr string) ([]string, error) {
	if w.names == nil {
		return nil, errors.New("no answer")
	}
	if len(w.names[addr]) == 0 {
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	}
	return w.names[addr], nil
}

// is returns an ability as a word.
func is(f Findings, name string) string {
	a := f.ability(name)
	switch {
	case a == nil:
		return "missing"
	case a.Able == nil:
		return "unknown: " + a.Detail
	case *a.Able:
		return "yes: " + a.Detail
	}
	return "no: " + a.Detail
}

func TestSelf(t *testing.T) {
	const google, google6 = "74.125.200.27", "2607:f8b0:400e:c00::1a"
	dns := map[string][]string{"mx.gmail.com": {google, google6}, "mail.example.net": {"45.1.2.3"}}
	for _, tt := range []struct {
		what                 string
		world                world
		hosts                []string
		dnssec               dnssec.Status
		port, six, ptr, name string
	}{
		{
			what:  "a good place",
			world: world{greets: map[string]string{google + ":25": "220 mx ESMTP\r\n", "[" + google6 + "]:25": "220 mx\r\n"}, own: "45.1.2.3:999", addrs: dns, names: map[string][]string{"45.1.2.3": {"mail.example.net."}}},
			port:  `yes: mx.gmail.com (74.125.200.27:25) answered "220 mx ESMTP"`, six: "yes: mx.gmail.com answered at 2607", ptr: "yes: 45.1.2.3 is mail.example.net, and back", dnssec: dnssec.Secure, name: "yes: answers of",
		}, {
			what:  "port 25 blocked, behind NAT, a resolver that strips signatures",
			world: world{own: "192.168.1.2:999", addrs: dns},
			port:  "no: none of 2 mail servers lets a connection to port 25 through, such as mx.gmail.com", six: "unknown: there is a way out", ptr: "unknown: this machine goes out as 192.168.1.2", dnssec: dnssec.Indeterminate, name: "no: answers of",
		}, {
			what:  "no IPv6, a stranger at port 25, no name",
			world: world{greets: map[string]string{google + ":25": "HTTP/1.1 400\r\n"}, noway: "[", own: "45.1.2.3:999", addrs: dns, names: map[string][]string{}},
			port:  "no: none of 1 mail server", six: "no: this machine has no way out by IPv6", ptr: "no: 45.1.2.3 has no name", name: "no: ",
		}, {
			what:  "IPv4 alone answers, a name that leads elsewhere",
			world: world{greets: map[string]string{google + ":25": "554 go away\r\n"}, own: "45.1.2.4:999", addrs: dns, names: map[string][]string{"45.1.2.4": {"mail.example.net."}}},
			port:  "yes: ", six: "no: mail servers answer by IPv4", ptr: "no: 45.1.2.4 is mail.example.net, which does not lead back", name: "no: ",
		}, {
			what: "no DNS", world: world{own: "45.1.2.3:999"}, port: "unknown: no mail server", six: "unknown: no mail server", ptr: "unknown: the name of", name: "no: ",
		}, {
			what: "a mail server of one's own", hosts: []string{"10.0.0.25:25"}, world: world{greets: map[string]string{"10.0.0.25:25": "220 \r\n"}},
			port: "yes: 10.0.0.25", six: "unknown: no mail server of the test has an IPv6", ptr: "unknown: this machine has no way out", name: "no: ",
		},
	} {
		f := (&tester{
			hosts: tt.hosts, dial: tt.world.dial, dns: tt.world,
			dnsec: func(context.Context, string, dnssec.Type) (dnssec.Answer, error) {
				return dnssec.Answer{Status: tt.dnssec, Server: "192.0.2.53:53"}, nil
			},
		}).run(t.Context())
		for name, want := range map[string]string{ablePort25: tt.port, ableIPv6: tt.six, ablePTR: tt.ptr, ableResolver: tt.name} {
			if got := is(f, name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q, want %q", tt.what, name, got, want)
			}
		}
		if f.Private != (tt.hosts != nil) {
			t.Errorf("%s: private is %t", tt.what, f.Private)
		}
	}
}

// TestUnable: a place without port 25 is no witness there, and one for everything else.
func TestUnable(t *testing.T) {
	no, yes := false, true
	for _, tt := range []struct {
		able    *bool
		private bool
		to      string
		permits bool
	}{
		{&no, false, "8.8.8.8:25", false}, {&no, false, "8.8.8.8:587", true}, {&no, false, "10.0.0.1:25", true},
		{&no, true, "10.0.0.1:25", false}, {&no, false, "[64:ff9b::808:808]:25", false}, {&yes, false, "8.8.8.8:25", true}, {nil, false, "8.8.8.8:25", true},
	} {
		f := Findings{Able: []fleet.Ability{{Name: ablePort25, Able: tt.able, Detail: "nothing gets out"}}, Private: tt.private}
		err := f.permit(netip.MustParseAddrPort(tt.to))
		if (err == nil) != tt.permits {
			t.Errorf("%+v: %v", tt, err)
		}
		if fail := (*probe.Failure)(nil); err != nil && (!errors.As(err, &fail) || !fail.Cause.Is(suite.CausePlaceUnable) || fail.Cause.Status != probe.Unknown) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	if err := new(Findings).permit(netip.MustParseAddrPort("8.8.8.8:25")); err != nil {
		t.Errorf("before the test: %v", err)
	}
}
