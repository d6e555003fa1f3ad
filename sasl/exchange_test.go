package sasl

import (
	"errors"
	"testing"

	"mailprobe/wire"
)

// client returns alice's client for a mechanism.
func client(t *testing.T, mechanism string) Client {
	t.Helper()
	c, err := New(mechanism, alice, "mail.example.org", 143)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func begin(t *testing.T, c Client) *Exchange {
	t.Helper()
	e, err := Begin(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The initial response answers the first challenge unless it was sent before.
func TestExchangeInitial(t *testing.T) {
	const initial = "AGFsaWNlAHdvbmRlcmxhbmQ=" // \0alice\0wonderland
	for _, sent := range []bool{false, true} {
		e := begin(t, client(t, Plain))
		if e.Initial().Reveal() != initial || e.Mechanism != Plain {
			t.Errorf("%s begins with %q", e.Mechanism, e.Initial().Reveal())
		}
		want := initial
		if sent {
			e.Sent()
			want = ""
		}
		if answer, err := e.Answer(""); answer.Reveal() != want || sent == (err == nil) {
			t.Errorf("sent %v: the answer is %q, %v", sent, answer.Reveal(), err)
		}
	}
}

// empty is a mechanism whose initial response is there and has no bytes.
type empty struct{ Client }

func (empty) Start() (string, []byte, error) { return "EXTERNAL", []byte{}, nil }

func TestExchangeEmptyInitial(t *testing.T) {
	e := begin(t, empty{})
	if e.Initial() != "=" {
		t.Errorf("it begins with %q", e.Initial().Reveal())
	}
	if answer, err := e.Answer(""); answer != "" || err != nil {
		t.Errorf("the answer is %q, %v", answer.Reveal(), err)
	}
}

func TestExchangeServerFirst(t *testing.T) {
	e := begin(t, client(t, Login))
	if e.Initial() != "" {
		t.Errorf("it begins with %q", e.Initial().Reveal())
	}
	for _, want := range []wire.Secret{"YWxpY2U=", "d29uZGVybGFuZA=="} {
		if answer, err := e.Answer("VXNlcm5hbWU6"); answer != want || err != nil {
			t.Errorf("the answer is %q, %v", answer.Reveal(), err)
		}
	}
	if _, err := e.Answer(""); err == nil {
		t.Error("a third challenge of LOGIN has an answer")
	}
}

func TestExchangeChallenges(t *testing.T) {
	for challenge, want := range map[string]string{
		"?":    `the challenge is "?", not base64`,
		"aGk=": `the challenge is "aGk=", not empty (RFC 4422 §5.1)`,
	} {
		var fault *ChallengeError
		if _, err := begin(t, client(t, Plain)).Answer(challenge); !errors.As(err, &fault) || err.Error() != want {
			t.Errorf("%q: %v", challenge, err)
		}
	}
}

func TestExchangeEnd(t *testing.T) {
	if e := begin(t, client(t, Plain)); e.Verify() != nil || e.Reason() != "" {
		t.Error("PLAIN proves or explains something")
	}
	if e := begin(t, client(t, ScramSHA256)); e.Verify() == nil {
		t.Error("a server that proved nothing is believed")
	}
	e := begin(t, &bearer{name: XOAuth2})
	e.Sent()
	if _, err := e.Answer("e30="); err != nil || e.Reason() != "{}" {
		t.Errorf("the reason is %q, %v", e.Reason(), err)
	}
}
