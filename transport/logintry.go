package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/sasl"
)

// loginTry is one attempt to log in.
type loginTry struct {
	mechanism string
	step      probe.Step // what it has shown
	err       error      // graded
}

// client returns a client for the mechanism.
func (l *Login) client(mechanism string) (sasl.Client, error) {
	return sasl.New(mechanism, l.identity, l.link.Target.Host, l.link.Target.Port)
}

// try logs in by a mechanism.
func (l *Login) try(s *probe.Step, mechanism string, ways Ways) loginTry {
	a := loginTry{mechanism: mechanism, step: probe.Step{Name: s.Name}}
	client, err := l.client(mechanism)
	if err != nil {
		a.err = probe.Because(probe.CauseUsage, err)
		return a
	}
	transcript := l.link.Result.Transcript
	before := transcript.Len()
	reply, err := ways.Try(&a.step, mechanism, client)
	a.err = explain(l.link.Broken(s.Name, l.link.Answered(&a.step, reply, err)), sasl.Reason(client))
	transcript.Hide(pageTokens(transcript.ServerSaid(before))...)
	l.link.ShowOdd(s)
	return a
}

// explain adds to the error of an attempt what only the mechanism knows: the server's
// faults, and what it said in a challenge.
func explain(err error, reason string) error {
	var refusal *probe.Failure
	var fault *sasl.Fault
	graded := errors.As(err, &refusal)
	switch {
	case errors.Is(err, sasl.ErrCostly) && graded:
		return probe.Because(CauseSCRAMCostly, refusal.Err)
	case errors.Is(err, sasl.ErrCostly):
		return probe.Because(CauseSCRAMCostly, err)
	case errors.As(err, &fault) && graded:
		return probe.Because(CauseProtocolError, refusal.Err)
	case fault != nil:
		return probe.Because(CauseProtocolError, err)
	}
	cause := causeOfSCRAM(reason)
	if cause == nil || !graded || !refusal.Refused || weight(refusal.Cause) > 1 {
		return err
	}
	return probe.RefuseBecause(cause, refusal.Err)
}

// causeOfSCRAM returns the cause of a SCRAM server-error (RFC 5802 §7), nil if it does
// not say.
func causeOfSCRAM(reason string) *probe.Cause {
	word, _, _ := strings.Cut(reason, ",") // extensions follow
	switch word {
	case "e=invalid-proof", "e=unknown-user", "e=invalid-username-encoding":
		return CauseWrongCredentials
	case "e=no-resources":
		return CauseOverloaded
	case "e=channel-bindings-dont-match", "e=server-does-support-channel-binding",
		"e=channel-binding-not-supported", "e=unsupported-channel-binding-type":
		return CauseRefusedUnclear.Advise("the server wants the log-in bound to the TLS channel, which mailprobe does not do: name a mechanism other than SCRAM with --auth")
	}
	return nil
}

// weight ranks the causes of refused log-ins by how much they say about account and
// server: 0 if only the mechanism may be at fault, or nothing is known; 1 for the
// credentials; 2 for a lock, a limit, a service that is down and all else.
func weight(c *probe.Cause) int {
	if c == nil {
		return 0
	}
	switch c.Name {
	case CauseRefusedUnclear.Name, CauseLoginNotOffered.Name, "command-unknown":
		return 0
	case CauseWrongCredentials.Name, CausePasswordTransition.Name:
		return 1
	}
	return 2
}

// mayBeMechanism reports whether the refusal may be due to the mechanism: the server's
// words are about the credentials, the mechanism or nothing, or the server failed at a
// mechanism that needs the password in a form of its own. If they may be about a lock or
// a limit, another attempt could make that worse.
func (a loginTry) mayBeMechanism() bool {
	var f *probe.Failure
	if !errors.As(a.err, &f) || !f.Refused || f.Status == probe.Warning {
		return false
	}
	if weight(f.Cause) > 1 && !(sasl.Conceals(a.mechanism) && isFault(f)) {
		return false
	}
	return !slices.ContainsFunc(f.Also, func(c *probe.Cause) bool { return c.Status == probe.Warning })
}

// isFault reports whether the server may have failed at the log-in itself: without
// secrets for a mechanism some servers say that they cannot authenticate or are
// misconfigured.
func isFault(f *probe.Failure) bool {
	return f.Cause.Is(CauseServerFault) || slices.ContainsFunc(f.Also, CauseServerFault.Is)
}

// isRefused reports whether the server refused the log-in.
func (a loginTry) isRefused() bool {
	var f *probe.Failure
	return errors.As(a.err, &f) && f.Refused
}

// and joins two refusals. Both are quoted; the cause is that of the second, unless the
// first says more.
func (a loginTry) and(second loginTry) error {
	var f, g *probe.Failure
	if !errors.As(a.err, &f) {
		return a.err
	}
	both, then := *f, second.err
	if errors.As(second.err, &g) {
		then = g.Err
	}
	says := weight(f.Cause)
	if isFault(f) {
		says = weight(CauseWrongCredentials) // may have been the mechanism's alone
	}
	if second.isRefused() && weight(g.Cause) >= says {
		both = *g
	}
	both.Err = fmt.Errorf("%w; and by %s: %w", f.Err, second.mechanism, then)
	return &both
}
