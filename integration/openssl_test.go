package integration

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/probe"
)

// front is what a server says before TLS, and what openssl s_server, behind it, is
// made to say after it.
type front struct {
	greeting string
	answers  map[string]string // by the verb, or the tag; STARTTLS last
}

var fronts = map[string]front{
	"smtp": {"220 mail.example.test ESMTP", map[string]string{
		"EHLO": "250-mail.example.test\r\n250-AUTH PLAIN\r\n250 STARTTLS", "STARTTLS": "220 2.0.0 Ready", "QUIT": "221 2.0.0 Bye",
	}},
	"pop3": {"+OK ready", map[string]string{"CAPA": "+OK\r\nUSER\r\nSTLS\r\n.", "STLS": "+OK begin", "QUIT": "+OK bye"}},
	"imap": {"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready", map[string]string{
		"A1": "A1 OK begin", "A2": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA2 OK", "A3": "* BYE bye\r\nA3 OK",
	}},
}

// begins reports whether this is the command that asks for TLS.
func (f front) begins(line string) bool {
	return strings.Contains(line, "STARTTLS") || strings.HasPrefix(line, "STLS")
}

// answer is the reply to a command.
func (f front) answer(line string) (string, bool) {
	verb, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	text, ok := f.answers[verb]
	return text + "\r\n", ok
}

func needOpenSSL(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("MAILPROBE_REAL") == "require" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// openSSL starts openssl s_server with the lab's good certificate, which speaks f above
// TLS, and returns its address.
func (f front) openSSL(t *testing.T, args string) string {
	t.Helper()
	good := filepath.Join(lab.dir, string(Good))
	words := fmt.Sprintf("s_server -accept 127.0.0.1:0 -cert %s.crt -key %s.key %s", good, good, args)
	cmd := exec.Command("openssl", strings.Fields(words)...)
	cmd.Dir = lab.dir
	input, err := cmd.StdinPipe()
	must(t, err)
	output, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			go f.speak(lines, input)
			return address
		}
	}
	t.Fatalf("openssl %s has not begun to listen", words)
	return ""
}

// speak answers the commands among what s_server prints.
func (f front) speak(lines *bufio.Scanner, input io.Writer) {
	for lines.Scan() {
		if text, ok := f.answer(lines.Text()); ok {
			_, _ = io.WriteString(input, text)
		}
	}
}

// serve listens, speaks f up to STARTTLS, and then forwards to s_server. What begins
// with more than longest bytes is cut off; 0 is no limit.
func (f front) serve(t *testing.T, args string, longest int) string {
	t.Helper()
	back := f.openSSL(t, args)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go f.session(conn.(*net.TCPConn), back, longest)
		}
	}()
	return listener.Addr().String()
}

func (f front) session(conn *net.TCPConn, back string, longest int) {
	defer func() { _ = conn.Close() }()
	reader := bufio.NewReader(conn)
	_, _ = io.WriteString(conn, f.greeting+"\r\n")
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return
		}
		text, _ := f.answer(line)
		_, _ = io.WriteString(conn, text)
		if f.begins(line) {
			break
		}
	}
	hello := make([]byte, 4096)
	n, err := reader.Read(hello)
	if err != nil || longest > 0 && n > longest {
		_ = conn.SetLinger(0)
		return
	}
	server, err := net.Dial("tcp", back)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	_, _ = server.Write(hello[:n])
	go func() { _, _ = io.Copy(server, reader) }()
	_, _ = io.Copy(conn, server)
}

// otherKeys writes certificates for keys of other kinds: RSA as the good one, and
// RSA-PSS and Ed448, which only OpenSSL makes, signed by themselves.
func otherKeys(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	must(t, issueFor(key, lab.dir, "rsa", serverTemplate(Good, lab.ip(Good)), lab.ca))
	for name, kind := range map[string]string{"pss": "RSA-PSS", "ed448": "ED448"} {
		words := fmt.Sprintf("req -x509 -newkey %s -nodes -keyout %s.key -out %s.crt -days 9 -subj /CN=%s", kind, name, name, Hostname)
		cmd := exec.Command("openssl", strings.Fields(words)...)
		cmd.Dir = lab.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v\n%s", words, err, out)
		}
	}
}

// What OpenSSL agrees to after STARTTLS and mailprobe does not, and the other way round.
func TestOpenSSL(t *testing.T) {
	needDovecot(t)
	needOpenSSL(t)
	otherKeys(t)
	const noneForGo = "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384"
	const rsaCert, level0 = "-cert rsa.crt -key rsa.key ", ":@SECLEVEL=0"
	login := []string{"-u", "alice", "--password-env", secretVariable}
	for _, test := range []struct {
		name, kind, server string
		longest            int
		args               []string
		status             probe.Status
		step, cause, hint  string
	}{
		{"all is well", "smtp", "", 0, nil, probe.OK, "", "", ""},
		{"all is well", "pop3", "", 0, nil, probe.OK, "", "", ""},
		{"all is well", "imap", "", 0, nil, probe.OK, "", "", ""},
		{"nothing in common", "smtp", noneForGo, 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "-starttls smtp -servername " + Hostname},
		{"nothing in common", "pop3", noneForGo, 0, nil, probe.Unknown, "stls", "tls-nothing-in-common", "-starttls pop3 -servername " + Hostname},
		{"nothing in common", "imap", noneForGo, 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "-starttls imap -servername " + Hostname},
		{"DHE alone", "smtp", rsaCert + "-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384", 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "openssl s_client"},
		{"CBC with SHA-384 alone", "smtp", rsaCert + "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384", 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "openssl s_client"},
		{"RSA with SHA-256 alone", "smtp", rsaCert + "-tls1_2 -cipher AES256-SHA256", 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "openssl s_client"},
		{"X448 alone", "smtp", rsaCert + "-curves X448", 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "openssl s_client"},
		{"a key of RSA-PSS", "smtp", "-cert pss.crt -key pss.key", 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "openssl s_client"},
		{"a key of Ed448", "smtp", "-cert ed448.crt -key ed448.key", 0, nil, probe.Unknown, "starttls", "tls-nothing-in-common", "openssl s_client"},
		{"exchange of keys by RSA", "smtp", rsaCert + "-tls1_2 -cipher AES256-GCM-SHA384", 0, nil, probe.Warning, "starttls", "tls-weak-cipher", "ECDHE"},
		{"log-in by TLS 1.0", "smtp", rsaCert + "-tls1 -cipher ALL" + level0, 0, login, probe.Critical, "auth", "tls-old-version", "--tls-min=1.0"},
		{"another name", "smtp", "-servername other.example.test -servername_fatal -cert2 rsa.crt -key2 rsa.key", 0, nil, probe.Unknown, "starttls", "sni-needed", "--server-name"},
		{"client certificate, TLS 1.2", "smtp", "-tls1_2 -Verify 1", 0, nil, probe.Unknown, "starttls", "client-cert-needed", "--client-cert"},
		{"client certificate, TLS 1.3", "smtp", "-tls1_3 -Verify 1", 0, nil, probe.Unknown, "ehlo-tls", "client-cert-needed", "--client-cert"},
		{"long ClientHello", "smtp", "", 1400, nil, probe.Warning, "starttls", "tls-hello-not-survived", "post-quantum"},
		{"long ClientHello", "pop3", "", 1400, nil, probe.Warning, "stls", "tls-hello-not-survived", "post-quantum"},
		{"long ClientHello", "imap", "", 1400, nil, probe.Warning, "starttls", "tls-hello-not-survived", "post-quantum"},
		{"no ClientHello at all", "smtp", "", 1, nil, probe.Critical, "starttls", "connection-reset", "does not permit TLS"},
		{"log-in by TLS 1.1", "smtp", "-tls1_1 -cipher ALL:@SECLEVEL=0", 0, login, probe.Critical, "auth", "tls-old-version", "--tls-min=1.1"},
	} {
		t.Run(test.kind+" "+test.name, func(t *testing.T) {
			t.Parallel()
			target := fronts[test.kind].serve(t, test.server, test.longest)
			o := check(t, "correct horse", test.kind, test.kind+"://"+target, test.args...).is(test.status)
			if test.step == "" {
				return
			}
			s := o.step(test.step, test.status)
			if s.Cause == nil || s.Cause.Name != test.cause || !strings.Contains(s.Hint, test.hint) {
				t.Errorf("%s has the cause %+v and the hint %q; want %s and %q", test.step, s.Cause, s.Hint, test.cause, test.hint)
			}
		})
	}
}
