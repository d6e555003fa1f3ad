package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// A slowResolver answers after a time, and for every hundredth name not at all. All
// names in "same" have one address.
type slowResolver struct{}

func (slowResolver) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	var n int
	if _, err := fmt.Sscanf(host, "mx%d.", &n); err == nil && n%100 == 7 {
		<-ctx.Done()
		return nil, &net.DNSError{Err: ctx.Err().Error(), Name: host, IsTimeout: true}
	}
	time.Sleep(20 * time.Millisecond)
	if strings.Contains(host, "same") {
		n = 1
	}
	return []netip.Addr{netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)})}, nil
}

func (slowResolver) LookupMX(context.Context, string) ([]*net.MX, error) { return nil, nil }

// inputOf returns the input of a sweep of a list.
func inputOf(t *testing.T, list string) *sweepInput {
	t.Helper()
	check := probe.New(pingcheck.Kind())
	check.Options.DNS = slowResolver{}
	if err := check.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return newSweepInput(check, nil, strings.NewReader(list))
}

// One name that is silent holds up none of the others.
func TestNamesSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const names, silent = 5000, 50
		var list strings.Builder
		for i := range names {
			fmt.Fprintf(&list, "mx%d.example.org\n", i)
		}
		in := inputOf(t, list.String())
		begin, found := time.Now(), 0
		for range in.addresses(t.Context(), []string{"-"}) {
			found++
		}
		if failed := len(in.failures()); found != names-silent || failed != silent {
			t.Errorf("%d found and %d failed, want %d and %d", found, failed, names-silent, silent)
		}
		slowest := in.check.Options.StepTimeout(t.Context())
		took := time.Since(begin)
		t.Logf("%d names took %s, the slowest %s", names, took, slowest)
		if took > slowest+10*time.Second {
			t.Errorf("it took %s, the slowest name %s", took, slowest)
		}
	})
}

// Every name of an address comes back once.
func TestNamesOfOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := inputOf(t, "a.same\nb.same\n10.1.0.1 c\nd.same # comment\n")
		var got []string
		for addr := range in.addresses(t.Context(), []string{"-"}) {
			if l, ok := in.take(addr); ok {
				got = append(got, l.text)
			}
		}
		if all := strings.Join(got, ", "); len(got) != 4 || !strings.Contains(all, "10.1.0.1 c") || !strings.Contains(all, "d.same") {
			t.Errorf("names %q", all)
		}
		if _, ok := in.take(netip.MustParseAddr("10.1.0.1")); ok || len(in.labels) > 0 {
			t.Errorf("names that were shown are kept: %v", in.labels)
		}
	})
}

// Addresses are yielded while the rest of the list is still awaited.
func TestListComesSlowly(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	in := inputOf(t, "")
	in.stdin = far
	go fmt.Fprint(near, "10.1.0.1\n10.1.0.2\nhalf a li")
	n := 0
	for range in.addresses(t.Context(), []string{"-"}) {
		if n++; n == 2 {
			return
		}
	}
	t.Errorf("only %d addresses came", n)
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxTargetLine)
	for _, test := range []struct{ list, want string }{
		{"", ""},
		{"\n\n# nothing\n", ""},
		{"a\nb", "1:a 2:b"},
		{"\ufeffa\r\n b # c\r\n", "1:a 2:b"},
		{"a\n" + long + "\nb\n", "1:a 2:it is longer than 64 KiB 3:b"},
		{"a\n" + long, "1:a 2:it is longer than 64 KiB"},
		{long[1:] + "\nb", "1:" + long[1:] + " 2:b"},
		{strings.Repeat(long, 3) + "\n\nb", "1:it is longer than 64 KiB 3:b"},
	} {
		var got []string
		for l := range newLineReader(strings.NewReader(test.list)).lines() {
			text := l.text
			if l.err != nil {
				text = l.err.Error()
			}
			got = append(got, fmt.Sprintf("%d:%s", l.number, text))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%.20q is read as %.90q, want %.90q", test.list, got, test.want)
		}
	}
}

func TestCutLabel(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1":                  "192.0.2.1",
		"192.0.2.1 mx1":              "192.0.2.1|192.0.2.1 mx1|mx1|",
		"192.0.2.1\tmx1  rack 7":     "192.0.2.1|192.0.2.1 mx1 rack 7|mx1|rack 7",
		"::1 localhost ip6-loopback": "::1|::1 localhost ip6-loopback|localhost|ip6-loopback",
	} {
		host, l := cutLabel(text)
		got := host
		if l != nil {
			got = strings.Join([]string{host, l.text, l.name, l.tag}, "|")
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
