package delivery_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/probe"
	"mailprobe/wire"
	"mailprobe/wire/wiretest"
)

// A mailbox to which nothing comes is looked into often at first, then every ten
// seconds, and never more often than its server wants.
func TestPatience(t *testing.T) {
	for _, test := range []struct {
		capability string
		min, max   int           // looks in two minutes
		apart      time.Duration // two log-ins, at least
	}{
		{"UIDL", 18, 28, 40 * time.Millisecond},
		{"LOGIN-DELAY 15", 7, 9, 15 * time.Second},
	} {
		t.Run(test.capability, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &diary{pop3: fmt.Sprintf(mailboxScript, test.capability)}
				o := outcome{t, d.deliver(t)}
				time.Sleep(time.Second) // until the servers are done
				o.is(probe.Critical, "the message was not in the mailbox 11", `accepted it with "2.0.0 Ok: queued as 4fX1"`)
				if polls := len(d.logins) - 1; polls < test.min || polls > test.max {
					t.Errorf("%d looks, want %d to %d", polls, test.min, test.max)
				}
				for i, at := range d.logins[1:] {
					if apart := at.Sub(d.logins[i]); apart < test.apart {
						t.Errorf("log-in %d came %s after the one before", i+2, apart)
					}
				}
				if o.Elapsed > 2*time.Minute+time.Second || o.Elapsed < 100*time.Second {
					t.Errorf("it took %s", o.Elapsed)
				}
			})
		})
	}
}

// A server that wants more time between two log-ins than there is.
func TestNoTimeForALook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{pop3: fmt.Sprintf(mailboxScript, "LOGIN-DELAY 900")}
		o := outcome{t, d.deliver(t)}
		time.Sleep(time.Second) // until the servers are done
		o.is(probe.Unknown, "wants 15m0s between two log-ins")
		if len(d.logins) != 1 {
			t.Errorf("there were %d log-ins", len(d.logins))
		}
	})
}

const mailboxScript = `S: +OK ready
C: CAPA
S: +OK
S: UIDL
S: TOP
S: %s
S: SASL PLAIN
S: .
C: AUTH PLAIN ***
S: +OK in
C: STAT
S: +OK 1 100
C: UIDL
S: +OK
S: 1 a
S: .
C: QUIT
S: +OK bye
`

const serverScript = `S: 220 mx
C: EHLO ***
S: 250 mx
C: MAIL FROM:<bob@example.org>
S: 250 ok
C: RCPT TO:<alice@example.net>
S: 250 ok
C: DATA
S: 354 go
* body
S: 250 2.0.0 Ok: queued as 4fX1
C: QUIT
S: 221 bye
`

// diary is a mailbox that notes when somebody comes, and a server.
type diary struct {
	pop3   string
	logins []time.Time
}

func (d *diary) dial(ctx context.Context, _, address string) (net.Conn, error) {
	script := serverScript
	if strings.HasSuffix(address, ":110") {
		script = d.pop3
		d.logins = append(d.logins, time.Now())
	}
	transcript, err := wire.ParseTranscript(script)
	if err != nil {
		return nil, err
	}
	return (&wiretest.Server{Script: transcript, Path: wiretest.Path{RoundTrip: 10 * time.Millisecond}}).Dial(ctx, nil)
}

func (d *diary) deliver(t *testing.T) *probe.Result {
	check := parsed(t, []string{
		"--to", "alice@example.net", "--from", "bob@example.org", "--via", "smtp://192.0.2.25", "--via-tls=off", "--state", t.TempDir(),
		"--fetch", "pop3://alice@192.0.2.110", "--fetch-tls=off", "--fetch-auth-without-tls", "--fetch-password-env", "ALICE",
	})
	check.Options.Dial = d.dial
	must(t, check.Prepare(t.Context()))
	target, _ := check.Target()
	return check.Do(t.Context(), target)[0]
}
