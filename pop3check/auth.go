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

// User gives the name of the mailbox; Pass comes next (RFC 1939 §7).
func (s *Session) User(name string) (Reply, error) { return s.command("USER", name) }

// Pass gives the password after User (RFC 1939 §7).
func (s *Session) Pass(password wire.Secret) (Reply, error) {
	return s.login(s.command("PASS", password))
}

// ErrNoTimestamp is what APOP returns where the greeting did not allow it.
var ErrNoTimestamp = errors.New("the greeting has no well-formed message id for APOP (RFC 1939 §7)")

// APOP logs in without sending the password (RFC 1939 §7). It is refused here
// where the greeting has no well-formed message id: bytes of an attacker's
// choice in its place lead to the password (CVE-2007-1558).
func (s *Session) APOP(name string, password wire.Secret) (Reply, error) {
	if s.timestamp == "" {
		return Reply{}, ErrNoTimestamp
	}
	digest := md5.Sum([]byte(s.timestamp + password.Reveal()))
	return s.login(s.command("APOP", name, wire.Secret(hex.EncodeToString(digest[:]))))
}

// login remembers a success.
func (s *Session) login(reply Reply, err error) (Reply, error) {
	s.loggedIn = s.loggedIn || err == nil
	return reply, err
}

// findTimestamp returns the message id in a greeting's text, empty where there
// is none, more than one, or only what looks like one.
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

// isMessageID tells whether text is what a message id has in its brackets (RFC 822
// §6.1, without the quoted forms that no server uses): that strict, because what
// else could stand here is what the attack on APOP needs.
func isMessageID(text string) bool {
	local, domain, _ := strings.Cut(text, "@")
	address := strings.TrimSuffix(strings.TrimPrefix(domain, "["), "]")
	isAddress := len(domain) == len(address)+len("[]") && consistsOf(address, alphanumeric+".:")
	return isDotAtom(local) && (isDotAtom(domain) || isAddress)
}

const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// isDotAtom tells whether text is made of atoms with dots between them.
func isDotAtom(text string) bool {
	for atom := range strings.SplitSeq(text, ".") {
		if !consistsOf(atom, alphanumeric+"!#$%&'*+/=?^_`{|}~-") {
			return false
		}
	}
	return true
}

// consistsOf tells whether text is one or more of the letters.
func consistsOf(text, letters string) bool {
	return text != "" && strings.Trim(text, letters) == ""
}

// maxCommand bounds a command, in bytes with its line end (RFC 2449 §4).
const maxCommand = 255

// Auth logs in by a SASL mechanism (RFC 5034). The initial response goes along with the
// command where the server takes it, as CAPA shows (RFC 2449 §6.4), and where the command
// does not get too long by it (RFC 5034 §4).
func (s *Session) Auth(client sasl.Client) (reply Reply, err error) {
	verb := "AUTH"
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
			s.owed = false
			reply, err = readVerdict(verb, line)
		}
		return challenge, more, err
	}
	err = transport.Exchange(s.Conn, client, begin, next)
	return s.login(reply, err)
}

// cutChallenge returns the text of a challenge, which is "+" and a space (RFC 5034 §4),
// and of no other line. The space may be missing where nothing follows it.
func cutChallenge(line string) (challenge string, ok bool) {
	if line == "+" {
		return "", true
	}
	return strings.CutPrefix(line, "+ ")
}
