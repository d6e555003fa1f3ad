package transport

import (
	"context"
	"errors"
	"testing"

	"mailprobe/probe"
	"mailprobe/sasl"
)

func refusal(words string, causes ...*probe.Cause) error {
	return probe.RefuseBecause(causes[0], errors.New(words), causes[1:]...)
}

// A second try is made where the refusal may be the mechanism's own fault, and not where
// the server speaks of a lock, a limit, the account or a fault of its own.
func TestMayBeMechanism(t *testing.T) {
	for _, test := range []struct {
		err  error
		want bool
	}{
		{refusal("535", CauseWrongCredentials), true},
		{refusal("535", CauseWrongCredentials, CauseAppPassword), true},
		{refusal("504", CauseLoginNotOffered), true},
		{refusal("500", CauseRefusedUnclear), true},
		{refusal("432", CausePasswordTransition), true},
		{refusal("BAD", &probe.Cause{Name: "command-unknown", Status: probe.Unknown}), true},
		{&probe.Failure{Status: probe.Critical, Err: errors.New("a refusal without a cause"), Refused: true}, true},
		{refusal("too many invalid attempts", CauseWrongCredentials, CauseAccountLocked), false},
		{refusal("locked", CauseAccountLocked), false},
		{refusal("disabled", CauseAccountDisabled), false},
		{refusal("limit", CauseTooManyConnections), false},
		{refusal("slowly", CauseRateLimited), false},
		{refusal("454", CauseAuthServiceDown), false},
		{refusal("token", CauseTokenNeeded), false},
		{refusal("application password", CauseAppPassword), false},
		{refusal("expired", CausePasswordExpired), false},
		{refusal("TLS", CauseTLSRequired), false},
		{&probe.Failure{Status: probe.Warning, Err: errors.New("a warning without a cause"), Refused: true}, false},
		{probe.Because(CauseProtocolError, errors.New("no refusal")), false},
		{errors.New("broken"), false},
		{nil, false},
	} {
		if got := (loginTry{mechanism: sasl.Plain, err: test.err}).mayBeMechanism(); got != test.want {
			t.Errorf("%v: got %v, want %v", test.err, got, test.want)
		}
	}
}

// A mechanism that conceals the password needs it in a form of its own, over which a
// server can fail.
func TestFaultOfMechanism(t *testing.T) {
	fault := refusal("cannot authenticate", CauseServerFault)
	generic := refusal("generic failure", CauseAuthServiceDown, CauseServerFault)
	for _, test := range []struct {
		mechanism string
		err       error
		want      bool
	}{
		{sasl.ScramSHA1, fault, true},
		{sasl.APOP, fault, true},
		{sasl.CramMD5, generic, true},
		{sasl.Plain, fault, false},
		{sasl.XOAuth2, fault, false},
		{sasl.CramMD5, refusal("454", CauseAuthServiceDown), false},
		{sasl.CramMD5, refusal("locked", CauseAccountLocked), false},
	} {
		if got := (loginTry{mechanism: test.mechanism, err: test.err}).mayBeMechanism(); got != test.want {
			t.Errorf("%s, %v: got %v, want %v", test.mechanism, test.err, got, test.want)
		}
	}
}

// Of two refusals both are quoted, and the cause is of the last that says no less.
func TestBothRefused(t *testing.T) {
	closed := errors.New("closed")
	for _, test := range []struct {
		first, second error
		want          *probe.Cause
		refused       bool
	}{
		{refusal("one", CauseWrongCredentials), refusal("two", CauseWrongCredentials), CauseWrongCredentials, true},
		{refusal("one", CauseWrongCredentials), refusal("two", CauseAccountLocked), CauseAccountLocked, true},
		{refusal("one", CauseRefusedUnclear), refusal("two", CauseWrongCredentials), CauseWrongCredentials, true},
		{refusal("one", CauseWrongCredentials), refusal("two", CauseLoginNotOffered), CauseWrongCredentials, true},
		{refusal("one", CauseLoginNotOffered), refusal("two", CauseRefusedUnclear), CauseRefusedUnclear, true},
		{refusal("one", CauseServerFault), refusal("two", CauseWrongCredentials), CauseWrongCredentials, true},
		{refusal("one", CauseServerFault), refusal("two", CauseRefusedUnclear), CauseServerFault, true},
		{refusal("one", CauseWrongCredentials), probe.Because(CauseClosed, closed), CauseWrongCredentials, true},
	} {
		err := loginTry{sasl.CramMD5, probe.Step{}, test.first}.and(loginTry{sasl.Plain, probe.Step{}, test.second})
		var f *probe.Failure
		if !errors.As(err, &f) || !f.Cause.Is(test.want) || f.Refused != test.refused || f.Hint != f.Cause.Hint {
			t.Errorf("%v, %v: got %+v", test.first, test.second, f)
		}
		if want := test.first.Error() + "; and by PLAIN: " + test.second.Error(); err.Error() != want || !errors.Is(err, errors.Unwrap(test.second)) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

// What SCRAM says of a failure counts where the refusal itself says less.
func TestExplain(t *testing.T) {
	for _, test := range []struct {
		refused *probe.Cause
		reason  string
		want    *probe.Cause
	}{
		{CauseRefusedUnclear, "e=invalid-proof", CauseWrongCredentials},
		{CauseRefusedUnclear, "e=unknown-user,x=1", CauseWrongCredentials},
		{CauseWrongCredentials, "e=channel-bindings-dont-match", CauseRefusedUnclear},
		{CauseWrongCredentials, "e=no-resources", CauseOverloaded},
		{CauseAccountLocked, "e=invalid-proof", CauseAccountLocked},
		{CauseWrongCredentials, "e=other-error", CauseWrongCredentials},
		{CauseRefusedUnclear, "e=other-error", CauseRefusedUnclear},
		{CauseRefusedUnclear, "", CauseRefusedUnclear},
	} {
		var f *probe.Failure
		err := explain(refusal("535 no", test.refused), test.reason)
		if !errors.As(err, &f) || !f.Refused || !f.Cause.Is(test.want) || err.Error() != "535 no" {
			t.Errorf("%s with %q: got %+v", test.refused.Name, test.reason, f)
		}
	}
	if err := explain(nil, "e=invalid-proof"); err != nil {
		t.Errorf("a success is %v", err)
	}
}

// One session of a run at a time tries a second mechanism for an account.
func TestTurns(t *testing.T) {
	var m memory
	done, ok := m.wait(t.Context(), "alice mx")
	if !ok {
		t.Fatal("there is no turn")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := m.wait(ended, "alice mx"); ok {
		t.Error("two have a turn")
	}
	if other, ok := m.wait(t.Context(), "bob mx"); !ok {
		t.Error("another account has no turn")
	} else {
		other()
	}
	m.keep("alice mx", verdict{both: true})
	done()
	done, ok = m.wait(t.Context(), "alice mx")
	if !ok || !m.read("alice mx").both || m.read("bob mx").both {
		t.Error("what was shown is not known")
	}
	done()
}
