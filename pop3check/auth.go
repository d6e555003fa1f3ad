package pop3check

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"

	"mailprobe/sasl"
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

// Auth logs in by a SASL mechanism (RFC 5034). The initial response goes along
// with the command where CAPA's answer has shown that the server takes it.
func (s *Session) Auth(client sasl.Client) (Reply, error) {
	exchange, err := sasl.Begin(client)
	if err != nil {
		return Reply{}, err
	}
	exchange.Note, exchange.Hide = s.Conn.NoteOdd, s.Conn.Transcript.Hide
	d := dialogue{exchange, s, "AUTH " + exchange.Mechanism}
	return s.login(d.run())
}

// dialogue is one run of a mechanism.
type dialogue struct {
	*sasl.Exchange
	session *Session
	verb    string
}

func (d *dialogue) run() (Reply, error) {
	if err := d.begin(); err != nil {
		return Reply{}, err
	}
	for {
		line, err := d.session.Conn.ReadLine()
		if err != nil {
			return Reply{}, err
		}
		challenge, ok := cutChallenge(line)
		if !ok {
			d.session.owed = false
			return d.end(readVerdict(d.verb, line))
		}
		answer, err := d.Answer(challenge)
		if err != nil {
			return Reply{}, d.cancel(err)
		}
		if err := d.session.Conn.Cmd("%s", answer); err != nil {
			return Reply{}, err
		}
	}
}

// begin sends the command, with the initial response if that is possible.
// RFC 2449 §6.4: a server with the capability SASL takes it. RFC 5034 §4: not if
// the command would get too long.
func (d *dialogue) begin() error {
	initial := d.Initial()
	fits := len(d.verb)+1+len(initial)+len("\r\n") <= maxCommand
	if initial == "" || !fits || !d.session.offered.Has(TagSASL) {
		return d.session.send(d.verb)
	}
	d.Sent()
	return d.session.send(d.verb, initial)
}

// cutChallenge tells a challenge from a status line: "+" and a space (RFC 5034 §4).
// The space may be missing where nothing follows it.
func cutChallenge(line string) (challenge string, ok bool) {
	if line == "+" {
		return "", true
	}
	return strings.CutPrefix(line, "+ ")
}

// cancel ends the dialogue for a reason of this side's: with "*", which the
// server refuses (RFC 5034 §4).
func (d *dialogue) cancel(reason error) error {
	if err := d.session.Conn.Cmd("*"); err == nil {
		_, _ = d.session.reply(d.verb)
	}
	return reason
}

// end adds to the server's verdict what only the mechanism knows.
func (d *dialogue) end(reply Reply, err error) (Reply, error) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		refusal.Reason = d.Reason()
	}
	if err == nil {
		err = d.Verify()
	}
	return reply, err
}
