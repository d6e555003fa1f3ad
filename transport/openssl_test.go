package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/probe"
)

const mx = "mx.example.org"

// workshop makes certificates and servers with the openssl command.
type workshop struct {
	t      *testing.T
	folder string
}

// newWorkshop has an authority, ca.pem. Without the command the test is skipped, or it
// fails under MAILPROBE_REAL=require.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	w := &workshop{t, t.TempDir()}
	w.run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 100 -subj /CN=workshop")
	return w
}

func (w *workshop) file(name string) string { return filepath.Join(w.folder, name) }

// run runs openssl with words.
func (w *workshop) run(line string) {
	w.t.Helper()
	cmd := exec.Command("openssl", strings.Fields(line)...)
	cmd.Dir = w.folder
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("openssl %s: %v\n%s", line, err, out)
	}
}

// issue makes name.pem and name.key: a certificate with a key made by newKey, signed by
// an authority, by default ca, as sign says.
func (w *workshop) issue(name, newKey, sign string) {
	w.t.Helper()
	san := "subjectAltName=DNS:" + mx
	if strings.Contains(sign, "-without-san") {
		sign, san = strings.ReplaceAll(sign, "-without-san", ""), "keyUsage=digitalSignature"
	}
	if strings.Contains(sign, "-must-staple") {
		sign, san = strings.ReplaceAll(sign, "-must-staple", ""), san+"\ntlsfeature=status_request"
	}
	if strings.Contains(sign, "-authority") {
		sign, san = strings.ReplaceAll(sign, "-authority", ""), "basicConstraints=critical,CA:true"
	}
	if !strings.Contains(sign, "-CA ") {
		sign += " -CA ca.pem -CAkey ca.key"
	}
	if !strings.Contains(sign, "-set_serial") {
		sign += " -set_serial 1001"
	}
	if err := os.WriteFile(w.file(name+".ext"), []byte(san+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.run("genpkey " + newKey + " -out " + name + ".key")
	w.run("req -new -key " + name + ".key -subj /CN=" + mx + " -out " + name + ".csr")
	w.run("x509 -req -in " + name + ".csr -days 90 -extfile " + name + ".ext -out " + name + ".pem " + sign)
}

// serve starts openssl s_server and returns how to connect to it.
func (w *workshop) serve(args string) func() (net.Conn, error) {
	w.t.Helper()
	cmd := exec.Command("openssl", strings.Fields("s_server -accept 127.0.0.1:0 "+args)...)
	cmd.Dir = w.folder
	input, output := w.pipes(cmd)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = input.Close()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return func() (net.Conn, error) { return net.Dial("tcp", address) }
		}
	}
	w.t.Fatalf("openssl s_server %s has not begun to listen", args)
	return nil
}

func (w *workshop) pipes(cmd *exec.Cmd) (io.Closer, io.Reader) {
	w.t.Helper()
	input, err := cmd.StdinPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	return input, output
}

const (
	rsaKey = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
	ecKey  = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
	level0 = ":@SECLEVEL=0"
)

// What a server of OpenSSL agrees to, and what mailprobe says of it.
func TestOpenSSL(t *testing.T) {
	w := newWorkshop(t)
	w.issue("rsa", rsaKey, "")
	w.issue("ec", ecKey, "")
	w.issue("ed448", "-algorithm ED448", "")
	w.issue("pss", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "")
	w.issue("rsa768", "-algorithm RSA -pkeyopt rsa_keygen_bits:768", "")
	w.issue("rsa8256", "-algorithm RSA -pkeyopt rsa_keygen_bits:8256 -pkeyopt rsa_keygen_primes:5", "")
	w.issue("negative", ecKey, "-set_serial -5")
	for _, test := range []struct {
		name, server, args string
		cause              *probe.Cause
		status             probe.Status
		says               string // in the details or hints
	}{
		{"all is well", "-cert rsa.pem -key rsa.key", "", nil, probe.OK, "TLS 1.3"},
		{"DHE alone", "-cert rsa.pem -key rsa.key -tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384", "", CauseNothingInCommon, probe.Unknown, "openssl s_client -connect 192.0.2.1:9 -starttls smtp -servername mx.example.org"},
		{"ECDHE with CBC and SHA-384 alone", "-cert rsa.pem -key rsa.key -tls1_2 -cipher ECDHE-RSA-AES256-SHA384", "", CauseNothingInCommon, probe.Unknown, "such as OpenSSL"},
		{"RSA with SHA-256 alone", "-cert rsa.pem -key rsa.key -tls1_2 -cipher AES256-SHA256", "", CauseNothingInCommon, probe.Unknown, "handshake failure"},
		{"X448 alone", "-cert rsa.pem -key rsa.key -curves X448", "", CauseNothingInCommon, probe.Unknown, "handshake failure"},
		{"a key of Ed448", "-cert ed448.pem -key ed448.key", "", CauseNothingInCommon, probe.Unknown, "handshake failure"},
		{"a key of RSA-PSS", "-cert pss.pem -key pss.key", "", CauseNothingInCommon, probe.Unknown, "handshake failure"},
		{"exchange of keys by RSA", "-cert rsa.pem -key rsa.key -tls1_2 -cipher AES256-GCM-SHA384", "--tls=require", CauseWeakCipher, probe.Warning, "no forward secrecy"},
		{"TLS 1.0", "-cert rsa.pem -key rsa.key -tls1 -cipher ALL" + level0, "--tls=auto", CauseOldVersion, probe.Critical, "not tried: the server agreed on TLS 1.0 only"},
		{"TLS 1.0 is permitted", "-cert rsa.pem -key rsa.key -tls1 -cipher ECDHE" + level0, "--tls=require --tls-min=1.0", nil, probe.OK, "TLS 1.0"},
		{"SHA-1 in the handshake", "-cert rsa.pem -key rsa.key -tls1_2 -sigalgs RSA+SHA1 -cipher ECDHE" + level0, "--tls=require", CauseWeakTLSSignature, probe.Warning, "SHA-1"},
		{"RSA with 768 bits", "-cert rsa768.pem -key rsa768.key -cipher ALL" + level0, "--tls=require", CauseCertWeak, probe.Critical, "RSA with 768 bits"},
		{"RSA with 8256 bits", "-cert rsa8256.pem -key rsa8256.key", "--tls=require", nil, probe.OK, "TLS 1.3"},
		{"negative serial number", "-cert negative.pem -key negative.key", "--tls=require", CauseCertMalformed, probe.Warning, "negative"},
		{"client certificate, TLS 1.2", "-cert rsa.pem -key rsa.key -tls1_2 -Verify 1", "", CauseClientCertNeeded, probe.Unknown, "asked for a certificate of the client"},
		{"client certificate, TLS 1.3", "-cert rsa.pem -key rsa.key -tls1_3 -Verify 1", "--greeting", CauseClientCertNeeded, probe.Unknown, "greeting: remote error: tls: certificate required"},
		{"client certificate not accepted", "-cert rsa.pem -key rsa.key -tls1_2 -Verify 1 -verify_return_error", "--client-cert CLIENT", CauseClientCertNeeded, probe.Unknown, "does not accept the certificate"},
		{"another name", "-cert rsa.pem -key rsa.key -servername other.example.org -servername_fatal -cert2 ec.pem -key2 ec.key", "", CauseSNINeeded, probe.Unknown, "--server-name"},
		{"TLS 1.3 alone, and 1.2 is asked for", "-cert rsa.pem -key rsa.key -tls1_3", "--tls=require --tls-max 1.2", CauseTLSRestricted, probe.Unknown, "leave out --tls-max"},
		{"a suite that it lacks", "-cert rsa.pem -key rsa.key -cipher ECDHE-RSA-AES256-GCM-SHA384", "--tls=require --tls-ciphers ECDHE-RSA-AES128-SHA,AES128-SHA", CauseTLSRestricted, probe.Unknown, "leave out --tls-ciphers"},
		{"a suite that it has", "-cert rsa.pem -key rsa.key -cipher ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384", "--tls=require --tls-ciphers ECDHE-RSA-AES128-SHA", nil, probe.OK, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
		{"a weak suite that it has", "-cert rsa.pem -key rsa.key -cipher AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384", "--tls=require --tls-ciphers AES128-SHA", CauseWeakCipher, probe.Warning, "having been offered no other"},
		{"a group that it lacks", "-cert rsa.pem -key rsa.key -curves P-256", "--tls=require --tls-curves X25519,P-384", CauseTLSRestricted, probe.Unknown, "leave out --tls-curves"},
		{"a group that it has", "-cert rsa.pem -key rsa.key -curves P-256:X25519", "--tls=require --tls-curves prime256v1", nil, probe.OK, "TLS 1.3"},
		{"a name that it does not know", "-cert rsa.pem -key rsa.key -servername mx.example.org -servername_fatal -cert2 rsa.pem -key2 rsa.key", "--tls=require --sni other.example.org", CauseSNINeeded, probe.Unknown, "--server-name"},
		{"no certificate", "-nocert", "", CauseNothingInCommon, probe.Unknown, "handshake failure"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &workshop{t, w.folder}
			args := strings.Fields(strings.ReplaceAll(test.args, "CLIENT", w.client()))
			r := try(t, w.serve(test.server), append(args, "--ca-file", w.file("ca.pem"), "--server-name", mx)...)
			if r.Status != test.status || !sameCause(r.Cause, test.cause) || !strings.Contains(everything(r), test.says) {
				t.Errorf("got %s:\n%s\nwant %s, %+v with %q", r.Status, everything(r), test.status, test.cause, test.says)
			}
			if strings.HasPrefix(test.name, "TLS 1.3 alone") {
				holdExample(t, CauseTLSRestricted, r)
			}
		})
	}
}

// holdExample demands that a result says what the example of a cause has.
func holdExample(t *testing.T, c *probe.Cause, r *probe.Result) {
	t.Helper()
	for _, x := range TLSExamples(c.Name) {
		if !strings.Contains(everything(r), x.Found) {
			t.Errorf("the example of %s says %q:\n%s", c.Name, x.Found, everything(r))
		}
	}
	if len(TLSExamples(c.Name)) == 0 {
		t.Errorf("%s has no example", c.Name)
	}
}

// TestOpenSSLFacts holds facts of a certificate against those of openssl, and a response that
// s_server staples.
func TestOpenSSLFacts(t *testing.T) {
	w := newWorkshop(t)
	w.issue("leaf", ecKey, "-set_serial 0x1f2e")
	shell := func(line string) string {
		t.Helper()
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = w.folder
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	shell(`printf 'V\t270101000000Z\t\t1F2E\tunknown\t/CN=mx.example.org\n' >good.txt; printf 'R\t270101000000Z\t260101000000Z\t1F2E\tunknown\t/CN=mx.example.org\n' >revoked.txt; : >unknown.txt
		for s in good revoked unknown; do openssl ocsp -index $s.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -issuer ca.pem -cert leaf.pem -ndays 2 -respout $s.der -noverify; done`)
	for status, want := range map[string]probe.Status{"good": probe.OK, "revoked": probe.Critical, "unknown": probe.Warning} {
		r := try(t, w.serve("-cert leaf.pem -key leaf.key -status_file "+status+".der"), "--tls=require", "--ca-file", w.file("ca.pem"), "--server-name", mx)
		if got, _ := r.Fact("ocsp_status"); r.Status != want || got.Text != status {
			t.Errorf("OCSP %s: %q\n%s", status, got.Text, everything(r))
		}
		if c := map[string]*probe.Cause{"revoked": CauseCertRevoked, "unknown": CauseStapleBad}[status]; c != nil {
			holdExample(t, c, r)
		}
		for fact, line := range map[string]string{
			"spki_sha256":     "openssl x509 -in leaf.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum | cut -d' ' -f1",
			"cert_sha256":     "openssl x509 -in leaf.pem -outform der | sha256sum | cut -d' ' -f1",
			"cert_serial":     "openssl x509 -in leaf.pem -noout -serial | cut -d= -f2 | tr A-F a-f",
			"cert_not_before": "date -u -d \"$(openssl x509 -in leaf.pem -noout -startdate | cut -d= -f2)\" +%Y-%m-%dT%H:%M:%SZ",
		} {
			if got, _ := r.Fact(fact); got.Text != shell(line) {
				t.Errorf("%s is %q, and %q to openssl", fact, got.Text, shell(line))
			}
		}
	}
}

// TestOpenSSLWithoutStaple: a certificate that demands an OCSP response, and s_server sends none.
func TestOpenSSLWithoutStaple(t *testing.T) {
	w := newWorkshop(t)
	w.issue("leaf", ecKey, "-must-staple")
	r := try(t, w.serve("-cert leaf.pem -key leaf.key"), "--tls=require", "--ca-file", w.file("ca.pem"), "--server-name", mx)
	if r.Status != probe.Warning || !sameCause(r.Cause, CauseStapleMissing) {
		t.Errorf("%s:\n%s", r.Status, everything(r))
	}
	holdExample(t, CauseStapleMissing, r)
}

// TestOpenSSLVersions asks a server that accepts the old versions as well.
func TestOpenSSLVersions(t *testing.T) {
	w := newWorkshop(t)
	w.issue("rsa", rsaKey, "")
	for _, test := range []struct{ server, accepted string }{
		{"-cipher ALL" + level0, "1.0 1.1 1.2 1.3"},
		{"-no_tls1 -no_tls1_2 -cipher ALL" + level0, "1.1 1.3"},
		{"", "1.2 1.3"}, // at its own security level the old ones have no signature left
	} {
		r := try(t, w.serve("-cert rsa.pem -key rsa.key "+test.server), "--tls=implicit", "--tls-versions", "--ca-file", w.file("ca.pem"), "--server-name", mx)
		if got, _ := r.Fact("tls_versions"); got.Text != test.accepted {
			t.Errorf("%s: %q, want %q\n%s", test.server, got.Text, test.accepted, everything(r))
		}
		if strings.HasPrefix(test.accepted, "1.0 1.1") {
			holdExample(t, CauseOldVersionAccepted, r)
		}
	}
}

// client makes the file of a certificate that the servers do not trust.
func (w *workshop) client() string {
	name := w.file("client.pem")
	if _, err := os.Stat(name); err != nil {
		w.run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.pem -out client.crt -days 9 -subj /CN=client")
		w.run("x509 -in client.crt -out client.crt2")
		w.join(name, name, w.file("client.crt"))
	}
	return name
}

// join writes files one after the other into one.
func (w *workshop) join(to string, from ...string) {
	w.t.Helper()
	var all []byte
	for _, name := range from {
		text, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, text...)
	}
	if err := os.WriteFile(to, all, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func sameCause(got, want *probe.Cause) bool { return want == nil && got == nil || got.Is(want) }

// everything is what a result says, hints and causes as well.
func everything(r *probe.Result) string {
	var b strings.Builder
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "%s %s: %s\n", s.Status, s.Name, s.Detail)
		if s.Cause != nil {
			fmt.Fprintf(&b, "  %s: %s\n", s.Cause.Name, s.Hint)
		}
	}
	return b.String()
}

// The faults of certificates that only OpenSSL makes.
func TestOpenSSLCertificates(t *testing.T) {
	w := newWorkshop(t)
	w.run("req -x509 -newkey rsa:2048 -sha1 -nodes -keyout old.key -out old.pem -days 100 -subj /CN=old")
	w.issue("middle", ecKey, "-authority -CA old.pem -CAkey old.key -sha256")
	w.issue("middle1", ecKey, "-authority -CA old.pem -CAkey old.key -sha1")
	w.issue("below", ecKey, "-CA middle.pem -CAkey middle.key -sha256")
	w.issue("below1", ecKey, "-CA middle1.pem -CAkey middle1.key -sha256")
	w.issue("sha1", ecKey, "-sha1")
	w.issue("cn", ecKey, "-without-san")
	w.issue("pss", rsaKey, "-CA old.pem -CAkey old.key -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:222")
	w.run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha1 -keyout surplus.key -out surplus.pem -days 100 -subj /CN=surplus")
	w.join(w.file("roots.pem"), w.file("old.pem"), w.file("ca.pem"))
	for _, test := range []struct {
		name   string
		chain  []string
		faults string
		says   string
	}{
		{"the root's own signature", []string{"below", "middle", "old"}, "", ""},
		{"a surplus certificate", []string{"below", "middle", "surplus"}, "", ""},
		{"leaf signed by SHA-1", []string{"sha1"}, "weak-signature", "so that it does not prove the issuer"},
		{"issuer signed by SHA-1", []string{"below1", "middle1"}, "weak-signature", "SHA1-RSA"},
		{"CN alone", []string{"cn"}, "without-san", "no longer counts"},
		{"PSS with a long salt", []string{"pss"}, "unverifiable", "Go cannot verify this signature"},
		{"the intermediate is missing", []string{"below"}, "unknown-issuer", "not trusted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &workshop{t, w.folder}
			server := "-cert " + test.chain[0] + ".pem -key " + test.chain[0] + ".key -cipher ALL" + level0
			if len(test.chain) > 1 {
				var names []string
				for _, c := range test.chain[1:] {
					names = append(names, w.file(c+".pem"))
				}
				w.join(w.file("chain.pem"), names...)
				server += " -cert_chain chain.pem"
			}
			r := try(t, w.serve(server), "--tls=auto", "--auth-without-tls", "--ca-file", w.file("roots.pem"), "--server-name", mx)
			got, _ := r.Fact("cert_faults")
			if got.Text != test.faults || !strings.Contains(everything(r), test.says) {
				t.Errorf("got %q, want %q with %q:\n%s", got.Text, test.faults, test.says, everything(r))
			}
		})
	}
}

// A middlebox that drops or resets what begins with a long ClientHello.
func TestHelloNotSurvived(t *testing.T) {
	w := newWorkshop(t)
	w.issue("good", ecKey, "")
	server := w.serve("-cert good.pem -key good.key")
	for _, reset := range []bool{true, false} {
		hellos := middlebox{server: server, reset: reset}
		begin := time.Now()
		r := try(t, hellos.dial(t), "--tls=require", "--ca-file", w.file("ca.pem"), "--server-name", mx, "--timeout", "3s")
		sizes := hellos.seen()
		if r.Status != probe.Warning || !CauseHelloNotSurvived.Is(r.Cause) || len(sizes) != 2 || sizes[0] < longHello || sizes[1] >= longHello {
			t.Errorf("reset %v, ClientHellos of %d bytes, after %s: %s\n%s", reset, sizes, time.Since(begin), r.Status, everything(r))
		}
	}
	hellos := middlebox{server: server, reset: true, least: 1}
	r := try(t, hellos.dial(t), "--tls=require", "--ca-file", w.file("ca.pem"), "--server-name", mx)
	if sizes := hellos.seen(); r.Status != probe.Critical || !CauseReset.Is(r.Cause) || len(sizes) != 2 {
		t.Errorf("all are reset, ClientHellos of %d bytes: %s\n%s", sizes, r.Status, everything(r))
	}
}

// longHello is the length in bytes of a ClientHello that a middlebox does not survive.
const longHello = 1400

// middlebox forwards connections whose first bytes are few.
type middlebox struct {
	server func() (net.Conn, error)
	reset  bool // else silence
	least  int  // the length that is too long; 0 is longHello

	mu    sync.Mutex
	sizes []int
}

// seen are the lengths of what connections began with.
func (m *middlebox) seen() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sizes)
}

// dial returns how to connect through it.
func (m *middlebox) dial(t *testing.T) func() (net.Conn, error) {
	t.Helper()
	if m.least == 0 {
		m.least = longHello
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go m.forward(conn.(*net.TCPConn))
		}
	}()
	return func() (net.Conn, error) { return net.Dial("tcp", listener.Addr().String()) }
}

func (m *middlebox) forward(client *net.TCPConn) {
	defer func() { _ = client.Close() }()
	hello := make([]byte, 4096)
	n, err := client.Read(hello)
	if err != nil {
		return
	}
	m.mu.Lock()
	m.sizes = append(m.sizes, n)
	m.mu.Unlock()
	switch {
	case n >= m.least && m.reset:
		_ = client.SetLinger(0)
		return
	case n >= m.least:
		_, _ = io.Copy(io.Discard, client)
		return
	}
	server, err := m.server()
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	_, _ = server.Write(hello[:n])
	go func() { _, _ = io.Copy(server, client) }()
	_, _ = io.Copy(client, server)
}

// TestNoAuthorities is in a process of its own: the store of authorities is read once.
func TestNoAuthorities(t *testing.T) {
	if os.Getenv("MAILPROBE_TEST_STORE") == "" {
		empty := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run", "^TestNoAuthorities$")
		cmd.Env = append(os.Environ(), "MAILPROBE_TEST_STORE=none", "SSL_CERT_DIR="+empty, "SSL_CERT_FILE="+filepath.Join(empty, "none"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	config, _ := good(t)
	r, _ := handshake(t, config, 0, "--tls=require", "--server-name", mx)
	if r.Status != probe.Unknown || !CauseNoAuthorities.Is(r.Cause) {
		t.Errorf("got %s:\n%s", r.Status, everything(r))
	}
	r, _ = handshake(t, config, 0, "--tls=auto", "--server-name", mx)
	if s := r.Step("auth"); r.Status != probe.Unknown || !CauseNoAuthorities.Is(s.Cause) || !strings.Contains(s.Hint, "ca-certificates") || !strings.Contains(s.Hint, insecure) {
		t.Errorf("where TLS is not demanded, got %s:\n%s", r.Status, everything(r))
	}
}
