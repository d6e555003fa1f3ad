package delivery

import (
	"errors"
	"testing"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

// What a refusal means for the run goes by its cause.
func TestWhatARefusalMeans(t *testing.T) {
	locked := &probe.Cause{Name: "locked", Blame: probe.BlameAccount, Status: probe.Warning}
	for _, test := range []struct {
		cause           *probe.Cause
		busy, lockedOut bool
	}{
		{locked, true, false},
		{transport.CauseTooManyConnections, true, false},
		{transport.CauseAuthServiceDown, true, false},
		{transport.CauseDiskFull, false, false},
		{transport.CauseWrongCredentials, false, true},
		{transport.CauseAccountDisabled, false, true},
		{transport.CauseAccountLocked, false, true}, // to try again makes it worse
		{transport.CauseRefusedUnclear, false, false},
	} {
		err := probe.RefuseBecause(test.cause, errors.New("no"))
		if isBusy(err) != test.busy || isLockedOut(err) != test.lockedOut {
			t.Errorf("%s: busy %v, locked out %v", test.cause.Name, isBusy(err), isLockedOut(err))
		}
	}
	// A server that is down is not asked again and again before anything is sent.
	if err := probe.Because(transport.CauseRefused, errors.New("refused")); isBusy(err) || isLockedOut(err) {
		t.Error("a connection that is refused is taken for an answer")
	}
}

// The server may greylist in any step, and in words that are also those of another
// cause; what is no refusal is never tried again.
func TestIsGreylisted(t *testing.T) {
	grey := &probe.Cause{Name: "greylisted", Blame: probe.BlameNobody, Status: probe.Warning}
	reply := func(verb string, code int) error {
		return &smtpcheck.Refusal{Refusal: transport.Refusal[smtpcheck.Reply]{Verb: verb, Reply: smtpcheck.Reply{Code: code, Lines: []string{"later"}}}}
	}
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"at the end of the message": {probe.RefuseBecause(grey, reply("the message", 451)), true},
		"in place of a session":     {probe.RefuseBecause(grey, reply("connection", 421)), true},
		"or the server's milter":    {probe.RefuseBecause(transport.CauseServerFault, reply("MAIL", 451), grey), true},
		"a lost connection":         {probe.Because(grey, errors.New("connection closed")), false},
		"a dead table":              {probe.RefuseBecause(transport.CauseLookupFailed, reply("RCPT", 451)), false},
		"no cause, by its code":     {&probe.Failure{Status: probe.Warning, Err: reply("RCPT", 450), Refused: true}, true},
		"no cause, elsewhere":       {&probe.Failure{Status: probe.Critical, Err: reply("MAIL", 450), Refused: true}, false},
		"nothing":                   {nil, false},
	} {
		if got := isGreylisted(test.err); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// What kept the run from something comes before what it was kept from, unless it
// says no more than that the server refused.
func TestCausesOf(t *testing.T) {
	for _, test := range []struct {
		err   error
		first string
		also  int
	}{
		{probe.RefuseBecause(transport.CauseServerFault, errors.New("no"), transport.CauseOverloaded), "server-fault", 2},
		{probe.RefuseBecause(transport.CauseRefusedUnclear, errors.New("no")), "not-deleted", 0},
		{errors.New("no"), "not-deleted", 0},
	} {
		first, also := causesOf(test.err, CauseNotDeleted)
		if first.Name != test.first || len(also) != test.also {
			t.Errorf("%v: got %s and %d more", test.err, first.Name, len(also))
		}
	}
}

// What may be behind a bounce is reported with it, and what to do where that is for the
// server that refused the message.
func TestBouncedFor(t *testing.T) {
	for _, test := range []struct {
		why  []*probe.Cause
		hint string
	}{
		{nil, CauseBounced.Hint},
		{[]*probe.Cause{transport.CauseDiskFull, transport.CauseOverloaded}, transport.CauseDiskFull.Hint + "; " + CauseBounced.Hint},
		{[]*probe.Cause{transport.CauseLoginRequired}, CauseBounced.Hint},
	} {
		cause, also := bouncedFor(test.why)
		if !cause.Is(CauseBounced) || cause.Status != probe.Critical || cause.Hint != test.hint || len(also) != len(test.why) {
			t.Errorf("%v: got %+v and %v", test.why, cause, also)
		}
	}
}

// Every cause is documented, under a name of its own.
func TestCauses(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Causes() {
		if c.Name == "" || c.Blame == "" || c.Meaning == "" || c.Hint == "" || c.Source == "" || probe.Worst(c.Status, probe.OK) == probe.OK {
			t.Errorf("%+v is not complete", c)
		}
		if names[c.Name] {
			t.Errorf("there are two causes %s", c.Name)
		}
		names[c.Name] = true
	}
	for _, other := range append(probe.Causes(), transport.Causes()...) {
		if names[other.Name] {
			t.Errorf("%s has two meanings", other.Name)
		}
	}
}
