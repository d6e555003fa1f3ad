package pop3check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/sasl"
)

// identify finds out who is to log in, and hides the secret from the first line
// on: a server may say it before it was ever sent.
func (w *walk) identify() {
	w.identity, w.login, w.loginError = w.Account.For(w.Target.Host, w.Target.User)
	w.Result.Transcript.Hide(w.identity.Password, w.identity.Token)
}

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	if w.loginError != nil {
		return probe.Fail(probe.Unknown, w.loginError, "")
	}
	if err := w.Confidential(); err != nil {
		return err
	}
	way, err := w.way()
	if err != nil {
		return probe.Fail(probe.Critical, err, "enable a mechanism on the server, or name another with --auth")
	}
	logIn, err := w.verbs(way)
	if err != nil {
		return probe.Fail(probe.Unknown, err, "")
	}
	s.Learn(probe.Text("auth_mechanism", string(way)), probe.Text("user", w.identity.User))
	reply, err := logIn()
	if err != nil {
		return judge(s, err)
	}
	w.loggedIn = fmt.Sprintf("%s by %s", w.identity.User, way)
	s.Say(quote(reply.Line))
	return nil
}

// verbs returns how to log in by a mechanism. The error is the user's, who gave
// the wrong sort of secret for it.
func (w *walk) verbs(way Mechanism) (func() (Reply, error), error) {
	id := w.identity
	switch {
	case (way == APOP || way == User) && id.Password == "":
		return nil, fmt.Errorf("%s needs a password: give it with --password-file, --password-env, --password-command or --netrc", way)
	case way == APOP:
		return func() (Reply, error) { return w.session.APOP(id.User, id.Password) }, nil
	case way == User:
		return w.userAndPass, nil
	}
	client, err := sasl.New(string(way), id, w.Target.Host, w.Target.Port)
	return func() (Reply, error) { return w.session.Auth(client) }, err
}

func (w *walk) userAndPass() (Reply, error) {
	if reply, err := w.session.User(w.identity.User); err != nil {
		return reply, err
	}
	return w.session.Pass(w.identity.Password)
}

// way is the mechanism that was asked for, if it is offered, else the strongest.
func (w *walk) way() (Mechanism, error) {
	ways := w.ways()
	wanted := w.Mechanism
	switch {
	case wanted == "":
		return strongest(ways, w.identity)
	case slices.Contains(ways, string(wanted)), w.mute && wanted != APOP:
		return wanted, nil
	case wanted == APOP:
		return "", ErrNoTimestamp
	}
	return "", fmt.Errorf("the server does not offer %s (it offers %s)", wanted, cmp.Or(strings.Join(ways, " "), "no way to log in"))
}

// ways are the mechanisms that the server offers. A server without CAPA knows
// USER, which was the only way to log in besides APOP then (RFC 2449 §6.3).
func (w *walk) ways() []string {
	ways := w.offered.Mechanisms()
	if w.timed {
		ways = append(ways, string(APOP))
	}
	if w.mute || w.offered.Has(TagUser) {
		ways = append(ways, string(User))
	}
	return ways
}

// strongest returns the first that is offered of the mechanisms for the
// identity's secret. Those come first that do not show the password to the server.
func strongest(ways []string, id sasl.Identity) (Mechanism, error) {
	order := []string{sasl.ScramSHA256, sasl.ScramSHA1, sasl.CramMD5, string(APOP), sasl.Plain, sasl.Login, string(User)}
	if id.Token != "" {
		order = []string{sasl.OAuthBearer, sasl.XOAuth2}
	}
	for _, name := range order {
		if slices.Contains(ways, name) {
			return Mechanism(name), nil
		}
	}
	if len(ways) == 0 {
		return "", errors.New("the server offers no way to log in")
	}
	return "", fmt.Errorf("the server offers %s, which is none of %s", strings.Join(ways, " "), strings.Join(order, " "))
}
