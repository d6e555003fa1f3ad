package sasl

import (
	"crypto/hmac"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
)

// The mechanisms, strongest first. APOP and USER are commands of POP3 that are older
// than SASL (RFC 1939 §7).
const (
	ScramSHA256 = "SCRAM-SHA-256"
	ScramSHA1   = "SCRAM-SHA-1"
	CramMD5     = "CRAM-MD5"
	APOP        = "APOP"
	Plain       = "PLAIN"
	Login       = "LOGIN"
	User        = "USER"
	OAuthBearer = "OAUTHBEARER"
	XOAuth2     = "XOAUTH2"
)

// concealing, revealing and byToken list the mechanisms, strongest first: those that
// prove a password without sending it, those that send it, and those that need a token.
func concealing() []string { return []string{ScramSHA256, ScramSHA1, CramMD5, APOP} }
func revealing() []string  { return []string{Plain, Login, User} }
func byToken() []string    { return []string{OAuthBearer, XOAuth2} }

// Mechanisms returns the names of all SASL mechanisms.
func Mechanisms() []string {
	all := slices.Concat(concealing(), revealing(), byToken())
	return slices.DeleteFunc(all, func(name string) bool { return name == APOP || name == User })
}

// NeedsToken reports whether a mechanism takes a token and no password.
func NeedsToken(mechanism string) bool { return slices.Contains(byToken(), mechanism) }

// Conceals reports whether a mechanism proves the password without sending it. The server
// then needs the password stored in a form of that mechanism, so it may fail for a right
// password.
func Conceals(mechanism string) bool { return slices.Contains(concealing(), mechanism) }

// Client answers a server's challenges. Start returns the initial response, nil
// where the server speaks first; Next answers one challenge.
type Client = sasl.Client

// Verifier is a Client that also verifies the server. Verify is called after the server's
// success.
type Verifier interface {
	Verify() error
}

// Rank returns the offered mechanisms that the identity's secret can be used with,
// strongest first. Letter case does not matter.
func Rank(offered []string, id Identity) []string {
	possible := slices.Concat(concealing(), revealing())
	if id.Token != "" {
		possible = byToken()
	}
	return slices.DeleteFunc(possible, func(name string) bool {
		return !slices.ContainsFunc(offered, func(o string) bool { return strings.EqualFold(o, name) })
	})
}

// Second returns the mechanism to try after the first of ranked was refused, empty for
// none: the strongest that sends the password, as others need it stored on the server in
// a form of their own; otherwise the next one.
func Second(ranked []string) string {
	if len(ranked) < 2 {
		return ""
	}
	weaker := ranked[1:]
	if i := slices.IndexFunc(weaker, func(name string) bool { return slices.Contains(revealing(), name) }); i >= 0 {
		return weaker[i]
	}
	return weaker[0]
}

// New returns a client for a mechanism; nil for APOP and USER, which are commands of
// POP3. host and port are the server's, which OAUTHBEARER names. An error is the user's:
// the secret is of the wrong kind or cannot be used with the mechanism.
func New(mechanism string, id Identity, host string, port uint16) (Client, error) {
	if needsToken := NeedsToken(mechanism); needsToken && id.Token == "" {
		return nil, fmt.Errorf("%s needs a token", mechanism)
	} else if !needsToken && id.Password == "" {
		return nil, fmt.Errorf("%s needs a password", mechanism)
	}
	password, token := id.Password.Reveal(), id.Token.Reveal()
	switch mechanism {
	case APOP, User:
		return nil, nil
	case Plain:
		return sasl.NewPlainClient("", id.User, password), nil
	case Login:
		return &login{answers: []string{id.User, password}}, nil
	case CramMD5:
		return &cramMD5{id.User, password}, nil
	case ScramSHA1, ScramSHA256:
		return newScram(mechanism, id.User, password)
	case XOAuth2:
		return &bearer{name: XOAuth2, initial: fmt.Sprintf("user=%s\x01auth=Bearer %s\x01\x01", id.User, token)}, nil
	case OAuthBearer:
		return newOAuthBearer(id.User, token, host, port)
	}
	return nil, fmt.Errorf("there is no mechanism %q; there are %s", mechanism, strings.Join(Mechanisms(), " "))
}

// login answers the prompts of LOGIN by their position: their words vary from
// server to server (draft-murchison-sasl-login).
type login struct{ answers []string }

func (l *login) Start() (string, []byte, error) { return Login, nil, nil }

func (l *login) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}

// cramMD5 is CRAM-MD5 (RFC 2195).
type cramMD5 struct{ user, password string }

func (c *cramMD5) Start() (string, []byte, error) { return CramMD5, nil, nil }

func (c *cramMD5) Next(challenge []byte) ([]byte, error) {
	if c.password == "" {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	mac := hmac.New(md5.New, []byte(c.password))
	mac.Write(challenge)
	c.password = ""
	return []byte(c.user + " " + hex.EncodeToString(mac.Sum(nil))), nil
}

// bearer sends a token at once. A challenge after it describes the failure, and must be
// answered before the server refuses.
type bearer struct {
	name, initial string
	answer        []byte
	reason        string
}

// newOAuthBearer returns OAUTHBEARER (RFC 7628). The challenge that describes a failure
// is answered with 0x01 (§3.2.3).
func newOAuthBearer(user, token, host string, port uint16) (Client, error) {
	c := sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: user, Token: token, Host: host, Port: int(port)})
	_, initial, err := c.Start()
	return &bearer{name: OAuthBearer, initial: string(initial), answer: []byte{1}}, err
}

func (b *bearer) Start() (string, []byte, error) { return b.name, []byte(b.initial), nil }

func (b *bearer) Next(challenge []byte) ([]byte, error) {
	if b.reason != "" {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	b.reason = string(challenge) + " "
	return b.answer, nil
}

// Explainer is a Client to which the server has said more than its last reply does.
type Explainer interface {
	// Reason returns the server's words, empty where there were none.
	Reason() string
}

// Reason returns the error that came as a challenge, JSON by RFC 7628 §3.2.2.
func (b *bearer) Reason() string { return strings.TrimSpace(b.reason) }
