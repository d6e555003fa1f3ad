package web

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// authority issues certificates of a test.
type authority struct {
	dir string
	tls.Certificate
}

// issue makes a certificate and writes it and its key to NAME.pem and NAME.key. The first
// one is the authority's own.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: a.PrivateKey == nil,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	issuer, signer := template, any(key)
	if a.PrivateKey != nil {
		issuer, signer = a.Leaf, a.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(a.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	made, err := tls.LoadX509KeyPair(filepath.Join(a.dir, name+".pem"), filepath.Join(a.dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// newAuthority makes an authority with a server's certificate.
func newAuthority(t *testing.T) *authority {
	a := &authority{dir: t.TempDir()}
	a.Certificate = a.issue(t, "ca")
	a.issue(t, "server")
	return a
}

// client trusts the authority, and shows a certificate if it has one.
func (a *authority) client(t *testing.T, own ...tls.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(a.Leaf)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: own}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// config writes a web config.
func (a *authority) config(t *testing.T, text string) string {
	name := filepath.Join(a.dir, "web.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const serverTLS = "tls_server_config: {cert_file: server.pem, key_file: server.key%s}\n"

// TestTLS: the server speaks TLS and HTTP/2, and events get through there, too.
func TestTLS(t *testing.T) {
	a := newAuthority(t)
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}, WebConfig: a.config(t, fmt.Sprintf(serverTLS, ""))})
	answer := ask(t, a.client(t), "GET", s.url+"/")
	answer.want(t, "over TLS", 200, "hello")
	if answer.ProtoMajor != 2 || !strings.HasPrefix(s.url, "https://") {
		t.Errorf("%s, %s", answer.Proto, s.url)
	}
	response, err := a.client(t).Get(s.url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, 4)
	if _, err := response.Body.Read(first); err != nil || string(first) != "data" {
		t.Errorf("events: %q, %v", first, err)
	}
	_ = response.Body.Close()
	ask(t, plain, "GET", strings.Replace(s.url, "https", "http", 1)).want(t, "without TLS", 400, "HTTP request to an HTTPS server")
	if _, err := http.Get(s.url); err == nil {
		t.Error("a client that does not trust the authority is served")
	}
	for begun := time.Now(); !strings.Contains(s.log(), "TLS handshake error from 127.0.0.1:"); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("the log is %q", s.log())
		}
	}
}

// TestClientCertificates: who shows a certificate of the authority is served, and may
// change something from anywhere; others are not.
func TestClientCertificates(t *testing.T) {
	a := newAuthority(t)
	own := a.issue(t, "client")
	foreign := newAuthority(t).issue(t, "foreign")
	var changes int
	config := a.config(t, fmt.Sprintf(serverTLS, ", client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem"))
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}, WebConfig: config})
	ask(t, a.client(t, own), "POST", s.url+"/run/a", "X-Forwarded-For: 192.0.2.1").want(t, "with a certificate", 200, "done")
	for what, client := range map[string]*http.Client{"none": a.client(t), "foreign": a.client(t, foreign)} {
		if _, err := client.Get(s.url); err == nil {
			t.Errorf("%s: it is served", what)
		}
	}
}

// TestLogIn: basic auth guards everything, permits changes from anywhere, and counts as it
// stands in the file now.
func TestLogIn(t *testing.T) {
	a := newAuthority(t)
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users := fmt.Sprintf("basic_auth_users: {alice: '%s'}\n", hash)
	var changes int
	s := serve(t, Config{Address: Address{Base: "/"}, Parts: []Part{hello(&changes)}, WebConfig: a.config(t, users)})
	const right, wrong, proxy = "Authorization: Basic YWxpY2U6c2VjcmV0", "Authorization: Basic YWxpY2U6eA==", "X-Forwarded-For: 192.0.2.1"
	for _, path := range []string{"/", "/metrics", "/-/healthy"} {
		ask(t, plain, "GET", s.url+path).want(t, path+" without log-in", 401, "")
		ask(t, plain, "GET", s.url+path, wrong).want(t, path+" with a wrong one", 401, "")
		ask(t, plain, "GET", s.url+path, right).want(t, path, 200, "")
	}
	ask(t, plain, "POST", s.url+"/run/a", right, proxy).want(t, "a change", 200, "done")
	ask(t, plain, "POST", s.url+"/run/a", right, proxy, "Sec-Fetch-Site: cross-site").want(t, "a page of another site", 403, "another site")
	if log := s.log(); !strings.Contains(log, "POST /run/a from alice at 127.0.0.1:") || !strings.Contains(log, " for 192.0.2.1: 200") || strings.Contains(log, "secret") {
		t.Errorf("the log is %q", log)
	}
	a.config(t, "{}\n")
	ask(t, plain, "GET", s.url+"/").want(t, "without users", 200, "hello")
	ask(t, plain, "POST", s.url+"/run/a", right, proxy).want(t, "a log-in that nobody checks", 403, "need a log-in")
	a.config(t, "basic_auth_users: x\n")
	ask(t, plain, "GET", s.url+"/").want(t, "a bad file", 500, "")
	if log := s.log(); !strings.Contains(log, "--web.config.file: Unable to parse configuration: ") {
		t.Errorf("the log is %q", log)
	}
}

// TestListeners: each of several listeners is guarded, and a request is counted once by
// the rate limit of the web config.
func TestListeners(t *testing.T) {
	a := newAuthority(t)
	s := serve(t, Config{Address: Address{Base: "/"}, Listen: []string{"127.0.0.1:0", "[::1]:0", "127.0.0.2:0"}, WebConfig: a.config(t, "rate_limit: {interval: 1h, burst: 3}\n")})
	for _, l := range s.listeners {
		url := "http://" + l.Addr().String() + "/-/healthy"
		for range 3 {
			ask(t, plain, "GET", url).want(t, url, 200, "healthy")
		}
		ask(t, plain, "GET", url).want(t, url, 429, "")
	}
}
