package mailtest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// What a log-in is answered (RFC 2449 §8.1, RFC 3206 §4).
var (
	errPassword = errors.New("[AUTH] Authentication failed")
	errInUse    = errors.New("[IN-USE] Mailbox is locked by another session")
	errDelay    = errors.New("[LOGIN-DELAY] Minimum time between log-ins not over")
)

// permitted reports whether a password may be sent on this connection; if not it answers so.
func (s *popSession) permitted() bool {
	if s.secure() || s.host.config.InsecureAuth {
		return true
	}
	s.say("-ERR [AUTH] Plaintext authentication disallowed on non-secure connections")
	return false
}

func (s *popSession) name(argument string) {
	if !s.permitted() {
		return
	}
	// Whether there is such a user shows at the password (RFC 1939 §13).
	s.user = argument
	s.say("+OK")
}

func (s *popSession) pass(password string) {
	switch {
	case !s.permitted():
	case s.user == "":
		s.say("-ERR USER first")
	default:
		s.answerLogin(s.open(s.host.logIn(s.user, password)))
	}
}

// apop logs in by the digest of timestamp and password (RFC 1939 §7).
func (s *popSession) apop(argument string) {
	user, digest, _ := strings.Cut(argument, " ")
	box := s.host.account(user)
	if box != nil {
		sum := md5.Sum([]byte(s.timestamp + box.account.Password))
		if !strings.EqualFold(digest, hex.EncodeToString(sum[:])) {
			box = nil
		}
	}
	s.answerLogin(s.open(box))
}

// auth logs in by SASL (RFC 5034).
func (s *popSession) auth(argument string) {
	if !s.permitted() {
		return
	}
	name, initial, _ := strings.Cut(argument, " ")
	mechanism := newMechanism(name, func(user, password string) error {
		return s.open(s.host.logIn(user, password))
	})
	if mechanism == nil {
		s.say("-ERR Unrecognized authentication type")
		return
	}
	response, ok := decodeSASL(initial)
	for ok {
		challenge, done, err := mechanism.Next(response)
		if done || err != nil {
			s.answerLogin(err)
			return
		}
		s.say("+ %s", base64.StdEncoding.EncodeToString(challenge))
		var line string
		if s.out.Flush() != nil {
			return
		}
		if line, ok = s.read(); !ok {
			s.ended = true
			return
		}
		if response, ok = decodeSASL(line); response == nil {
			response = []byte{}
		}
	}
	s.say("-ERR Authentication cancelled")
}

// decodeSASL reads a response; nil where there is none, "=" stands for one of no
// bytes.
func decodeSASL(text string) (response []byte, ok bool) {
	switch text {
	case "":
		return nil, true
	case "=":
		return []byte{}, true
	}
	response, err := base64.StdEncoding.DecodeString(text)
	return response, err == nil
}

// open takes the mailbox of a user who has proved to be one, nil otherwise.
func (s *popSession) open(box *mailbox) error {
	switch {
	case box == nil:
		return errPassword
	case box.idle() < s.host.Faults().LoginDelay:
		return errDelay
	case box.lock() != nil:
		return errInUse
	}
	s.box, s.messages, s.deleted = box, box.list(), map[int]bool{}
	return nil
}

func (s *popSession) answerLogin(err error) {
	if err == nil {
		s.say("+OK Logged in.")
		return
	}
	s.user = ""
	s.failed++
	s.ended = s.failed >= maxFailedLogins
	s.say("-ERR %s", err)
}

// release gives the mailbox back.
func (s *popSession) release() {
	if s.box != nil {
		s.box.unlock()
		s.box = nil
	}
}
