package smtpcheck_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailprobe/dnssec/dnstest"
	"mailprobe/mailtest"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/wire/wiretest"
)

// noRoute stands for an address that this machine has no way to.
const noRoute = "no route"

// dialled is the kind, with connections to addresses of 192.0.2.0/24 and 2001:db8::/32
// led elsewhere, by the address without its port. To others nobody answers.
func dialled(to map[string]string) probe.Kind {
	kind := smtpcheck.Kind()
	plain := kind.New
	kind.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "192.0.2.") || strings.HasPrefix(address, "[2001:db8") {
				host, _, _ := net.SplitHostPort(address)
				address = to[host]
				switch address {
				case "":
					<-ctx.Done()
					return nil, ctx.Err()
				case noRoute:
					return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}
				}
			}
			var d net.Dialer
			return d.DialContext(ctx, network, address)
		}
		return plain(o)
	}
	return kind
}

// start starts a world; args are the options that name it.
func start(t *testing.T, world dnstest.World) (server *dnstest.Server, args []string) {
	t.Helper()
	server, err := dnstest.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "root.key")
	if err := os.WriteFile(file, []byte(server.Anchors()), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, []string{"--resolver", server.Addr(), "--trust-anchor", file, "--helo", "client.example.net"}
}

// run checks a target.
func run(t *testing.T, kind probe.Kind, target string, args ...string) []*probe.Result {
	t.Helper()
	c := probe.New(kind)
	if rest, err := probe.ParseArgs(c.Declared, args); err != nil || len(rest) > 0 {
		t.Fatal(rest, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	parsed, err := kind.ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	results := c.Do(ctx, parsed)
	for _, r := range results {
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	}
	return results
}

// verdict is what a result comes to: its status, and its cause's name.
func verdict(r *probe.Result) string {
	if r.Cause == nil {
		return r.Status.String()
	}
	return r.Status.String() + " " + r.Cause.Name
}

// steps lists the steps of a result in lines.
func steps(r *probe.Result) string {
	var b strings.Builder
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "  %s %s: %s\n", s.Status, s.Name, s.Detail)
		for _, fix := range s.Fix {
			fmt.Fprintf(&b, "    %s\n", fix)
		}
	}
	return b.String()
}

// servers are SMTP servers with certificates of one authority.
type servers struct {
	to     map[string]string // for dialled
	ca     *x509.Certificate
	caFile string
	hosts  map[string]*mailtest.Host
	// leaf is the certificate of each address.
	leaf map[string]*x509.Certificate
}

// The addresses of servers, by what is wrong with their certificate.
const (
	goodServer  = "192.0.2.1" // its certificate is for mx.example.org
	selfSigned  = "192.0.2.2"
	expired     = "192.0.2.3"
	wrongName   = "192.0.2.4"
	weakKey     = "192.0.2.5"
	withoutTLS  = "192.0.2.6"
	refusing    = "192.0.2.7"
	unreachable = "2001:db8::7"
)

// startServers starts a server for each address.
func startServers(t *testing.T) *servers {
	t.Helper()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	s := &servers{ca: authority.Certificate, caFile: filepath.Join(t.TempDir(), "ca.pem"), hosts: map[string]*mailtest.Host{},
		leaf: map[string]*x509.Certificate{}, to: map[string]string{withoutTLS: clearText(t), refusing: "127.0.0.1:1", unreachable: noRoute}}
	if err := authority.WriteFile(s.caFile); err != nil {
		t.Fatal(err)
	}
	for addr, fault := range map[string]string{goodServer: "", selfSigned: "self-signed", expired: "expired", wrongName: "wrong-name", weakKey: "weak-key"} {
		host, err := mailtest.Start(mailtest.Config{Name: "mx.example.org", Domains: []string{"example.org"}, Authority: authority,
			Accounts: []mailtest.Account{{User: "alice", Password: "wonderland"}}, Faults: mailtest.Faults{Certificate: fault}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { host.Close() })
		s.hosts[addr], s.to[addr], s.leaf[addr] = host, host.Addr(mailtest.SMTP), leafOf(t, host.Addr(mailtest.SMTP))
	}
	return s
}

// leafOf returns the certificate that a server shows.
func leafOf(t *testing.T, addr string) *x509.Certificate {
	t.Helper()
	client, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	state, _ := client.TLSConnectionState()
	return state.PeerCertificates[0]
}

// clearText is an SMTP server without TLS.
func clearText(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		wiretest.Accept(listener, func(c net.Conn) error {
			defer c.Close()
			fmt.Fprint(c, "220 plain.example ESMTP\r\n")
			for in := bufio.NewScanner(c); in.Scan(); {
				fmt.Fprint(c, "250 plain.example\r\n")
				if strings.EqualFold(in.Text(), "QUIT") {
					return nil
				}
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}

// fact returns a fact's text, empty for none.
func fact(r *probe.Result, name string) string {
	f, _ := r.Fact(name)
	return f.Text
}

// fixes returns the records to publish of all steps.
func fixes(r *probe.Result) (all []string) {
	for _, s := range r.Steps {
		all = append(all, s.Fix...)
	}
	return slices.Compact(all)
}
