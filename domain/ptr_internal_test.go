package domain

import (
	"net/netip"
	"testing"
)

// TestIsGeneric: names made of an address, and names that only have numbers.
func TestIsGeneric(t *testing.T) {
	for name, want := range map[string]bool{
		"host-192-0-2-14.isp.example": true, "14.2.0.192.dyn.example": true, "192_0_2_14.example": true, "mx14.example": false,
		"192-0-2-140.example": false, "1192-0-2-14.example": false, "": false,
	} {
		if got := isGeneric(name, netip.MustParseAddr("192.0.2.14")); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	if isGeneric("2001-db8--1.example", netip.MustParseAddr("2001:db8::1")) {
		t.Error("IPv6")
	}
}
