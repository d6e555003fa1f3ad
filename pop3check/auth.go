package pop3check

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
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
	for _, id := range bracketed.FindAllString(text, -1) {
		if !messageID.MatchString(id) {
			continue
		}
		if found != "" {
			return ""
		}
		found = id
	}
	return found
}

// bracketed is what may be a message id. messageID is one (RFC 822 §6.1, without
// the quoted forms that no server uses): that strict, because what else could
// stand here is what the attack on APOP needs.
var (
	bracketed = regexp.MustCompile(`<[^<>]*>`)
	messageID = regexp.MustCompile("^<" + atoms + `@(?:` + atoms + `|\[[0-9A-Za-z.:]+\])>$`)
)

const (
	atom  = "[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
	atoms = atom + `(?:\.` + atom + `)*`
)

// Limits of a SASL dialogue.
const (
	maxCommand    = 255 // bytes with the line end, RFC 2449 §4
	maxChallenges = 16  // no mechanism needs more than 4
)

// Auth logs in by a SASL mechanism (RFC 5034). The initial response goes along
// with the command where CAPA's answer has shown that the server takes it.
func (s *Session) Auth(client sasl.Client) (Reply, error) {
	name, initial, err := client.Start()
	if err != nil {
		return Reply{}, err
	}
	d := dialogue{session: s, client: client, verb: "AUTH " + name, initial: initial}
	return s.login(d.run())
}

// dialogue is one run of a mechanism.
type dialogue struct {
	session *Session
	client  sasl.Client
	verb    string
	initial []byte // what is still to be sent of it, nil for nothing
}

func (d *dialogue) run() (Reply, error) {
	if err := d.begin(); err != nil {
		return Reply{}, err
	}
	for range maxChallenges {
		line, err := d.session.Conn.ReadLine()
		if err != nil {
			return Reply{}, err
		}
		challenge, ok := cutChallenge(line)
		if !ok {
			d.session.owed = false
			return d.end(readVerdict(d.verb, line))
		}
		answer, err := d.answer(challenge)
		if err != nil {
			return Reply{}, d.cancel(err)
		}
		if err := d.session.Conn.Cmd("%s", wire.Secret(encode(answer))); err != nil {
			return Reply{}, err
		}
	}
	return Reply{}, d.cancel(fmt.Errorf("%s: the server has sent %d challenges and no verdict", d.verb, maxChallenges))
}

// begin sends the command, with the initial response if that is possible.
// RFC 2449 §6.4: a server with the capability SASL takes it. RFC 5034 §4: not if
// the command would get too long; an empty one is "=".
func (d *dialogue) begin() error {
	response := encode(d.initial)
	if d.initial != nil && response == "" {
		response = "="
	}
	fits := len(d.verb)+1+len(response)+len("\r\n") <= maxCommand
	if d.initial == nil || !fits || !d.session.offered.Has(TagSASL) {
		return d.session.send(d.verb)
	}
	d.initial = nil
	return d.session.send(d.verb, wire.Secret(response))
}

// cutChallenge tells a challenge from a status line: "+" and a space (RFC 5034 §4).
// The space may be missing where nothing follows it.
func cutChallenge(line string) (challenge string, ok bool) {
	if line == "+" {
		return "", true
	}
	return strings.CutPrefix(line, "+ ")
}

// answer returns the answer to a challenge in base64.
func (d *dialogue) answer(challenge string) ([]byte, error) {
	plain, err := base64.StdEncoding.DecodeString(challenge)
	if err != nil {
		return nil, &ProtocolError{"the challenge of " + d.verb, challenge, "base64 (RFC 5034 §4)"}
	}
	if d.initial == nil {
		return d.next(plain)
	}
	// RFC 4422 §5.1: the server asks for the initial response with an empty challenge.
	if len(plain) > 0 {
		return nil, &ProtocolError{"the first challenge of " + d.verb, challenge, "empty (RFC 4422 §5.1)"}
	}
	initial := d.initial
	d.initial = nil
	return initial, nil
}

// next puts a challenge to the mechanism.
func (d *dialogue) next(challenge []byte) ([]byte, error) {
	answer, err := d.client.Next(challenge)
	if err != nil {
		return nil, fmt.Errorf("the challenge %s of %s cannot be answered: %w", quote(string(challenge)), d.verb, err)
	}
	return answer, nil
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
		if e, ok := d.client.(sasl.Explainer); ok {
			refusal.Reason = e.Reason()
		}
	}
	if v, ok := d.client.(sasl.Verifier); ok && err == nil {
		err = v.Verify()
	}
	return reply, err
}

func encode(response []byte) string { return base64.StdEncoding.EncodeToString(response) }
