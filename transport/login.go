package transport

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/sasl"
)

// Login is the log-in of one session.
type Login struct {
	// Wanted is set if there is a user to log in as.
	Wanted bool
	// By is the user and mechanism of a successful log-in: "alice by PLAIN".
	By string

	options  *LoginOptions
	link     *Link
	identity sasl.Identity
	err      error // of finding the identity
}

// Ways describes a protocol's login commands and the mechanisms offered.
type Ways struct {
	// Offered are the mechanisms, in capitals.
	Offered []string
	// Unlisted permits any mechanism of --auth, as the server does not list what it
	// offers.
	Unlisted bool
	// Hint says what to do where the server offers no mechanism, if the protocol has more
	// advice than CauseLoginNotOffered.
	Hint string
	// Try logs in by a mechanism and returns the server's answer. client is nil for the
	// commands APOP and USER.
	Try func(s *probe.Step, mechanism string, client sasl.Client) (Reply, error)
}

// Identify determines who is to log in, and registers the secret for redaction before the
// first line is read, as a server may send it before the client does.
func (l *Link) Identify(o *LoginOptions) {
	login := &Login{options: o, link: l}
	login.identity, login.Wanted, login.err = o.Account.For(l.Target.Host, l.Target.User)
	l.Result.Transcript.Hide(login.identity.Password, login.identity.Token)
	l.Login = login
}

// Identity returns who logs in.
func (l *Login) Identity() sasl.Identity { return l.identity }

// Do is the step that logs in: by the mechanism of --auth, otherwise by the strongest
// offered; if that may have been refused for its own sake, once more by a weaker one.
func (l *Login) Do(s *probe.Step, ways Ways) error {
	if l.err != nil {
		return probe.Because(probe.CauseUsage, l.err)
	}
	if err := l.link.Confidential(); err != nil {
		return err
	}
	mechanism, weaker, err := l.choose(s, ways)
	if err != nil {
		return err
	}
	if _, err := l.client(mechanism); err != nil {
		return probe.Because(l.unusable(mechanism), err)
	}
	first := l.try(s, mechanism, ways)
	if weaker == "" || !first.mayBeMechanism() {
		return l.settle(s, first)
	}
	return l.fallBack(s, first, weaker, ways)
}

// fallBack tries a weaker mechanism, unless another session of the run has shown that it
// makes no difference.
func (l *Login) fallBack(s *probe.Step, first loginTry, weaker string, ways Ways) error {
	done, ok := l.options.tried.wait(l.link.ctx, l.account())
	if !ok {
		return l.settle(s, first)
	}
	defer done()
	if l.options.tried.read(l.account()).both {
		s.Say(fmt.Sprintf("%s not tried, since two were refused before in this run", weaker))
		return l.settle(s, first)
	}
	l.link.NextStep() // servers take their time over a refusal
	return l.compare(s, first, l.try(s, weaker, ways))
}

// choose returns the mechanism to try first and the one to try after it, empty for none.
func (l *Login) choose(s *probe.Step, ways Ways) (mechanism, weaker string, err error) {
	if l.options.Mechanism != "" {
		return l.options.Mechanism, "", l.demand(l.options.Mechanism, ways)
	}
	ranked := l.usable(s, sasl.Rank(ways.Offered, l.identity))
	if len(ranked) == 0 {
		return "", "", l.nothingFits(ways)
	}
	known := l.options.tried.read(l.account())
	switch {
	case !l.mayFallBack():
		return ranked[0], "", nil
	case known.works != "" && slices.Contains(ranked, known.works):
		s.Say(fmt.Sprintf("%s left out, since it was refused before in this run", known.broken))
		return known.works, "", nil
	}
	return ranked[0], sasl.Second(ranked), nil
}

// usable drops, over good TLS, the mechanisms that cannot encode the user's name or
// password if others can: SCRAM forbids some characters.
func (l *Login) usable(s *probe.Step, ranked []string) []string {
	fits := slices.DeleteFunc(slices.Clone(ranked), func(mechanism string) bool {
		_, err := l.client(mechanism)
		return err != nil
	})
	if len(fits) == 0 || len(fits) == len(ranked) || !l.overGoodTLS() {
		return ranked
	}
	_, err := l.client(ranked[0])
	s.Say(fmt.Sprintf("%s not tried: %v", ranked[0], err))
	return fits
}

// unusable returns the cause if a mechanism cannot encode the name or the secret.
func (l *Login) unusable(mechanism string) *probe.Cause {
	switch needsToken := sasl.NeedsToken(mechanism); {
	case needsToken && l.identity.Token == "":
		return probe.CauseUsage.Advise("give a token with --token-file, --token-env or --token-command, or name another mechanism with --auth")
	case !needsToken && l.identity.Password == "":
		return probe.CauseUsage.Advise("give a password with --password-file, --password-env, --password-command or --netrc, or name another mechanism with --auth")
	case strings.HasPrefix(mechanism, "SCRAM-"):
		return probe.CauseUsage.Advise("name another mechanism with --auth, such as plain, or change the password")
	}
	return probe.CauseUsage
}

// mayFallBack reports whether a weaker mechanism may be tried.
func (l *Login) mayFallBack() bool { return l.options.Fallback && l.overGoodTLS() }

// overGoodTLS reports whether the session is safe from an attacker who forces a weaker
// mechanism.
func (l *Login) overGoodTLS() bool { return l.link.Conn.TLS() != nil && len(l.link.Faults) == 0 }

// demand returns an error if the mechanism of --auth is not offered.
func (l *Login) demand(mechanism string, ways Ways) error {
	if ways.Unlisted || slices.Contains(ways.Offered, mechanism) {
		return nil
	}
	err := fmt.Errorf("the server does not offer %s (it offers %s)", mechanism, list(ways.Offered))
	return probe.Because(CauseLoginNotOffered.Advise("name one that it offers with --auth, or enable this one on the server"), err)
}

func list(mechanisms []string) string {
	return cmp.Or(strings.Join(mechanisms, " "), "no way to log in")
}

// nothingFits returns the error of a server without a mechanism for the secret.
func (l *Login) nothingFits(ways Ways) error {
	offered := ways.Offered
	if len(offered) == 0 {
		return probe.Because(CauseLoginNotOffered.Advise(cmp.Or(ways.Hint, CauseLoginNotOffered.Hint)), errors.New("the server offers no way to log in"))
	}
	cause, what := CauseLoginNotOffered, "none of which mailprobe has"
	other := sasl.Identity{Token: "x"}
	if l.identity.Token != "" {
		other = sasl.Identity{Password: "x"}
	}
	switch fits := len(sasl.Rank(offered, other)) > 0; {
	case fits && l.identity.Token == "":
		cause, what = CauseTokenNeeded, "which takes a token and no password"
	case fits:
		cause, what = cause.Advise("give a password with --password-file, --password-env, --password-command or --netrc"), "which takes a password and no token"
	default:
		cause = cause.Advise("enable PLAIN over TLS on the server, or another mechanism that mailprobe has")
	}
	return probe.Because(cause, fmt.Errorf("the server offers %s, %s", list(offered), what))
}

// settle ends the step with one attempt.
func (l *Login) settle(s *probe.Step, a loginTry) error {
	l.learn(s, a)
	if a.err == nil {
		l.By = fmt.Sprintf("%s by %s", l.identity.User, a.mechanism)
	}
	return a.err
}

// learn takes over what an attempt has found.
func (l *Login) learn(s *probe.Step, a loginTry) {
	s.Learn(probe.Text("auth_mechanism", a.mechanism), probe.Text("user", l.identity.User))
	s.Learn(a.step.Facts...)
	s.Say(a.step.Detail)
}

// compare ends the step with two attempts.
func (l *Login) compare(s *probe.Step, first, second loginTry) error {
	known := verdict{broken: first.mechanism, works: second.mechanism}
	if second.err != nil {
		known = verdict{both: true}
	}
	l.options.tried.keep(l.account(), known)
	switch {
	case second.err != nil && second.isRefused():
		l.learn(s, second)
		return first.and(second)
	case second.err != nil:
		l.learn(s, first)
		return first.and(second)
	}
	cause := CauseMechanismBroken
	if l.identity.Token != "" {
		cause = cause.Advise("take the mechanism out of those the server offers")
	}
	s.RaiseFor(cause, fmt.Sprintf("%s is offered and refuses a %s that %s takes: %v",
		first.mechanism, l.secret(), second.mechanism, first.err))
	return l.settle(s, second)
}

func (l *Login) secret() string {
	if l.identity.Token != "" {
		return "token"
	}
	return "password"
}

// account identifies the user and the server.
func (l *Login) account() string { return l.identity.User + " " + l.link.Target.Host }
