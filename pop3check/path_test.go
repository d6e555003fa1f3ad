package pop3check_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

const roundTrip = 50 * time.Millisecond

// A check takes the protocol's round trips and no more: one to connect, one
// until the greeting is there, and one for every command.
func TestRoundTrips(t *testing.T) {
	const capa = "C: CAPA\nS: +OK\nS: STLS\nS: UIDL\nS: SASL PLAIN LOGIN\nS: .\n"
	const mailbox = "C: STAT\nS: +OK 1 5\nC: LIST\nS: +OK\nS: 1 5\nS: .\nC: UIDL\nS: +OK\nS: 1 a\nS: .\n"
	const quit = "C: QUIT\nS: +OK\n"
	login := []string{"-u", "alice", "--password-file", "PASSWORD"}
	for _, test := range []struct {
		name   string
		args   []string
		script string
		want   int
	}{
		{"greeting, CAPA, QUIT", []string{"--tls=off"}, "S: +OK\n" + capa + quit, 4},
		{"with STLS and TLS 1.3", []string{"--tls=require"}, "S: +OK\n" + capa + "C: STLS\nS: +OK\n* starttls\n" + capa + quit, 7},
		{"with TLS from the start", []string{"--tls=implicit"}, "* starttls\nS: +OK\n" + capa + quit, 5},
		{"with AUTH PLAIN", login, "S: +OK\n" + capa + "C: STLS\nS: +OK\n* starttls\n" + capa + "C: AUTH PLAIN ***\nS: +OK\n" + mailbox + quit, 11},
		{"with a message and its age", append(login, "--tls=implicit", "--retrieve=latest", "--warn=newest_age=24h"),
			"* starttls\nS: +OK\n" + capa + "C: AUTH PLAIN ***\nS: +OK\n" + mailbox + "C: RETR 1\nS: +OK\nS: a: b\nS: .\n", 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := overPath(t, test.script, test.args)
				if got := r.Elapsed; got != time.Duration(test.want)*roundTrip {
					t.Errorf("%s, %d round trips are %s: %s", got, test.want, time.Duration(test.want)*roundTrip, r.Summary)
				}
			})
		})
	}
}

// overPath puts the check to a server at the end of the path.
func overPath(t *testing.T, script string, args []string) *probe.Result {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	server := &wiretest.Server{Script: transcript, Authority: authority, Path: wiretest.Path{RoundTrip: roundTrip}}
	played := make(chan error, 1)
	check := newCheck(t, authority, args)
	check.Options.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx, played) }
	target, err := check.Kind.ParseTarget("192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	result := check.Do(t.Context(), target)[0]
	if err := <-played; err != nil {
		t.Error(err)
	}
	return result
}

// newCheck makes a check of flags; PASSWORD among them is a file with one.
func newCheck(t *testing.T, authority *wiretest.Authority, args []string) *probe.Check {
	t.Helper()
	dir := t.TempDir()
	ca, password := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "password")
	if err := authority.WriteFile(ca); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"--ca-file", ca, "--server-name", wiretest.HostName}
	for _, arg := range args {
		if arg == "PASSWORD" {
			arg = password
		}
		all = append(all, arg)
	}
	flags := pflag.NewFlagSet("pop3", pflag.ContinueOnError)
	check := probe.New(pop3check.Kind(), flags)
	if err := flags.Parse(all); err != nil {
		t.Fatal(err)
	}
	if err := check.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return check
}
