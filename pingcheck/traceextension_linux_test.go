package pingcheck

import (
	"net"
	"net/netip"
	"testing"

	neticmp "golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"mailprobe/bench/tun"
	"mailprobe/bench/tun/tuntest"
)

// extended returns the "time exceeded" about a packet of a router that has more to say.
func extended(p tun.Packet, router netip.Addr, extensions ...neticmp.Extension) tun.Packet {
	m := neticmp.Message{Type: ipv4.ICMPTypeTimeExceeded, Body: &neticmp.TimeExceeded{Data: p, Extensions: extensions}}
	header := 20
	if p.IPv6() {
		m.Type, header = ipv6.ICMPTypeTimeExceeded, 40
	}
	body, err := m.Marshal(nil)
	if err != nil {
		panic(err)
	}
	f := append(p.Fault(router, 0, 0, 0)[:header:header], body...)
	f.Seal()
	return f
}

// What routers say of MPLS labels and interfaces is shown with the hop.
func TestExtensions(t *testing.T) {
	tuntest.Isolate(t, func(p tun.Packet) []tun.Answer {
		router := netip.AddrFrom4([4]byte{10, 99, 1, byte(p.TTL())})
		if p.IPv6() {
			router = netip.MustParseAddr("fd99::101")
		}
		switch {
		case !p.IsEchoRequest():
			return nil
		case p.TTL() == 1:
			return []tun.Answer{{Packet: extended(p, router, &neticmp.MPLSLabelStack{Class: 1, Type: 1, Labels: []neticmp.MPLSLabel{
				{Label: 24005, TC: 3, TTL: 1}, {Label: 16, S: true, TTL: 254}}})}}
		case p.TTL() == 2:
			info := &neticmp.InterfaceInfo{Class: 2, Type: 0x0f, Interface: &net.Interface{Index: 7, Name: "xe-0/0/1", MTU: 9000}, Addr: &net.IPAddr{IP: net.IP{10, 99, 3, 1}}}
			if p.IPv6() {
				info.Type, info.Addr = 0x8b, nil
			}
			return []tun.Answer{{Packet: extended(p, router, info)}}
		}
		return []tun.Answer{{Packet: p.Reply()}}
	})
	for host, want := range map[string][2]string{
		tuntest.Far4.String(): {"10.99.1.1; MPLS 24005 (tc 3, ttl 1); MPLS 16 (tc 0, ttl 254)", "10.99.1.2; in xe-0/0/1 (ifindex 7, 10.99.3.1, MTU 9000)"},
		tuntest.Far6.String(): {"fd99::101; MPLS 24005 (tc 3, ttl 1); MPLS 16 (tc 0, ttl 254)", "fd99::101; out xe-0/0/1 (ifindex 7, MTU 9000)"},
	} {
		r := traceTo(t, host)
		expectTrace(t, r, "OK - reached over 3 hops")
		for i, text := range want {
			if got := r.Step(hopStep(i + 1)).Detail; got != text {
				t.Errorf("%s, hop %d: %q, want %q", host, i+1, got, text)
			}
		}
		mpls := ""
		for _, f := range r.Step("hop-1").Facts {
			if f.Name == "mpls" {
				mpls = f.Text
			}
		}
		if mpls != "24005 (tc 3, ttl 1), 16 (tc 0, ttl 254)" {
			t.Errorf("%s: the fact mpls is %q", host, mpls)
		}
	}
}
