package domain_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"mailprobe/dnssec/dnstest"
	"mailprobe/probe"
)

// nameServer answers with authority for the zones that are given, refuses others, and
// refers to delegated for names below, with 192.0.2.4 as the address of hosts called glued.
func nameServer(t *testing.T, delegated map[string][]string, zones ...string) string {
	t.Helper()
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: packets, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Rcode = dns.RcodeRefused
		for _, zone := range zones {
			if q.Question[0].Name == zone {
				m.Rcode, m.Authoritative = dns.RcodeSuccess, true
			}
		}
		for _, host := range delegated[q.Question[0].Name] {
			m.Rcode = dns.RcodeSuccess
			m.Ns = append(m.Ns, &dns.NS{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 60}, Ns: host})
			if strings.HasPrefix(host, "glued") {
				m.Extra = append(m.Extra, &dns.A{Hdr: dns.RR_Header{Name: host, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(192, 0, 2, 4)})
			}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = server.Shutdown() })
	return packets.LocalAddr().String()
}

// TestServers: what the servers of a zone, and of the one above, have themselves.
func TestServers(t *testing.T) {
	const ok, warning, critical, unknown = probe.OK, probe.Warning, probe.Critical, probe.Unknown
	zone := func(name string, more string) dnstest.Zone {
		return dnstest.Zone{Name: name, Records: "@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\n" + more}
	}
	both := []string{"ns1.", "ns2."}
	delegated := map[string][]string{}
	for _, name := range []string{"good.org.", "onelame.org.", "differs.org.", "proxied.org."} {
		for _, host := range both {
			delegated[name] = append(delegated[name], host+name)
		}
	}
	delegated["differs.org."] = append(delegated["differs.org."], "ns3.differs.org.")
	delegated["alllame.org."] = []string{"ns1.good.org.", "ns2.good.org."}
	delegated["lameinside.org."] = []string{"glued1.lameinside.org.", "glued2.lameinside.org."}
	delegated["heldinside.org."] = []string{"glued1.heldinside.org.", "ns1.good.org."}
	delegated["noglue.org."] = []string{"ns1.noglue.org."}
	kind := dialled(map[string]string{
		"192.0.2.1:53": nameServer(t, nil, "good.org.", "onelame.org.", "differs.org."),
		"192.0.2.2:53": nameServer(t, nil, "good.org.", "differs.org."),
		"192.0.2.4:53": nameServer(t, nil, "heldinside.org."),
		"192.0.2.3:53": nameServer(t, delegated, "org."),
	})
	world := dnstest.World{Zones: []dnstest.Zone{
		{Name: "org", Records: "@ NS ns.org.\nns A 192.0.2.3"},
		zone("good.org", ""), zone("onelame.org", ""), zone("differs.org", ""), zone("proxied.org", ""),
		{Name: "alllame.org", Fault: dnstest.Lame}, {Name: "lameinside.org", Fault: dnstest.Lame}, {Name: "heldinside.org", Fault: dnstest.Lame}, {Name: "noglue.org", Fault: dnstest.Lame}, {Name: "silent.org", Records: "@ NS ns1\nns1 A 192.0.2.9"},
	}}
	addr, anchors := start(t, world)
	for _, want := range []row{
		{"good.org", ok, "", "", ""},
		{"onelame.org", warning, "lame-delegation", "", "ns2.onelame.org does not have the zone"},
		{"differs.org", warning, "delegation-differs", "", "ns3.differs.org"},
		{"proxied.org", ok, "", "", ""}, // the resolver has it, so something on the way refuses for the servers
		{"alllame.org", critical, "lame-delegation", "", "ns1.good.org, ns2.good.org"},
		{"lameinside.org", critical, "lame-delegation", "", "glued1.lameinside.org, glued2.lameinside.org"}, // their names are in the zone that nobody has
		{"heldinside.org", unknown, "resolver-failed", "", ""}, {"noglue.org", unknown, "resolver-failed", "", ""},
		{"silent.org", ok, "", "", ""},
	} {
		r := wholeOf(t, kind, want.name, "--resolver", addr, "--trust-anchor", anchors, "--only", "delegation")
		want.judge(t, &r.Steps[0])
	}
	// The owner of a domain chooses where its name servers are: what must not be asked is not.
	careful := kind
	careful.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		o.Permit = func(to netip.AddrPort) error {
			if to == netip.MustParseAddrPort("192.0.2.2:53") {
				return errors.New("not permitted")
			}
			return nil
		}
		return kind.New(o)
	}
	r := wholeOf(t, careful, "onelame.org", "--resolver", addr, "--trust-anchor", anchors, "--only", "delegation")
	row{"onelame.org", ok, "", "", ""}.judge(t, &r.Steps[0])
}
