package sasl

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"mailprobe/wire"
)

// TestScramHidden: of a whole exchange nothing is shown that a password could be
// guessed from: neither line as it is nor what an error quotes of it.
func TestScramHidden(t *testing.T) {
	for mechanism, hash := range map[string]scram.HashGeneratorFcn{ScramSHA1: scram.SHA1, ScramSHA256: scram.SHA256} {
		t.Run(mechanism, func(t *testing.T) {
			client, err := New(mechanism, alice, "mx.example.org", 25)
			if err != nil {
				t.Fatal(err)
			}
			e, err := Begin(client)
			if err != nil {
				t.Fatal(err)
			}
			transcript := &wire.Transcript{}
			e.Hide = transcript.Hide
			server := scramServer(t, hash, "wonderland")
			answer := e.Initial()
			e.Sent()
			var said []string
			for range 2 {
				plain, _ := base64.StdEncoding.DecodeString(answer.Reveal())
				message, err := server.Step(string(plain))
				if err != nil {
					t.Fatal(err)
				}
				said = append(said, message)
				challenge := base64.StdEncoding.EncodeToString([]byte(message))
				transcript.Record(wire.Server, "334 "+challenge)
				if answer, err = e.Answer(challenge); err != nil {
					t.Fatal(err)
				}
				transcript.Record(wire.Comment, message)
			}
			if err := e.Verify(); err != nil {
				t.Fatal(err)
			}
			if got, want := strings.Join(transcript.Lines(), "|"), "S: 334 ***|# ***|S: 334 ***|# ***"; got != want {
				t.Errorf("%q, want %q\n%q", got, want, said)
			}
			for message := range strings.SplitSeq(strings.Join(said, ","), ",") {
				if name, value, _ := strings.Cut(message, "="); name != "i" && !strings.Contains(transcript.Redact("it is "+value+"."), "is ***.") {
					t.Errorf("%s is not masked by itself", message)
				}
			}
		})
	}
}

// TestScramNotHidden: a server cannot have other words masked.
func TestScramNotHidden(t *testing.T) {
	for _, message := range []string{"no", "e=invalid-proof", "s=mailbox", "r=OK,s=auth,i=1", "i=4096", "", "=,=,="} {
		if secrets := guessable(message); secrets != nil {
			t.Errorf("of %q %d texts are hidden", message, len(secrets))
		}
	}
}
