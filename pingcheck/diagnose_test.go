package pingcheck

import (
	"net/netip"
	"testing"

	"mailprobe/icmp"
	"mailprobe/probe"
)

var (
	host   = netip.MustParseAddr("192.0.2.7")
	router = netip.MustParseAddr("198.51.100.1")
)

// What a pinger says is explained by its own row, and so is what ours says.
func TestDiagnose(t *testing.T) {
	for _, s := range sayings {
		if d, ok := diagnose(s.said); !ok || !d.Causes[0].Is(s.cause) || len(d.Causes) != 1+len(s.also) {
			t.Errorf("%q: %v, %t, want %s", s.said, d.Causes, ok, s.cause.Name)
		}
	}
	for line, want := range map[string]*probe.Cause{
		"ICMP Host Unreachable from 192.0.2.1 for ICMP Echo sent to 192.0.2.7":             probe.CauseUnreachable,
		"From 2001:db8::1 icmp_seq=1 Destination unreachable: Administratively prohibited": CauseProhibited,
		"From 2001:db8::1 icmp_seq=1 Destination unreachable: No route":                    CauseNetworkUnreachable,
		"Reply from 192.0.2.1: TTL expired in transit.":                                    CauseRoutingLoop,
		"Request timed out.": CauseNoAnswer,
		(&icmp.Error{Type: 3, Code: 13, From: router}).Error():            CauseProhibited,
		(&icmp.Error{Type: 1, Code: 3, IPv6: true, From: router}).Error(): probe.CauseUnreachable,
	} {
		d, ok := diagnose(line)
		if ok != (want != nil) || ok && !d.Causes[0].Is(want) {
			t.Errorf("%q: %v, %t", line, d.Causes, ok)
		}
	}
	for _, line := range []string{"550 5.1.1 no such user", "connect to mx[192.0.2.7]:25: Network is unreachable", "64 bytes from 192.0.2.7: icmp_seq=1 ttl=57 time=12.3 ms"} {
		if d, ok := diagnose(line); ok {
			t.Errorf("%q is taken for %v", line, d.Causes)
		}
	}
}
