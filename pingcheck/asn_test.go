package pingcheck

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func asFile(t *testing.T, text string) ASFile {
	t.Helper()
	name := filepath.Join(t.TempDir(), "asn.tsv")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ASFile(name)
}

// The smallest network that an address is in counts, in whatever order and form the
// file has them.
func TestASLookup(t *testing.T) {
	f := asFile(t, `# prefix, number, name
; as pyasn has it
192.0.2.0/24	64500
192.0.2.128/25	AS64501	EXAMPLE Two
192.0.0.0/16	64502	too large
10.0.0.0	10.255.255.255	64503	ZZ	Private, Inc.
10.1.0.0	10.1.255.255	0	None	Not routed
2001:db8::/32 64504 BLANKS BETWEEN
::/0	64505	`+strings.Repeat("x", 100)+`
255.255.255.255/32 4294967295
`)
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"192.0.2.1": "AS64500", "192.0.2.129": "AS64501 EXAMPLE Two", "192.0.3.1": "AS64502 too large", "10.1.2.3": "AS64503 Private, Inc.",
		"2001:db8::1": "AS64504 BLANKS BETWEEN", "2001:db9::1": "AS64505 " + strings.Repeat("x", maxASName-3) + "...", "172.16.0.1": "", "255.255.255.255": "AS4294967295",
	}
	var addrs []netip.Addr
	for addr := range want {
		addrs = append(addrs, netip.MustParseAddr(addr))
	}
	found, err := f.Lookup(t.Context(), addrs)
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		got := ""
		if as, ok := found[addr]; ok {
			got = as.String()
		}
		if got != want[addr.String()] {
			t.Errorf("%s: %q, want %q", addr, got, want[addr.String()])
		}
	}
}

// What is wrong with a file is said, with the line.
func TestASFileErrors(t *testing.T) {
	for text, says := range map[string]string{
		"":                                     "has no networks",
		"# nothing\n":                          "has no networks",
		"192.0.2.0/24\n":                       "line 1: ",
		"192.0.2.0/24 64500\nnonsense\n":       "line 2: ",
		"192.0.2.0/24 sixty\n":                 "line 1: ",
		"192.0.2.0/24 4294967296\n":            "line 1: ",
		"192.0.2.9 192.0.2.1 64500\n":          "line 1: ",
		"192.0.2.9 2001:db8::1 64500\n":        "line 1: ",
		"192.0.2.9 192.0.2.10\n":               "line 1: ",
		"\x1f\x8b\x08":                         "gunzip",
		"#" + strings.Repeat("x", 2*maxASLine): "a line of more than 4096 bytes",
	} {
		if err := asFile(t, text).Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: error %v, want %q", text, err, says)
		}
	}
	for name, says := range map[string]string{t.TempDir(): "is not a file", "/dev/null": "is not a file", "/nowhere": "/nowhere does not exist"} {
		if err := ASFile(name).Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v, want %q", name, err, says)
		}
	}
}

// A look-up ends with its context.
func TestASLookupInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := asFile(t, strings.Repeat("192.0.2.0/24 64500\n", 9000)).Lookup(ctx, nil); err == nil {
		t.Error("no error of a context that has ended")
	}
}

func FuzzASLine(f *testing.F) {
	f.Add([]byte("192.0.2.0/24\t64500\tEXAMPLE"))
	f.Add([]byte("10.0.0.0\t10.255.255.255\t64503\tZZ\tPrivate"))
	f.Add([]byte("::/0 AS1"))
	f.Fuzz(func(t *testing.T, line []byte) {
		if e, ok, err := parseASLine(line); ok && (err != nil || e.last.Less(e.first) || e.as.Number == 0 || len([]rune(e.as.Name)) > maxASName) {
			t.Errorf("%q: %+v, %v", line, e, err)
		}
	})
}
