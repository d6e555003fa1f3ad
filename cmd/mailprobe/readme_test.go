package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

var update = flag.Bool("update", false, "write what the commands of the README print into it")

// holdMade holds a file that is made of what the program declares to that, or with -update
// writes it anew.
func holdMade(t *testing.T, name, now string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != now {
		t.Errorf("%s is not of what the program declares any more: go test ./cmd/mailprobe -run '^%s$' -update writes it anew", name, t.Name())
	}
}

// block is a command of the README with its output. The comment above it names
// the session script that its server plays.
var block = regexp.MustCompile("<!-- server (\\S+) -->\n```console\n\\$ mailprobe ([^\n]*)\n((?s:.*?))```")

// TestReadme runs the README's commands against scripted servers in simulated
// time: what is shown there is what they print.
func TestReadme(t *testing.T) {
	const name = "../../README.md"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var now []byte
	synctest.Test(t, func(t *testing.T) { now = renew(t, text) })
	switch {
	case len(block.FindAll(text, -1)) == 0:
		t.Fatal("there is no command in the README")
	case *update:
		if err := os.WriteFile(name, now, 0o644); err != nil {
			t.Fatal(err)
		}
	case !bytes.Equal(now, text):
		t.Errorf("the README's commands print something else now:\n%s", now)
	}
}

// renew replaces the output of every command by what it prints.
func renew(t *testing.T, readme []byte) []byte {
	readme = renewBlocks(t, readme)
	authority, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	return renewChecks(t, authority, readme)
}

// renewBlocks is renew for the commands that talk to one server.
func renewBlocks(t *testing.T, text []byte) []byte {
	// Simulated time begins in 2000, before everything that is shown.
	time.Sleep(time.Until(time.Date(2026, time.November, 2, 3, 0, 0, 0, time.UTC)))
	authority, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALICE_PASSWORD", "correct horse battery")
	return block.ReplaceAllFunc(text, func(old []byte) []byte {
		m := block.FindSubmatch(old)
		server, command := string(m[1]), string(m[2])
		out := output80(t, authority, server, strings.Fields(command))
		return fmt.Appendf(nil, "<!-- server %s -->\n```console\n$ mailprobe %s\n%s```", server, command, out)
	})
}

// trusted is an authority that stands for one the system trusts: there is one for
// all tests, as a process looks for those of the system but once.
var trusted = sync.OnceValues(func() (*wiretest.Authority, error) {
	authority, err := wiretest.NewAuthority()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mailprobe-readme-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ca := filepath.Join(dir, "ca.pem")
	if err := authority.WriteFile(ca); err != nil {
		return nil, err
	}
	if err := os.Setenv("SSL_CERT_FILE", ca); err != nil {
		return nil, err
	}
	_, err = x509.SystemCertPool()
	return authority, errors.Join(err, os.Unsetenv("SSL_CERT_FILE"))
})

// output80 runs a command whose connections all reach the server.
func output80(t *testing.T, authority *wiretest.Authority, server string, args []string) string {
	text, err := os.ReadFile(filepath.Join("testdata", "readme", server))
	if err != nil {
		t.Fatal(err)
	}
	script, err := wire.ParseTranscript(string(text))
	if err != nil {
		t.Fatalf("%s: %v", server, err)
	}
	s := &wiretest.Server{Script: script, Authority: authority, Path: wiretest.Path{RoundTrip: 12 * time.Millisecond}}
	var out bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, dns: documentation{}}
	a.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := s.Dial(ctx, nil)
		return conn, err
	}
	a.run(t.Context(), args)
	time.Sleep(time.Second) // until the servers are done
	return out.String()
}

// documentation is a resolver that knows one address, reserved for documentation.
type documentation struct{}

func (documentation) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.25")}, nil
}

func (documentation) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	name = strings.TrimSuffix(name, ".") + "."
	return []*net.MX{{Host: "mx1." + name, Pref: 10}, {Host: "mx2." + name, Pref: 20}}, nil
}
