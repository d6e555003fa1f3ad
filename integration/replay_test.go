package integration

import (
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// What was printed of a session with a real server is a server that says the
// same again, and mailprobe has the same session with it.
func TestReplay(t *testing.T) {
	needPostfix(t)
	user := lab.NewUser()
	plain := append(password(user), "--auth", "PLAIN")
	smtp := append(plain, "--helo", "probe.example.net")
	for _, c := range []struct {
		name, kind, scheme string
		service            Service
		flags              []string
	}{
		{"smtp", "smtp", "", SMTP, []string{"--helo", "probe.example.net", "-t", user.Name, "-t", Greylisted}},
		{"smtp login", "smtp", "", Submission, smtp},
		{"smtp pipelined", "smtp", "", SMTP, []string{"--helo", "probe.example.net", "-t", user.Name, "--pipeline"}},
		{"smtp send", "smtp", "smtps://", SMTPS, append(smtp, "-f", user.Name, "-t", user.Name, "--send", "--size", "500")},
		{"lmtp", "smtp", "lmtp://", LMTP, []string{"--helo", "probe.example.net", "-t", user.Name, "--send", "--size", "500"}},
		{"pop3", "pop3", "pop3://", POP3, append(password(user), "--auth", "user", "--retrieve", "latest")},
		{"pop3s", "pop3", "pop3s://", POP3S, plain},
		{"imap", "imap", "imap://", IMAP, plain},
		{"imaps", "imap", "imaps://", IMAPS, append(password(user), "--auth", "login")},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, recorded, _ := run(t, user.Password, append([]string{
				c.kind, "-o", "transcript", "--ca-file", lab.CAFile(), "--server-name", Hostname,
				c.scheme + lab.Addr(c.service, Good),
			}, c.flags...)...)
			addr, ca := play(t, recorded)
			again, replayed, stderr := run(t, user.Password, append([]string{
				c.kind, "-o", "transcript", "--ca-file", ca, "--server-name", wiretest.HostName, c.scheme + addr,
			}, c.flags...)...)
			if again != code {
				t.Errorf("exit code %d, with the real server %d\n%s", again, code, stderr)
			}
			if got, want := spoken(replayed), spoken(recorded); !slices.Equal(got, want) {
				t.Errorf("recorded\n%s\nreplayed\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
			}
		})
	}
}

// play serves a printed transcript to one connection and returns where, and the
// file with the authority to trust.
func play(t *testing.T, script string) (addr, caFile string) {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	must(t, err)
	authority, err := wiretest.NewAuthority()
	must(t, err)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	must(t, authority.WriteFile(caFile))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	played := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			err = (&wiretest.Server{Script: transcript, Authority: authority}).Serve(conn)
			conn.Close()
		}
		played <- err
	}()
	t.Cleanup(func() {
		listener.Close()
		if err := <-played; err != nil {
			t.Errorf("the played server: %v\n%s", err, script)
		}
	})
	return listener.Addr().String(), caFile
}

// spoken is a printed transcript without what differs from run to run: the
// comments and the times.
func spoken(printed string) []string {
	var lines []string
	for line := range strings.Lines(printed) {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "+") {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	return lines
}
