package imapcheck

import (
	"cmp"
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
	mechanism, err := w.mechanism()
	if err != nil {
		return probe.Fail(probe.Critical, err, "enable a mechanism on the server, or name another with --auth")
	}
	logIn, err := w.verb(mechanism)
	if err != nil {
		return probe.Fail(probe.Unknown, err, "")
	}
	s.Learn(probe.Text("auth_mechanism", mechanism), probe.Text("user", w.identity.User))
	reply, err := logIn()
	if err != nil {
		return judge(s, err)
	}
	w.loggedIn = fmt.Sprintf("%s by %s", w.identity.User, mechanism)
	s.Say(reply.brief())
	return nil
}

// mechanism is the one that was asked for, if it is offered, else the strongest.
func (w *walk) mechanism() (string, error) {
	offered := ways(w.session.Capabilities())
	wanted := string(w.Mechanism)
	switch {
	case wanted == "":
		return sasl.Choose(offered, w.identity)
	case slices.Contains(offered, wanted):
		return wanted, nil
	case wanted == sasl.Login:
		return "", fmt.Errorf("the server has LOGIN disabled (it offers %s)", cmp.Or(strings.Join(offered, " "), "no way to log in"))
	}
	return "", fmt.Errorf("the server does not offer %s (it offers %s)", wanted, cmp.Or(strings.Join(offered, " "), "no way to log in"))
}

// verb returns how to log in by a mechanism. The error is the user's, who gave
// the wrong sort of secret for it.
func (w *walk) verb(mechanism string) (func() (Reply, error), error) {
	id := w.identity
	client, err := sasl.New(mechanism, id, w.Target.Host, w.Target.Port)
	if err == nil && mechanism == sasl.Login && !w.session.Capabilities().Has(capLoginDisabled) {
		return func() (Reply, error) { return w.session.Login(id.User, id.Password) }, nil
	}
	return func() (Reply, error) { return w.session.Authenticate(client) }, err
}
