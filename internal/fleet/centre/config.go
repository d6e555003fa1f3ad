package centre

import (
	"fmt"
	"slices"
	"strings"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
)

// The limits of a server.
const (
	maxPayload  = 1 << 20 // bytes of a message
	authTimeout = 5       // seconds
	maxConns    = 1000
)

// Config returns the part of a nats-server.conf that lets the centre say who may do what. It
// makes the centre's keys where there are none. Tokens are for that server from then on.
func Config(state string) (string, error) {
	k, err := loadKeys(state)
	if err != nil {
		return "", err
	}
	if l, err := ReadLocation(state); err != nil || l.Embedded {
		if err := (Location{}).write(state); err != nil {
			return "", err
		}
	}
	return k.config(), nil
}

// The accounts. The streams are the centre's, and members reach of it what their account has of
// it, and nothing else, also not by the subject that they have an answer sent to: whoever
// answers, the centre or the server, may do more than who asks.
const (
	account    = "MAILPROBE"
	places     = "PLACES"
	submitters = "SUBMITTERS"
)

// share is what an account has of the centre's.
type share struct {
	account string
	// orders are subjects that its members hear, services those that they publish to, and
	// pulls those of them that are answered by several messages.
	orders, services, pulls []string
}

func shares() []share {
	const next = "$JS.API.CONSUMER.MSG.NEXT."
	return []share{
		{places, []string{fleet.OrderSubject + ".*"}, []string{
			fleet.HelloSubject + ".*", fleet.ResultSubject + ".*", fleet.BulkSubject + ".*.*",
			"$JS.API.CONSUMER.INFO." + fleet.JobStream + ".*", "$JS.ACK." + fleet.JobStream + ".>",
		}, []string{next + fleet.JobStream + ".*"}},
		{submitters, nil, slices.DeleteFunc(bulk.SubmitterSubjects(), func(s string) bool { return strings.HasPrefix(s, next) }), []string{next + fleet.BulkStream + ".*"}},
	}
}

// imported is a subject of the centre's account as members have it.
func imported(subject string) string {
	if rest, is := strings.CutPrefix(subject, "$JS.API."); is {
		return fleet.API + "." + rest
	}
	return subject
}

// exports and imports are both sides of a share, as a configuration has them.
func (s share) exports() (text string) {
	for _, subject := range s.orders {
		text += fmt.Sprintf("      { stream: %q, accounts: [ %s ] }\n", subject, s.account)
	}
	for _, subject := range s.services {
		text += fmt.Sprintf("      { service: %q, accounts: [ %s ] }\n", subject, s.account)
	}
	for _, subject := range s.pulls {
		text += fmt.Sprintf("      { service: %q, response: stream, accounts: [ %s ] }\n", subject, s.account)
	}
	return text
}

func (s share) imports() (text string) {
	for _, subject := range s.orders {
		text += fmt.Sprintf("      { stream: { account: %s, subject: %q } }\n", account, subject)
	}
	for _, subject := range slices.Concat(s.services, s.pulls) {
		text += fmt.Sprintf("      { service: { account: %s, subject: %q }, to: %q }\n", account, subject, imported(subject))
	}
	return text
}

// config is also what the embedded server is configured by. Where there are callouts the server
// knows nobody but the centre: it asks about all others.
func (k keys) config() string {
	exports, members := "", ""
	for _, s := range shares() {
		exports += s.exports()
		members += fmt.Sprintf("  %s {\n    imports: [\n%s    ]\n  }\n", s.account, s.imports())
	}
	return fmt.Sprintf(`max_payload: %[1]d
max_connections: %[2]d
accounts {
  %[3]s {
    jetstream: enabled
    users: [ { nkey: %[4]s } ]
    exports: [
%[8]s    ]
  }
%[9]s}
authorization {
  timeout: %[5]d
  auth_callout {
    issuer: %[6]s
    account: %[3]s
    auth_users: [ %[4]s ]
    xkey: %[7]s
  }
}
`, maxPayload, maxConns, account, public(k.user), authTimeout, public(k.issuer), public(k.callouts), exports, members)
}
