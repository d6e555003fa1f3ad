package imapcheck_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"mailprobe/imapcheck"
	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

const roundTrip = 50 * time.Millisecond

// A check takes the protocol's round trips and no more: one to connect, one until
// the greeting is there, and one for every command. Capabilities in the greeting
// and in the answer to the log-in save one.
func TestRoundTrips(t *testing.T) {
	const ready = "S: * OK ready\nC: A1 CAPABILITY\nS: * CAPABILITY IMAP4rev1 STARTTLS\nS: A1 OK\n"
	const told = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS SASL-IR AUTH=PLAIN] ready\n"
	const mailbox = "C: A2 STATUS INBOX ***\nS: * STATUS INBOX (MESSAGES 1 RECENT 0 UNSEEN 0 UIDNEXT 8 UIDVALIDITY 5)\nS: A2 OK\nC: A3 EXAMINE INBOX\nS: * 1 EXISTS\nS: A3 OK [READ-ONLY]\n"
	login := []string{"-u", "alice", "--password-file", "PASSWORD"}
	for _, test := range []struct {
		name   string
		args   []string
		script string
		want   int
	}{
		{"greeting, CAPABILITY, LOGOUT", []string{"--tls=off"}, ready + "C: A2 LOGOUT\nS: * BYE\nS: A2 OK\n", 4},
		{"capabilities in the greeting", []string{"--tls=off"}, told + "C: A1 LOGOUT\nS: * BYE\nS: A1 OK\n", 3},
		{"with STARTTLS and TLS 1.3", []string{"--tls=require"}, told + "C: A1 STARTTLS\nS: A1 OK\n* starttls\nC: A2 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: A2 OK\nC: A3 LOGOUT\nS: * BYE\nS: A3 OK\n", 6},
		{"with TLS from the start", []string{"--tls=implicit"}, "* starttls\n" + told + "C: A1 LOGOUT\nS: * BYE\nS: A1 OK\n", 4},
		{"with AUTHENTICATE PLAIN", append(login, "--tls=implicit"), "* starttls\n" + told + "C: A1 AUTHENTICATE PLAIN ***\nS: A1 OK\n" + mailbox + "C: A4 LOGOUT\nS: * BYE\nS: A4 OK\n", 7},
		{"with age and quota", append(login, "--tls=implicit", "--warn=newest_age=24h"), "* starttls\n" + told + "C: A1 AUTHENTICATE PLAIN ***\nS: A1 OK [CAPABILITY IMAP4rev1 QUOTA]\n" + mailbox +
			"C: A4 UID FETCH ***\nS: * 1 FETCH (UID 7 FLAGS () INTERNALDATE \"31-Dec-1999 23:00:00 +0000\" RFC822.SIZE 5)\nS: A4 OK\nC: A5 GETQUOTAROOT INBOX\nS: * QUOTA \"\" (STORAGE 1 10)\nS: A5 OK\nC: A6 LOGOUT\nS: * BYE\nS: A6 OK\n", 9},
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
	flags := pflag.NewFlagSet("imap", pflag.ContinueOnError)
	check := probe.New(imapcheck.Kind(), flags)
	if err := flags.Parse(all); err != nil {
		t.Fatal(err)
	}
	if err := check.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return check
}
