package centre

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/report"
)

// authority answers the server's questions about who connects (auth callout).
type authority struct {
	keys     keys
	register *Register
	// life is how long a connection lasts at most, as it cannot be ended otherwise; 0 for no end.
	life time.Duration
	// admitted is called when somebody is, and joined reports whether the token was used just
	// now; refused when somebody is not.
	admitted func(p Place, from string, joined bool)
	refused  func(name, from string, why error)
	// connections returns how many connections there are of a name; nil where that is not known.
	connections func(name string) int
}

// The subject of the questions, and the header with the key that one is encrypted by.
const (
	calloutSubject = "$SYS.REQ.USER.AUTH"
	calloutKey     = "Nats-Server-Xkey"
)

// answer answers one question. What is no question of the server is left without an answer, and
// nobody is admitted by that.
func (a *authority) answer(msg *nats.Msg) {
	asker := msg.Header.Get(calloutKey)
	text, err := a.keys.callouts.Open(msg.Data, asker)
	if err != nil {
		return
	}
	q, err := jwt.DecodeAuthorizationRequestClaims(string(text))
	if err != nil {
		return
	}
	response := jwt.NewAuthorizationResponseClaims(q.UserNkey)
	response.Audience = q.Server.ID
	name := q.ConnectOptions.Name
	if user, err := a.user(q); err != nil {
		a.refused(report.Clean(name), report.Clean(q.ClientInformation.Host), err)
		response.Error = "refused" // why is for the centre's log
	} else {
		response.Jwt = user
	}
	signed, err := response.Encode(a.keys.issuer)
	if err != nil {
		return
	}
	if sealed, err := a.keys.callouts.Seal([]byte(signed), asker); err == nil {
		_ = msg.Respond(sealed) // where that fails nobody is admitted
	}
}

// maxConnections is how many connections one name may have to the embedded server at a time. An
// agent has one, who submits one for each run.
const maxConnections = 16

// errTooMany: none is left for the others.
var errTooMany = fmt.Errorf("it has %d connections, and more would leave none for others", maxConnections)

// errSignature: the key is not its own, or is none.
var errSignature = errors.New("it has not signed with the key that it shows")

// user returns the permissions of who connects, signed.
func (a *authority) user(q *jwt.AuthorizationRequestClaims) (string, error) {
	c := q.ConnectOptions
	if fleet.CheckName(c.Name) != nil {
		return "", errUnknown
	}
	if !holds(c.Nkey, q.ClientInformation.Nonce, c.SignedNonce) {
		return "", errSignature
	}
	now := time.Now()
	p, joined, err := a.register.Admit(c.Name, c.Nkey, c.Token, now)
	if err != nil {
		return "", err
	}
	if a.connections != nil && a.connections(p.Name) >= maxConnections {
		return "", errTooMany
	}
	a.admitted(p, report.Clean(q.ClientInformation.Host), joined)
	user := jwt.NewUserClaims(q.UserNkey)
	user.Name, user.Audience = p.Name, places
	if p.Submit {
		user.Audience = submitters
	}
	user.User = permissions(&p)
	if a.life > 0 {
		user.Expires = now.Add(a.life - rand.N(a.life/5)).Unix() // not all at the same moment
	}
	return user.Encode(a.keys.issuer)
}

// holds reports whether a signature of the nonce is that of the key.
func holds(key, nonce, signature string) bool {
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || nonce == "" || !nkeys.IsValidPublicUserKey(key) {
		return false
	}
	pair, err := nkeys.FromPublicKey(key)
	return err == nil && pair.Verify([]byte(nonce), sig) == nil
}

// maxSubscriptions is how many subscriptions one connection may have.
const maxSubscriptions = 100

// permissions are what a place, or who submits, may do; there is nothing else.
func permissions(p *Place) jwt.User {
	var u jwt.User
	u.Limits = jwt.Limits{UserLimits: jwt.UserLimits{}, NatsLimits: jwt.NatsLimits{Subs: maxSubscriptions, Data: jwt.NoLimit, Payload: maxPayload}}
	u.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard)
	u.Sub.Allow.Add(fleet.InboxPrefix(p.Name) + ".>")
	if p.Submit {
		for _, subject := range bulk.SubmitterSubjects() {
			u.Pub.Allow.Add(imported(subject))
		}
		return u
	}
	u.Sub.Allow.Add(fleet.OrderSubject + "." + p.Name)
	u.Pub.Allow.Add(fleet.HelloSubject+"."+p.Name, fleet.ResultSubject+"."+p.Name)
	for _, subject := range bulk.WorkerSubjects(p.Name, []string{p.Name, bulk.Any}) {
		u.Pub.Allow.Add(imported(subject))
	}
	return u
}

// reason is a refusal with who it is about.
func reason(name, from string, why error) error {
	if name == "" {
		name = "without a name"
	}
	return fmt.Errorf("fleet: %.40s at %.60s was not admitted: %w", name, from, why)
}
