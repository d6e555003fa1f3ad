package centre

import (
	"crypto/tls"

	"github.com/nats-io/nats.go"
)

// strangerTLS takes any certificate, where the server has TLS.
func strangerTLS(s *stage) nats.Option {
	if s.nats != nil {
		return nats.Timeout(nats.DefaultTimeout)
	}
	return nats.Secure(&tls.Config{InsecureSkipVerify: true})
}
