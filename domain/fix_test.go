package domain

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// TestTXTRecord: a long text stands in several strings, and is the same when a zone is
// read.
func TestTXTRecord(t *testing.T) {
	for _, n := range []int{1, 255, 256, 600} {
		text := strings.Repeat("x", n)
		record, err := dns.NewRR(txtRecord("a.example", text))
		if err != nil {
			t.Fatal(err)
		}
		parts := record.(*dns.TXT).Txt
		if strings.Join(parts, "") != text || len(parts) != (n+254)/255 || record.Header().Name != "a.example." {
			t.Errorf("%d bytes: %q", n, record)
		}
	}
}

// TestIsHost: names that stand in records to publish have no character that a zone or a
// shell gives a meaning to.
func TestIsHost(t *testing.T) {
	for name, want := range map[string]bool{
		"mx1.example.org": true, "_25._tcp.mx": true, "": false, "a..b": false, "a b": false, `a\000b`: false, `a"b`: false, "a;b": false,
		"A.example": false, strings.Repeat("a", 64): false, strings.Repeat("a.", 127) + "a": false, "ä.example": false,
	} {
		if got := isHost(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
