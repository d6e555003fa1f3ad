package pop3check

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"

	"mailprobe/sasl"
	"mailprobe/transport"
	"mailprobe/wire"
)

// User sends USER with the name of the mailbox. Pass must follow (RFC 1939 §7).
func (s *Session) User(name string) (Reply, error) { return s.command("USER", name) }

// Pass sends PASS with the password, after User (RFC 1939 §7).
func (s *Session) Pass(password wire.Secret) (Reply, error) {
	return s.login(s.command("PASS", password))
}

// ErrNoTimestamp is returned by APOP if the greeting does not permit it.
var ErrNoTimestamp = errors.New("the greeting has no well-formed message id for APOP (RFC 1939 §7)")

// APOP logs in without sending the password (RFC 1939 §7). It is refused if the greeting
// has no well-formed message id, as bytes of an attacker's choice in its place would
// reveal the password (CVE-2007-1558).
func (s *Session) APOP(name string, password wire.Secret) (Reply, error) {
	if s.timestamp == "" {
		return Reply{}, ErrNoTimestamp
	}
	digest := md5.Sum([]byte(s.timestamp + password.Reveal()))
	return s.login(s.command("APOP", name, wire.Secret(hex.EncodeToString(digest[:]))))
}

// login records a success.
func (s *Session) login(reply Reply, err error) (Reply, error) {
	s.loggedIn = s.loggedIn || err == nil
	return reply, err
}

// findTimestamp returns the message id in a greeting; empty if there is none, more than
// one, or none that is well-formed.
func findTimestamp(text string) string {
	var found string
	for _, part := range strings.Split(text, "<")[1:] {
		id, _, closed := strings.Cut(part, ">")
		if !closed || !isMessageID(id) {
			continue
		}
		if found != "" {
			return ""
		}
		found = "<" + id + ">"
	}
	return found
}

// isMessageID reports whether text is a message id without its brackets (RFC 822 §6.1,
// without the quoted forms that no server uses). It is strict, as anything else could be
// part of the attack on APOP.
func isMessageID(text string) bool {
	local, domain, _ := strings.Cut(text, "@")
	address := strings.TrimSuffix(strings.TrimPrefix(domain, "["), "]")
	isAddress := len(domain) == len(address)+len("[]") && consistsOf(address, alphanumeric+".:")
	return isDotAtom(local) && (isDotAtom(domain) || isAddress)
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isDotAtom reports whether text consists of atoms separated by dots.
func isDotAtom(text string) bool {
	for atom := range strings.SplitSeq(text, ".") {
		if !consistsOf(atom, alphanumeric+"!#$%&'*+/=?^_`{|}~-") {
			return false
		}
	}
	return true
}

// consistsOf reports whether text consists of one or more of the letters.
func consistsOf(text, letters string) bool {
	return text != "" && strings.Trim(text, letters) == ""
}

// maxCommand is the longest command, in bytes with its line end (RFC 2449 §4).
const maxCommand = 255

// Auth logs in by a SASL mechanism (RFC 5034). The initial response is sent with the
// command if CAPA has shown that the server takes it (RFC 2449 §6.4) and the command does
// not become too long (RFC 5034 §4).
func (s *Session) Auth(client sasl.Client) (reply Reply, err error) {
	verb := "AUTH"
	s.midCommand = true // until its verdict
	begin := func(mechanism string, initial wire.Secret) (sent bool, err error) {
		verb += " " + mechanism
		if initial == "" || len(verb)+1+len(initial)+len("\r\n") > maxCommand || !s.offered.Has(TagSASL) {
			return false, s.send(verb)
		}
		return true, s.send(verb, initial)
	}
	next := func() (challenge string, more bool, err error) {
		line, err := s.Conn.ReadLine()
		if err != nil {
			return "", false, err
		}
		if challenge, more = cutChallenge(line); !more {
			s.owed, s.midCommand = false, false
			reply, err = readVerdict(verb, line)
		}
		return challenge, more, err
	}
	err = transport.Exchange(s.Conn, client, begin, next)
	return s.login(reply, err)
}

// cutChallenge returns the text of a challenge: a line with "+" and a space (RFC 5034
// §4). The space may be missing if nothing follows. ok is false for other lines.
func cutChallenge(line string) (challenge string, ok bool) {
	if line == "+" {
		return "", true
	}
	return strings.CutPrefix(line, "+ ")
}
