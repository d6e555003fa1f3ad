//go:build linux

package icmp

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	neticmp "golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

// Whatever an ICMP error has in it, little is kept of it.
func FuzzFault(f *testing.F) {
	m := neticmp.Message{Type: ipv4.ICMPTypeTimeExceeded, Body: &neticmp.TimeExceeded{Data: make([]byte, 128), Extensions: []neticmp.Extension{
		&neticmp.MPLSLabelStack{Class: 1, Type: 1, Labels: make([]neticmp.MPLSLabel, 40)},
		&neticmp.InterfaceInfo{Class: 2, Type: 0x0f, Interface: &net.Interface{Index: 7, Name: strings.Repeat("x", 63), MTU: 9000}, Addr: &net.IPAddr{IP: net.IP{192, 0, 2, 1}}}}}}
	seed, err := m.Marshal(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(false, seed)
	f.Add(true, append([]byte{3, 0}, seed[2:]...))
	f.Fuzz(func(t *testing.T, ipv6 bool, data []byte) {
		proto := protoICMP4
		if ipv6 {
			proto = protoICMP6
		}
		if len(data) < HeaderLen {
			return
		}
		fault, quote := parseFault(proto, data, netip.AddrFrom4([4]byte{192, 0, 2, 1}))
		if fault == nil {
			return
		}
		if len(fault.Labels) > maxLabels || len(fault.Interfaces) > maxInterfaces || len(quote) > len(data)+1024 {
			t.Errorf("%d labels, %d interfaces, %d octets quoted of %d", len(fault.Labels), len(fault.Interfaces), len(quote), len(data))
		}
		for _, i := range fault.Interfaces {
			if len(i.Name) > 63 || len(i.String()) > 250 {
				t.Errorf("interface %q", i)
			}
		}
		for _, l := range fault.Labels {
			if l.Value < 0 || l.Value >= 1<<20 || l.TC > 7 || l.TTL > 255 {
				t.Errorf("label %+v", l)
			}
		}
		for _, proto := range []int{protoTCP, protoUDP} {
			if f, ok := parseQuotedSegment(map[bool]int{false: protoICMP4, true: protoICMP6}[ipv6], proto, quote); ok && (!f.src.IsValid() || !f.dst.IsValid()) {
				t.Errorf("a quote without addresses: %+v", f)
			}
		}
	})
}
