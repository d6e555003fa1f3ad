package probe

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	for args, says := range map[string]string{
		"":                                   "",
		"-4":                                 "",
		"-6 --source 2001:db8::1":            "",
		"--source ::ffff:192.0.2.1 -4":       "",
		"--resolver 192.0.2.53":              "",
		"--resolver [2001:db8::53]:5353":     "",
		"--resolver [2001:db8::53]":          "",
		"--timeout 0":                        "",
		"-4 -6":                              "--ipv4 and --ipv6 exclude each other",
		"--timeout -1s":                      `"-1s" is negative`,
		"--timeout 30":                       "",
		"--timeout 2w":                       "",
		"--timeout soon":                     "--timeout",
		"--source mx":                        `--source "mx" is not an IP address`,
		"-6 --source 192.0.2.1":              "--source 192.0.2.1 is not of the address family",
		"-4 --source 2001:db8::1":            "is not of the address family",
		"--resolver ns.example.org":          `--resolver "ns.example.org" is not an address`,
		"--resolver 192.0.2.53:0x35":         "is not an address",
		"--warn soon":                        "--warn",
		"--crit loss=":                       "--crit",
		"--expect greeting=[":                "--expect",
		"--reject greeting":                  "--reject",
		"--expect three=x --reject four=y":   "there is no step",
		"--no-such-flag":                     "no-such-flag",
		"--warn loss=10% --warn total=5s -4": "",
	} {
		_, err := steps(nil).parsed(strings.Fields(args)...)
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: error %v; want %q", args, err, says)
		}
	}
}

func TestTimeouts(t *testing.T) {
	for args, want := range map[string]time.Duration{"": 30 * time.Second, "--timeout 0": 30 * time.Second, "--timeout 6s": 6 * time.Second} {
		o := steps(nil).prepared(t, strings.Fields(args)...).Options
		if o.Timeout != want || o.StepTimeout(t.Context()) != want-min(time.Second, want/10) {
			t.Errorf("%q: %s, a step %s", args, o.Timeout, o.StepTimeout(t.Context()))
		}
	}
}

func TestSourceRestrictsFamily(t *testing.T) {
	o := steps(nil).prepared(t, "--source", "2001:db8::1").Options
	if o.IPv4 || !o.IPv6 || o.network() != "ip6" || o.SourceAddr().String() != "2001:db8::1" {
		t.Errorf("%+v", o)
	}
}

func TestDialContext(t *testing.T) {
	o := &Options{}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	if err := func() error { o.Source = "127.0.0.1"; return o.prepareSource() }(); err != nil {
		t.Fatal(err)
	}
	conn, err := o.DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if host, _, _ := net.SplitHostPort(conn.LocalAddr().String()); host != "127.0.0.1" {
		t.Errorf("connected from %s", conn.LocalAddr())
	}
	_ = conn.Close()
	o.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errBroken }
	if _, err := o.DialContext(t.Context(), "tcp", "x"); err != errBroken {
		t.Errorf("the dial of the options was not used: %v", err)
	}
}
