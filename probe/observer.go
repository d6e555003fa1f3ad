package probe

import (
	"context"
	"crypto/tls"
	"net/netip"
)

// Observer learns what a check finds out and its results do not keep. Its functions are
// called while the check goes on, and at once by checks of several hosts; each may be nil.
type Observer struct {
	// Resolved is called with the addresses of a target, in the order in which they are
	// tried.
	Resolved func([]netip.Addr)
	// Handshaken is called with the state of a connection after its TLS handshake. Its
	// VerifiedChains lead to trusted authorities; there are none where the certificate is
	// not good for the host now.
	Handshaken func(*tls.ConnectionState)
}

type observerKey struct{}

// Observe returns a context whose checks call the functions of o.
func Observe(ctx context.Context, o *Observer) context.Context {
	return context.WithValue(ctx, observerKey{}, o)
}

// ObserverOf returns the Observer of a context; without one its functions are nil.
func ObserverOf(ctx context.Context) *Observer {
	if o, ok := ctx.Value(observerKey{}).(*Observer); ok {
		return o
	}
	return &Observer{}
}
