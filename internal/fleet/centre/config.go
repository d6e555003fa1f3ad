package centre

import "fmt"

// The limits of a server.
const (
	account     = "MAILPROBE"
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

// config is also what the embedded server is configured by. Where there are callouts the server
// knows nobody but the centre: it asks about all others.
func (k keys) config() string {
	return fmt.Sprintf(`max_payload: %[1]d
max_connections: %[2]d
accounts {
  %[3]s {
    jetstream: enabled
    users: [ { nkey: %[4]s } ]
  }
}
authorization {
  timeout: %[5]d
  auth_callout {
    issuer: %[6]s
    account: %[3]s
    auth_users: [ %[4]s ]
    xkey: %[7]s
  }
}
`, maxPayload, maxConns, account, public(k.user), authTimeout, public(k.issuer), public(k.callouts))
}
