package pop3check_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/probe/probetest"
	"mailprobe/wire"
)

// open logs in at a server that plays a script.
func open(t *testing.T, script string, args ...string) (*pop3check.OpenSession, *probe.Result, error) {
	t.Helper()
	c := pop3check.NewCheck(&probe.Options{Timeout: probe.DefaultTimeout, Dial: probetest.Dial(t, script)})
	t.Setenv("OPEN_PASSWORD", "wonderland")
	if _, err := probe.ParseArgs(c.DeclareSession(), append(args, "--tls=off", "--auth-without-tls")); err != nil {
		t.Fatal(err)
	}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	target, err := pop3check.Kind().ParseTarget("192.0.2.110")
	if err != nil {
		t.Fatal(err)
	}
	r := &probe.Result{Transcript: &wire.Transcript{}}
	v, err := c.LogIn(t.Context(), target, r)
	return v, r, err
}

const greeted = "S: +OK\nC: CAPA\nS: +OK\nS: TOP\nS: UIDL\nS: USER\nS: .\n"

func TestLogIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, r, err := open(t, greeted+"C: USER alice\nS: +OK\nC: PASS ***\nS: +OK\nC: DELE 3\nS: +OK\nC: QUIT\nS: +OK gone\n", "-u", "alice", "--password-env", "OPEN_PASSWORD")
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		if !v.Offered.Has(pop3check.TagUIDL) || v.NoCAPA || r.Step("auth") == nil || r.Step("stat") != nil {
			t.Errorf("offered %s, no CAPA %v, steps %v", v.Offered, v.NoCAPA, r.Steps)
		}
		v.NextStep()
		if _, err := v.Dele(3); err != nil {
			t.Error(err)
		}
		if reply, err := v.Quit(); err != nil || reply.Text != "gone" {
			t.Errorf("QUIT: %v, %v", reply, err)
		}
	})
}

// Whoever is refused, or has no name, has said goodbye.
func TestLogInRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := open(t, greeted+"C: USER alice\nS: +OK\nC: PASS ***\nS: -ERR [IN-USE] locked\nC: QUIT\nS: +OK\n", "-u", "alice", "--password-env", "OPEN_PASSWORD")
		var refusal *pop3check.Refusal
		if !errors.As(err, &refusal) || !refusal.Reply.HasCode(pop3check.CodeInUse) {
			t.Errorf("got %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		if _, _, err := open(t, greeted+"C: QUIT\nS: +OK\n"); err == nil {
			t.Error("nobody has logged in")
		}
	})
}
