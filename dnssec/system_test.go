package dnssec

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
)

// TestSystem: the resolvers, search domains and hosts of the machine.
func TestSystem(t *testing.T) {
	world, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "corp.org", Records: "mx1 A 192.0.2.1\n*.example.org A 192.0.2.66"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config, err := readSystem(write("resolv.conf", "search other.org corp.org\n"), write("hosts", "192.0.2.9 mx9.example.org mx9\n2001:db8::9 mx9\n"))
	if err != nil || len(config.servers) != 1 || config.servers[0] != "127.0.0.1:53" {
		t.Fatal(config.servers, err)
	}
	config.servers = []string{world.Addr()}
	anchors, err := ParseAnchors(strings.NewReader(world.Anchors()))
	if err != nil {
		t.Fatal(err)
	}
	c := New(Options{Anchors: anchors})
	c.system = func() (systemConfig, error) { return config, nil }
	for _, q := range []struct{ network, host, want string }{
		{"ip", "mx1", "192.0.2.1"}, // with the second search domain
		{"ip", "mx1.corp.org", "192.0.2.1"},
		{"ip", "MX9.example.org.", "192.0.2.9"},
		{"ip", "mx9", "192.0.2.9 2001:db8::9"},
		{"ip6", "mx9", "2001:db8::9"},
		{"ip", "mx.example.org", ""}, // a dot: no search domain, whose wildcard would answer
		{"ip", "mx7", ""},
	} {
		addrs, err := c.LookupNetIP(t.Context(), q.network, q.host)
		var got []string
		for _, a := range addrs {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != q.want || (err == nil) != (q.want != "") || err != nil && !isNotFound(err) {
			t.Errorf("%s %s: %v, %v", q.network, q.host, addrs, err)
		}
	}
}

func TestNoSystem(t *testing.T) {
	config, missing := readSystem(filepath.Join(t.TempDir(), "none"), "/dev/null")
	if missing == nil || !strings.Contains(missing.Error(), "no resolver is known") {
		t.Fatal(config, missing)
	}
	c := New(Options{})
	c.system = func() (systemConfig, error) { return config, missing }
	_, err := c.LookupNetIP(t.Context(), "ip", "mx1.example.org")
	var failed *net.DNSError
	if !errors.As(err, &failed) || !strings.Contains(failed.Err, "no resolver is known") {
		t.Error(err)
	}
	if addrs, err := c.LookupNetIP(t.Context(), "ip4", "localhost"); err != nil || addrs[0] != netip.MustParseAddr("127.0.0.1") {
		t.Error(addrs, err)
	}
}

// TestFlights: results are kept until they expire, or until there are too many.
func TestFlights(t *testing.T) {
	f := newFlights[string, int](2)
	runs := 0
	get := func(key string, ttl time.Duration) int {
		value, err := f.start(t.Context(), key, time.Second, func(context.Context) (int, time.Duration) {
			runs++
			return runs, ttl
		}).wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	for i, want := range []int{1, 1, 2, 1, 2, 3, 4, 3} { // a a b a b c a c
		if got := get(string("aababcac"[i]), time.Hour); got != want {
			t.Errorf("%d: %d, want %d", i, got, want)
		}
	}
	if len(f.known) > 2 || len(f.order) > 2 {
		t.Errorf("%d kept", len(f.known))
	}
	get("short", 0)
	if value, ok := f.peek("short"); !ok || value != 5 {
		t.Error(value, ok)
	}
	time.Sleep(time.Millisecond)
	if got := get("short", time.Hour); got != 6 {
		t.Errorf("what has expired: %d", got)
	}
	if _, ok := f.peek("never"); ok {
		t.Error("known before it was asked for")
	}
}

// TestSockets: a socket is used for a few queries, one after the other.
func TestSockets(t *testing.T) {
	world, err := dnstest.Start(dnstest.World{Zones: []dnstest.Zone{{Name: "example.org"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	dials := 0
	c := New(Options{Servers: []string{world.Addr()}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials++
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	for i := range 4 * maxUses {
		q := question{name: strings.Repeat("a", 1+i) + ".example.org.", kind: TypeA}
		if r := c.exchange(t.Context(), q); r.Msg == nil {
			t.Fatal(r.err)
		}
	}
	if dials != 4 {
		t.Errorf("%d sockets for %d queries", dials, 4*maxUses)
	}
}
