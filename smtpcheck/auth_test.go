package smtpcheck

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"mailprobe/probe/probetest"
	"mailprobe/sasl"
	"mailprobe/wire"
)

// scramSession is a session with a server that knows alice's password, and says in a
// challenge what is wrong before it refuses, as mox does.
func scramSession(t *testing.T) *Session {
	t.Helper()
	challenge, refused := probetest.Scram(t, scram.SHA256), false
	return NewSession(probetest.Converse(t, "220 mx.example.org ESMTP", func(line string) string {
		if refused {
			return "535 5.7.8 bad credentials"
		}
		if line == "" { // after the server's proof
			return "235 2.7.0 in"
		}
		words := strings.Fields(line)
		next, err := challenge(words[len(words)-1])
		if err != nil {
			refused = true
			next = base64.StdEncoding.EncodeToString([]byte("e=invalid-proof"))
		}
		return "334 " + next
	}))
}

// The server's word in the challenge and its refusal after it are both kept.
func TestScramServerError(t *testing.T) {
	for password, want := range map[wire.Secret]string{
		"wonderland":    "",
		"looking-glass": `the server answered AUTH SCRAM-SHA-256 with "535 5.7.8 bad credentials", because of "e=invalid-proof"`,
	} {
		s := scramSession(t)
		if _, err := s.Greeting(); err != nil {
			t.Fatal(err)
		}
		client, err := sasl.New(sasl.ScramSHA256, sasl.Identity{User: "alice", Password: password}, "mx.example.org", 25)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Auth(client)
		if want == "" && (err != nil || r.Code != 235) || want != "" && (err == nil || err.Error() != want || r.Code != 535) {
			t.Errorf("by %s: %v, %v", password.Reveal(), r, err)
		}
		var refusal *Refusal
		if want != "" && !errors.As(err, &refusal) {
			t.Errorf("%v is no refusal", err)
		}
	}
}
