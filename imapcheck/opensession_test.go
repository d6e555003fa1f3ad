package imapcheck_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"

	"mailprobe/imapcheck"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/wire"
)

// open logs in at a server that plays a script.
func open(t *testing.T, script string, args ...string) (*imapcheck.OpenSession, error) {
	t.Helper()
	c := imapcheck.NewCheck(&probe.Options{Timeout: probe.DefaultTimeout, Dial: probetest.Dial(t, script)})
	t.Setenv("OPEN_PASSWORD", "wonderland")
	if _, err := probe.ParseArgs(c.DeclareSession(), append(args, "--tls=off", "--auth-without-tls")); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	target, err := imapcheck.Kind().ParseTarget("192.0.2.143")
	if err != nil {
		t.Fatal(err)
	}
	return c.LogIn(t.Context(), target, &probe.Result{Transcript: &wire.Transcript{}})
}

const greeted = "S: * OK [CAPABILITY IMAP4rev1 UIDPLUS] ready\n"

func TestLogIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, err := open(t, greeted+`C: A1 LOGIN alice ***
S: A1 OK [CAPABILITY IMAP4rev1 UIDPLUS] in
C: A2 UID FETCH 7 (BODY.PEEK[]<0.5>)
S: * 1 FETCH (UID 7 BODY[]<0> {4}
S: A: b\
S: )
S: A2 OK done
C: A3 LOGOUT
S: * BYE
S: A3 OK bye
`, "-u", "alice", "--password-env", "OPEN_PASSWORD")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		v.NextStep()
		var start bytes.Buffer
		if n, err := v.FetchStart(&start, 7, 5); err != nil || n != 4 {
			t.Errorf("%d bytes, %v", n, err)
		}
		if _, err := v.Logout(); err != nil {
			t.Error(err)
		}
	})
}

// Whoever is refused, or has no name, has said goodbye.
func TestLogInRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := open(t, greeted+"C: A1 LOGIN alice ***\nS: A1 NO [UNAVAILABLE] down\nC: A2 LOGOUT\nS: * BYE\nS: A2 OK bye\n", "-u", "alice", "--password-env", "OPEN_PASSWORD")
		var refusal *imapcheck.Refusal
		if !errors.As(err, &refusal) || refusal.Reply.Code != imapcheck.CodeUnavailable {
			t.Errorf("got %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if _, err := open(t, greeted+"C: A1 LOGOUT\nS: * BYE\nS: A1 OK bye\n"); err == nil {
			t.Error("nobody has logged in")
		}
	})
}
