package smtpcheck_test

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// What a server says. EHLO stands before the handshake and again after it.
const (
	greets = "S: 220 mx.example.org ESMTP\n"
	plain  = "C: EHLO probe.example.net\nS: 250-mx.example.org\nS: 250 SIZE 1000\n"
	secure = "C: EHLO probe.example.net\nS: 250-mx.example.org\nS: 250 STARTTLS\n" +
		"C: STARTTLS\nS: 220 2.0.0 Ready\n* starttls good\n" + plain
	envelope = "C: MAIL FROM:<>\nS: 250 2.1.0 Ok\nC: RCPT TO:<alice@example.org>\nS: 250 2.1.5 Ok\n"
	quits    = "C: QUIT\nS: 221 2.0.0 bye\n"
)

// A session takes its protocol's round trips and no more: one each to connect, for
// the greeting (the way of the last ACK there, and its own way back), for every
// command, and for the handshake of TLS 1.3.
func TestRoundTrips(t *testing.T) {
	const trip = 50 * time.Millisecond
	for _, test := range []struct {
		name, script string
		flags        []string
		trips        int
	}{
		{"greeting, EHLO, QUIT", greets + plain + quits, []string{"--tls=off"}, 4},
		{"STARTTLS and the second EHLO", greets + secure + quits, []string{"--tls=require"}, 7},
		{"STARTTLS, MAIL and RCPT", greets + secure + envelope + quits, []string{"--tls=require", "-t", "alice@example.org"}, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := walk(t, wiretest.Path{RoundTrip: trip}, test.script, test.flags...)
				if r.Status != probe.OK {
					t.Fatalf("%s: %s", r.Status, r.Summary)
				}
				if want := time.Duration(test.trips) * trip; r.Elapsed != want {
					t.Errorf("it took %s, which are %.1f round trips, not %d", r.Elapsed, float64(r.Elapsed)/float64(trip), test.trips)
				}
			})
		})
	}
}

// walk checks a server that plays a script at the end of a path.
func walk(t *testing.T, path wiretest.Path, script string, args ...string) *probe.Result {
	t.Helper()
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := wiretest.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	if err := authority.WriteFile(caFile); err != nil {
		t.Fatal(err)
	}
	kind, flags := smtpcheck.Kind(), pflag.NewFlagSet("", pflag.ContinueOnError)
	check := probe.New(kind, flags)
	if err := flags.Parse(append(args, "--helo=probe.example.net", "--ca-file", caFile)); err != nil {
		t.Fatal(err)
	}
	server, played := &wiretest.Server{Script: transcript, Authority: authority, Path: path}, make(chan error, 1)
	check.Options.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx, played) }
	if err := check.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	target, err := kind.ParseTarget(wiretest.HostName)
	if err != nil {
		t.Fatal(err)
	}
	// An address at hand: the look-up of a name is not part of the session.
	target.Addr = netip.MustParseAddr("192.0.2.1")
	results := check.Do(t.Context(), target)
	if err := <-played; err != nil {
		t.Errorf("the client did not follow the script: %v\n%s", err, strings.Join(results[0].Transcript.Lines(), "\n"))
	}
	return results[0]
}
