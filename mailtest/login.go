package mailtest

import (
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
)

// logIn returns the mailbox of a user who has given the right password, else nil.
func (h *Host) logIn(user, password string) *mailbox {
	box := h.account(user)
	if box == nil || subtle.ConstantTimeCompare([]byte(box.account.Password), []byte(password)) != 1 {
		return nil
	}
	return box
}

// mechanisms are the SASL mechanisms of every service.
func mechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// newMechanism makes the server's side of a mechanism, nil for one that is unknown.
func newMechanism(name string, logIn func(user, password string) error) sasl.Server {
	switch strings.ToUpper(name) {
	case sasl.Plain:
		return sasl.NewPlainServer(func(identity, user, password string) error {
			if identity != "" && identity != user {
				return errors.New("nobody may act for another")
			}
			return logIn(user, password)
		})
	case sasl.Login:
		return &loginServer{logIn: logIn}
	}
	return nil
}

// loginServer is the mechanism LOGIN (draft-murchison-sasl-login): the server asks
// for the name, then for the password.
type loginServer struct {
	logIn func(user, password string) error
	asked int // how many questions
	user  string
}

// Next takes an answer and asks the next question.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil && l.asked == 0:
		l.asked = 1
		return []byte("Username:"), false, nil
	case l.asked <= 1:
		l.asked, l.user = 2, string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.logIn(l.user, string(response))
}
