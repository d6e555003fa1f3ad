package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// trial is a check that connects, makes TLS, asks whether credentials may be sent, and
// with --greeting reads a line, says EHLO and reads another.
type trial struct {
	options  *probe.Options
	tls      Options
	greeting bool
}

func (c *trial) Prepare(context.Context) error { return c.tls.Prepare() }

func (c *trial) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	l := NewLink(ctx, c.options, &c.tls, t, r)
	return l.Run([]Step{
		{Name: "resolve", Do: l.Resolve},
		{Name: "connect", Do: l.Connect},
		{Name: "tls", Do: l.Handshake},
		{Name: "auth", Do: func(*probe.Step) error { return l.Confidential() }},
		{Name: "greeting", Due: func() bool { return c.greeting }, Do: func(s *probe.Step) error {
			line, err := l.Conn.ReadLine()
			s.Say(line)
			if err == nil {
				err = l.Conn.Cmd("EHLO probe.example.net")
			}
			if err == nil {
				_, err = l.Conn.ReadLine()
			}
			return err
		}},
	}, Step{Name: "quit", Due: func() bool { return false }})
}

// try makes a trial over a connection of the test's.
func try(t *testing.T, dial func() (net.Conn, error), args ...string) *probe.Result {
	t.Helper()
	kind := probe.Kind{Name: "trial", Schemes: []probe.Scheme{{Name: "smtp", Port: 9}}, Steps: []string{"resolve", "connect", "tls", "auth", "greeting", VersionsStep}}
	kind.New = func(o *probe.Options) (probe.Checker, []probe.Option) {
		c := &trial{options: o}
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return dial() }
		return c, slices.Concat(c.tls.Declare(), c.tls.DeclareInspection(), c.tls.DeclareProxy(), c.tls.DeclareLogin(),
			[]probe.Option{{Name: "greeting", Type: probe.TypeBool, Value: &c.greeting}})
	}
	check := probe.New(kind)
	if _, err := probe.ParseArgs(check.Declared, args); err != nil {
		t.Fatal(err)
	}
	if err := check.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	target, err := kind.ParseTarget("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return check.Do(t.Context(), target)[0]
}

// handshake makes a trial with a server of its own, which first reads and records
// what begins no TLS.
func handshake(t *testing.T, server *tls.Config, header int, args ...string) (*probe.Result, []byte) {
	t.Helper()
	begun := make(chan []byte, 1)
	r := try(t, func() (net.Conn, error) {
		near, far := net.Pipe()
		go serveTLS(far, server, header, begun)
		return addressed{near}, nil
	}, args...)
	return r, <-begun
}

func serveTLS(conn net.Conn, config *tls.Config, header int, begun chan<- []byte) {
	defer func() { _ = conn.Close() }()
	first := make([]byte, header)
	_, _ = io.ReadFull(conn, first)
	begun <- first
	if s := tls.Server(conn, config); s.Handshake() == nil {
		_, _ = io.Copy(io.Discard, s)
	}
}

// addressed is a pipe with addresses of TCP.
type addressed struct{ net.Conn }

func (addressed) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 40000}
}
func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9} }

// good is a server's configuration with a certificate of a new authority, whose
// file is named as well.
func good(t *testing.T) (*tls.Config, string) {
	t.Helper()
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("good")
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := authority.WriteFile(ca); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}, ca
}

func TestVersionsAndCiphers(t *testing.T) {
	for _, test := range []struct {
		name    string
		version uint16
		cipher  uint16
		args    string
		status  probe.Status
		want    string
	}{
		{"1.3", tls.VersionTLS13, 0, "--tls=require", probe.OK, "TLS 1.3"},
		{"1.2", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "--tls=require", probe.OK, "TLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		{"1.2 is too old", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "--tls=require --tls-min 1.3", probe.Critical, "TLS 1.2 only, TLS 1.3 is the least"},
		{"1.1", tls.VersionTLS11, 0, "--tls=require", probe.Critical, "TLS 1.1 only"},
		{"1.0 and relaying", tls.VersionTLS10, 0, "--tls=auto", probe.Critical, "auth: not tried: the server agreed on TLS 1.0 only"},
		{"1.0 is allowed", tls.VersionTLS10, 0, "--tls=require --tls-min 1.0", probe.OK, "TLS 1.0"},
		{"weak cipher", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, "--tls=require", probe.Critical, "broken cipher TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"},
		{"broken cipher and a log-in", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, "--tls=auto", probe.Critical, "auth: not tried: the server agreed on the broken cipher"},
		{"broken cipher is permitted", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, "--tls=auto --auth-without-tls", probe.Warning, "broken cipher"},
		{"weak cipher", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "--tls=require", probe.Warning, "weak cipher TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
		{"--insecure is for the certificate", tls.VersionTLS11, 0, "--tls=require --insecure", probe.Critical, "TLS 1.1 only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			config, ca := good(t)
			config.MinVersion, config.MaxVersion = tls.VersionTLS10, test.version
			if test.cipher != 0 {
				config.CipherSuites = []uint16{test.cipher}
			}
			args := append(strings.Fields(test.args), "--ca-file", ca, "--server-name", wiretest.HostName)
			r, _ := handshake(t, config, 0, args...)
			if r.Status != test.status || !strings.Contains(texts(r), test.want) {
				t.Errorf("got %s:\n%s\nwant %s with %q", r.Status, texts(r), test.status, test.want)
			}
		})
	}
}

func texts(r *probe.Result) string {
	var b strings.Builder
	for _, s := range r.Steps {
		b.WriteString(s.Name + ": " + s.Detail + "\n")
	}
	return b.String()
}

// A server may demand a certificate of its client.
func TestClientCertificate(t *testing.T) {
	config, ca := good(t)
	config.ClientAuth = tls.RequireAnyClientCert
	config.MaxVersion = tls.VersionTLS12 // the refusal is part of the handshake
	base := []string{"--tls=require", "--ca-file", ca, "--server-name", wiretest.HostName}
	r, _ := handshake(t, config, 0, base...)
	if r.Status != probe.Unknown || !CauseClientCertNeeded.Is(r.Cause) {
		t.Errorf("without a certificate: %s\n%s", r.Status, texts(r))
	}
	certFile, keyFile := writePair(t, config.Certificates[0])
	r, _ = handshake(t, config, 0, append(base, "--client-cert", certFile, "--client-key", keyFile)...)
	if r.Status != probe.OK {
		t.Errorf("with a certificate: %s\n%s", r.Status, texts(r))
	}
}

func writePair(t *testing.T, pair tls.Certificate) (certFile, keyFile string) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return write("cert.pem", "CERTIFICATE", pair.Certificate[0]), write("key.pem", "PRIVATE KEY", key)
}

// The PROXY header comes before the handshake; version 1 is a line, version 2 binary.
func TestProxyHeader(t *testing.T) {
	for version, want := range map[string]string{
		"v1": "PROXY TCP4 192.0.2.9 192.0.2.1 40000 9\r\n",
		"v2": "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x09\xc0\x00\x02\x01\x9c\x40\x00\x09",
	} {
		config, ca := good(t)
		r, got := handshake(t, config, len(want), "--tls=require", "--ca-file", ca, "--server-name", wiretest.HostName, "--proxy-protocol", version)
		if r.Status != probe.OK || string(got) != want {
			t.Errorf("%s: %s, got %q, want %q", version, r.Status, got, want)
		}
	}
}

func TestModes(t *testing.T) {
	plain, secure := probe.Scheme{}, probe.Scheme{TLS: true}
	for _, test := range []struct {
		mode                       Mode
		scheme                     probe.Scheme
		implicit, demanded, wanted bool
	}{
		{Auto, plain, false, false, true},
		{Auto, secure, true, true, false},
		{Require, plain, false, true, true},
		{Require, secure, true, true, false},
		{Off, plain, false, false, false},
		{Off, secure, false, false, false},
		{Implicit, plain, true, true, false},
		{Implicit, secure, true, true, false},
	} {
		l := &Link{options: &Options{TLS: test.mode}, Target: probe.Target{Scheme: test.scheme}}
		if l.Implicit() != test.implicit || l.Demanded() != test.demanded || l.Wanted() != test.wanted {
			t.Errorf("%s, TLS by scheme %v: implicit %v, demanded %v, wanted %v", test.mode, test.scheme.TLS, l.Implicit(), l.Demanded(), l.Wanted())
		}
	}
}

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]Options{
		"none does not exist":                                 {CAFile: filepath.Join(dir, "none")},
		"has no PEM certificate":                              {CAFile: empty},
		"--client-cert: " + empty + " has no PEM certificate": {ClientCert: empty},
		"needs --client-cert":                                 {ClientKey: empty},
		"neither v1 nor v2":                                   {Proxy: "v3"},
		"none of 1.0, 1.1, 1.2, ":                             {MinVersion: "2"},
	} {
		if err := o.Prepare(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestInjectionIsReported(t *testing.T) {
	l := &Link{options: &Options{TLS: Auto}}
	var f *probe.Failure
	if err := l.explainHandshake(wire.ErrInjected); !errors.As(err, &f) || f.Status != probe.Critical || f.Hint == "" {
		t.Errorf("got %v", err)
	}
}
