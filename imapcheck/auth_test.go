package imapcheck

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"mailprobe/probe/probetest"
	"mailprobe/sasl"
	"mailprobe/transport"
	"mailprobe/wire"
)

func client(t *testing.T, mechanism string, password wire.Secret) sasl.Client {
	t.Helper()
	c, err := sasl.New(mechanism, sasl.Identity{User: "alice", Password: password}, "imap.example.org", 143)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// An initial response goes along only where the server offers SASL-IR, or knows
// IMAP4rev2, which has it.
func TestInitialResponse(t *testing.T) {
	const initial = "AGFsaWNlAHdvbmRlcmxhbmQ="
	for capabilities, dialogue := range map[string]string{
		"IMAP4rev1 SASL-IR": "C: A1 AUTHENTICATE PLAIN " + initial + "\nS: A1 OK\n",
		"IMAP4rev2":         "C: A1 AUTHENTICATE PLAIN " + initial + "\nS: A1 OK\n",
		"IMAP4rev1":         "C: A1 AUTHENTICATE PLAIN\nS: +\nC: " + initial + "\nS: A1 OK\n",
	} {
		t.Run(capabilities, func(t *testing.T) {
			s := greeted(t, capabilities, dialogue)
			mustOK(t)(s.Authenticate(client(t, sasl.Plain, "wonderland")))
		})
	}
}

// News may come in the middle of a dialogue.
func TestUntaggedInDialogue(t *testing.T) {
	s := greeted(t, "IMAP4rev1", "C: A1 AUTHENTICATE CRAM-MD5\nS: * OK wait\nS: + PDFAYT4=\nC: ***\nS: * OK wait\nS: + x===\nC: *\nS: * OK wait\nS: A1 BAD\nC: A2 NOOP\nS: A2 OK\n")
	var fault *sasl.Fault
	if _, err := s.Authenticate(client(t, sasl.CramMD5, "wonderland")); !errors.As(err, &fault) {
		t.Error(err)
	}
	mustOK(t)(s.Noop())
}

// What no quotes can hold goes as a literal, without asking where LITERAL+ allows.
func TestLiterals(t *testing.T) {
	for capabilities, script := range map[string]string{
		"IMAP4rev1":          "C: A1 LOGIN {3}\nS: + user\nC: ü1 {3}\nS: * OK wait\nS: + password\nC: ***\nS: A1 OK\n",
		"IMAP4rev1 LITERAL+": "C: A1 LOGIN {3+}\nC: ü1 {3+}\nC: ***\nS: A1 OK\n",
		"IMAP4rev1 LITERAL-": "C: A1 LOGIN {3+}\nC: ü1 {3+}\nC: ***\nS: A1 OK\n",
	} {
		t.Run(capabilities, func(t *testing.T) {
			mustOK(t)(greeted(t, capabilities, script).Login("ü1", "ö2"))
		})
	}
}

func TestScram(t *testing.T) {
	for mechanism, hash := range map[string]scram.HashGeneratorFcn{sasl.ScramSHA1: scram.SHA1, sasl.ScramSHA256: scram.SHA256} {
		for _, capability := range []string{"SASL-IR", "X-NONE"} {
			for _, password := range []wire.Secret{"wonderland", "looking-glass"} {
				t.Run(fmt.Sprint(mechanism, capability, len(password)), func(t *testing.T) {
					s := scramSession(t, hash, capability)
					if _, err := s.Greeting(); err != nil {
						t.Fatal(err)
					}
					_, err := s.Authenticate(client(t, mechanism, password))
					if good := password == "wonderland"; good != (err == nil) || !good && !transport.IsRefusal(err) {
						t.Errorf("by %q: %v", password.Reveal(), err)
					}
				})
			}
		}
	}
}

// scramSession is a session with a server that knows alice's password.
func scramSession(t *testing.T, hash scram.HashGeneratorFcn, capability string) *Session {
	t.Helper()
	challenge := probetest.Scram(t, hash)
	return NewSession(probetest.Converse(t, "* OK [CAPABILITY IMAP4rev1 "+capability+"] ready", func(line string) string {
		words := strings.Fields(line)
		switch len(words) {
		case 0: // after the server's proof
			return "A1 OK in"
		case 3: // without an initial response
			return "+ "
		}
		next, err := challenge(words[len(words)-1])
		if err != nil {
			return "A1 NO [AUTHENTICATIONFAILED] " + err.Error()
		}
		return "+ " + next
	}))
}

// endless is a mechanism that has an answer to everything.
type endless struct{}

func (endless) Start() (string, []byte, error)   { return "X-ENDLESS", nil, nil }
func (endless) Next(data []byte) ([]byte, error) { return data, nil }

// A dialogue without end is given up, and one that ends at the limit is not.
func TestManyChallenges(t *testing.T) {
	round := "S: + aGk=\nC: aGk=\n"
	s := greeted(t, "IMAP4rev1", "C: A1 AUTHENTICATE X-ENDLESS\n"+strings.Repeat(round, sasl.MaxChallenges)+"S: + aGk=\nC: *\nS: A1 BAD\n"+
		"C: A2 AUTHENTICATE X-ENDLESS\n"+strings.Repeat(round, sasl.MaxChallenges)+"S: A2 OK\n")
	if _, err := s.Authenticate(endless{}); err == nil || !strings.Contains(err.Error(), "16 challenges of X-ENDLESS and no verdict") {
		t.Error(err)
	}
	mustOK(t)(s.Authenticate(endless{}))
}
