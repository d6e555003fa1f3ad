package transport

import (
	"crypto/tls"
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/wire/wiretest"
)

// What contradicts itself is refused before anything is sent.
func TestPrepareOffer(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"--tls-max 1.1", "--tls-max=1.1 is below --tls-min=1.2, so no version would be good: add --tls-min=1.1"},
		{"--tls-max 1.2 --tls-min 1.3", "below --tls-min=1.3"},
		{"--tls-max 1.1 --tls-min 1.0", ""},
		{"--tls-ciphers AES128-SHA", ""},
		{"--tls-ciphers AES128-SHA --tls-max 1.3", "leave it out, or --tls-max=1.3"},
		{"--tls-ciphers AES128-SHA --tls-min 1.3", "leave it out, or --tls-min=1.3"},
		{"--tls-curves X25519MLKEM768 --tls-max 1.2", "X25519MLKEM768 is for TLS 1.3, which is not offered"},
		{"--tls-curves X25519MLKEM768", ""},
		{"--tls-versions --tls=off", "has nothing to ask for with --tls=off"},
	} {
		o := new(Options)
		if _, err := probe.ParseArgs(append(o.Declare(), o.DeclareInspection()...), strings.Fields(test.args)); err != nil {
			t.Fatal(err)
		}
		if err := o.Prepare(); err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want %q", test.args, err, test.want)
		}
	}
}

// What the server sees of what the user chose.
func TestOffer(t *testing.T) {
	config, ca := good(t)
	for _, test := range []struct {
		args string
		want func(*tls.ClientHelloInfo) bool
	}{
		{"--tls-max 1.2", func(h *tls.ClientHelloInfo) bool { return h.SupportedVersions[0] == tls.VersionTLS12 }},
		{"--tls-ciphers ECDHE-ECDSA-AES128-SHA", func(h *tls.ClientHelloInfo) bool {
			return len(h.CipherSuites) == 1 && h.CipherSuites[0] == tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA && h.SupportedVersions[0] == tls.VersionTLS12
		}},
		{"--tls-curves P-384", func(h *tls.ClientHelloInfo) bool {
			return len(h.SupportedCurves) == 1 && h.SupportedCurves[0] == tls.CurveP384
		}},
		{"--sni other.example.org", func(h *tls.ClientHelloInfo) bool { return h.ServerName == "other.example.org" }},
		{"--sni none", func(h *tls.ClientHelloInfo) bool { return h.ServerName == "" }},
		{"", func(h *tls.ClientHelloInfo) bool { return h.ServerName == wiretest.HostName }},
	} {
		var hello *tls.ClientHelloInfo
		server := config.Clone()
		server.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) { hello = h; return nil, nil }
		args := append(strings.Fields(test.args), "--tls=require", "--ca-file", ca, "--server-name", wiretest.HostName)
		r, _ := handshake(t, server, 0, args...)
		if r.Status != probe.OK || !test.want(hello) {
			t.Errorf("%s: %s, the server saw %+v\n%s", test.args, r.Status, hello, everything(r))
		}
	}
}
