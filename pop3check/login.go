package pop3check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/sasl"
)

// wantsLogin tells whether there is a user name, or a secret in want of one.
func (w *walk) wantsLogin() bool {
	_, wanted, err := w.identity()
	return wanted || err != nil
}

func (w *walk) identity() (sasl.Identity, bool, error) {
	return w.Account.For(w.Target.Host, w.Target.User)
}

// auth logs in.
func (w *walk) auth(s *probe.Step) error {
	id, _, err := w.identity()
	if err != nil {
		return probe.Fail(probe.Unknown, err, "")
	}
	w.result.Transcript.Hide(id.Password, id.Token)
	if err := w.Confidential(); err != nil {
		return err
	}
	way, err := w.way(id)
	if err != nil {
		return probe.Fail(probe.Critical, err, "enable a mechanism on the server, or name another with --auth")
	}
	s.Learn(probe.Text("auth_mechanism", string(way)), probe.Text("user", id.User))
	reply, err := w.login(way, id)
	if err != nil {
		return w.critical(s, err, "user name or password is wrong, or the account may not log in here: see the server's log for which")
	}
	w.loggedIn = fmt.Sprintf("%s by %s", id.User, way)
	s.Say(quote(reply.Line))
	return nil
}

// login uses the verbs of a way to log in.
func (w *walk) login(way Mechanism, id sasl.Identity) (Reply, error) {
	switch way {
	case APOP:
		return w.session.APOP(id.User, id.Password)
	case User:
		if reply, err := w.session.User(id.User); err != nil {
			return reply, err
		}
		return w.session.Pass(id.Password)
	}
	client, err := sasl.New(string(way), id, w.Target.Host, w.Target.Port)
	if err != nil {
		return Reply{}, err
	}
	return w.session.Auth(client)
}

// way is the mechanism that was asked for, if it is offered, else the strongest.
func (w *walk) way(id sasl.Identity) (Mechanism, error) {
	ways := w.ways()
	wanted := w.Mechanism
	switch {
	case wanted == "":
		return strongest(ways, id)
	case slices.Contains(ways, string(wanted)), w.mute && wanted != APOP:
		return wanted, needs(wanted, id)
	case wanted == APOP:
		return "", ErrNoTimestamp
	}
	return "", fmt.Errorf("the server does not offer %s (it offers %s)", wanted, firstOf(strings.Join(ways, " "), "no way to log in"))
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

// needs makes sure that there is a password for the ways that sasl does not know.
func needs(way Mechanism, id sasl.Identity) error {
	if (way == APOP || way == User) && id.Password == "" {
		return fmt.Errorf("%s needs a password: give it with --password-file, --password-env, --password-command or --netrc", way)
	}
	return nil
}
