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

const plainInitial = "AGFsaWNlAHdvbmRlcmxhbmQ=" // \0alice\0wonderland

// The initial response answers the first challenge; where it was sent with the command
// and the server asks for it nevertheless, again.
func TestExchangeInitial(t *testing.T) {
	for sent, odd := range map[bool]string{
		false: "",
		true:  "an empty challenge for PLAIN although the initial response came with the command",
	} {
		var noted string
		e := begin(t, client(t, Plain))
		e.Note = func(what string) { noted += what }
		if e.Initial().Reveal() != plainInitial || e.Mechanism != Plain {
			t.Errorf("%s begins with %q", e.Mechanism, e.Initial().Reveal())
		}
		if sent {
			e.Sent()
		}
		if answer, err := e.Answer(""); answer.Reveal() != plainInitial || err != nil || noted != odd {
			t.Errorf("sent %v: the answer is %q, %v, noted %q", sent, answer.Reveal(), err, noted)
		}
		if answer, err := e.Answer(""); err == nil {
			t.Errorf("sent %v: a second challenge is answered by %q", sent, answer.Reveal())
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
		"?":    `the challenge "?" of PLAIN is not base64`,
		"aGk=": `the challenge "aGk=" of PLAIN is not empty (RFC 4422 §5.1)`,
	} {
		var fault *Fault
		if _, err := begin(t, client(t, Plain)).Answer(challenge); !errors.As(err, &fault) || err.Error() != want {
			t.Errorf("%q: %v", challenge, err)
		}
	}
}

// LOGIN goes by position, whatever its prompts look like.
func TestExchangePosition(t *testing.T) {
	var noted []string
	e := begin(t, client(t, Login))
	e.Note = func(odd string) { noted = append(noted, odd) }
	for prompt, want := range map[string]wire.Secret{"Username:": "YWxpY2U="} {
		if answer, err := e.Answer(prompt); answer != want || err != nil {
			t.Errorf("%q is answered by %q, %v", prompt, answer.Reveal(), err)
		}
	}
	if answer, err := e.Answer("UGFzc3dvcmQ6"); answer != "d29uZGVybGFuZA==" || err != nil {
		t.Errorf("the second prompt is answered by %q, %v", answer.Reveal(), err)
	}
	if len(noted) != 1 || noted[0] != "a prompt of LOGIN that is not base64" {
		t.Errorf("noted: %q", noted)
	}
}

// A server's error in SCRAM is answered without content; the refusal follows.
func TestExchangeServerError(t *testing.T) {
	e := begin(t, client(t, ScramSHA256))
	e.Sent()
	answer, err := e.Answer("ZT1pbnZhbGlkLXByb29m") // e=invalid-proof
	if answer != "" || err != nil || e.Reason() != "e=invalid-proof" || e.Verify() == nil {
		t.Errorf("the answer is %q, %v, the reason %q", answer.Reveal(), err, e.Reason())
	}
	if _, err := e.Answer("ZT1pbnZhbGlkLXByb29m"); err == nil {
		t.Error("a second error is answered")
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
