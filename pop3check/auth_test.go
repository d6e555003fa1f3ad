package pop3check

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

func TestFindTimestamp(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"},
		{"Dovecot ready. <828.1.6b03bd02.vkoxtI3GbEpRxn7Y7wc3cQ==@vm>", "<828.1.6b03bd02.vkoxtI3GbEpRxn7Y7wc3cQ==@vm>"},
		{"<1@[192.0.2.1]> ready", "<1@[192.0.2.1]>"},
		{"<hello> <1@a> <world>", "<1@a>"},
		{"<1@a> <2@b>", ""},
		{"<1@a><1@a>", ""},
		{"ready", ""},
		{"<>", ""},
		{"<@a>", ""},
		{"<1@>", ""},
		{"<1>", ""},
		{"<1@a@b>", ""},
		{"<1 2@a>", ""},
		{"<1..2@a>", ""},
		{"<.1@a>", ""},
		{"<1@a.>", ""},
		{"<1@a", ""},
		{"<1\x00@a>", ""},
		{"<\xc3\xbc@a>", ""},
		{"<1@a\\>", ""},
		{`<"1"@a>`, ""},
		{"<1@[a b]>", ""},
	} {
		if got := findTimestamp(test.text); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
}

// The example of RFC 1939 §7.
func TestAPOP(t *testing.T) {
	s := play(t, "S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\nC: APOP mrose c4c9334bac560ecc979e58001b3e22fb\nS: +OK maildrop has 1 message (369 octets)\n")
	greeting, err := s.Greeting()
	if err != nil || greeting.Timestamp != "<1896.697170952@dbc.mtview.ca.us>" {
		t.Fatal(greeting, err)
	}
	if _, err := s.APOP("mrose", "tanstaaf"); err != nil {
		t.Error(err)
	}
}

func TestAPOPWithoutTimestamp(t *testing.T) {
	s := greeted(t, "")
	if _, err := s.APOP("mrose", "tanstaaf"); !errors.Is(err, ErrNoTimestamp) {
		t.Error(err)
	}
}

// An initial response goes along only where CAPA has shown SASL, and if it fits.
func TestInitialResponse(t *testing.T) {
	long := wire.Secret(strings.Repeat("x", 200))
	for _, test := range []struct {
		name, capa string
		password   wire.Secret
		dialogue   string
	}{
		{"offered", "S: SASL PLAIN\n", "wonderland", "C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\nS: +OK\n"},
		{"not offered", "S: USER\n", "wonderland", "C: AUTH PLAIN\nS: +\nC: AGFsaWNlAHdvbmRlcmxhbmQ=\nS: +OK\n"},
		{"too long", "S: SASL PLAIN\n", long, "C: AUTH PLAIN\nS: +\\x20\nC: ***\nS: +OK\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := greeted(t, "C: CAPA\nS: +OK\n"+test.capa+"S: .\n"+test.dialogue)
			if _, err := s.Capa(); err != nil {
				t.Fatal(err)
			}
			if reply, err := s.Auth(client(t, sasl.Plain, test.password)); err != nil || !reply.OK {
				t.Error(reply, err)
			}
		})
	}
}

func client(t *testing.T, mechanism string, password wire.Secret) sasl.Client {
	t.Helper()
	c, err := sasl.New(mechanism, sasl.Identity{User: "alice", Password: password}, "pop.example.org", 110)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestScram(t *testing.T) {
	for mechanism, hash := range map[string]scram.HashGeneratorFcn{sasl.ScramSHA1: scram.SHA1, sasl.ScramSHA256: scram.SHA256} {
		for _, capa := range []bool{true, false} {
			for _, password := range []wire.Secret{"wonderland", "looking-glass"} {
				t.Run(fmt.Sprint(mechanism, capa, len(password)), func(t *testing.T) {
					s := scramSession(t, hash)
					if _, err := s.Greeting(); err != nil {
						t.Fatal(err)
					}
					if capa {
						_, _ = s.Capa()
					}
					_, err := s.Auth(client(t, mechanism, password))
					if good := password == "wonderland"; good != (err == nil) || !good && !transport.IsRefusal(err) {
						t.Errorf("by %q: %v", password.Reveal(), err)
					}
				})
			}
		}
	}
}

// scramSession is a session with a server that knows alice's password.
func scramSession(t *testing.T, hash scram.HashGeneratorFcn) *Session {
	t.Helper()
	challenge := probetest.Scram(t, hash)
	return NewSession(probetest.Converse(t, "+OK ready", func(line string) string {
		words := strings.Fields(line)
		switch {
		case line == "": // after the server's proof
			return "+OK"
		case line == "CAPA":
			return "+OK\r\nSASL SCRAM-SHA-1 SCRAM-SHA-256\r\n."
		case words[0] == "AUTH" && len(words) == 2:
			return "+ "
		}
		next, err := challenge(words[len(words)-1])
		if err != nil {
			return "-ERR [AUTH] " + err.Error()
		}
		return "+ " + next
	}))
}

func FuzzFindTimestamp(f *testing.F) {
	for _, text := range []string{"<1@a>", "<>", "<<1@a>>", "<1@[1]>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id := findTimestamp(text)
		if id == "" {
			return
		}
		odd := strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' })
		if !strings.Contains(text, id) || odd || strings.Count(id, "@") != 1 {
			t.Errorf("%q in %q", id, text)
		}
	})
}
