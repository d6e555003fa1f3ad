package notify

import (
	"context"
	"net"
	"net/http"
	"slices"
	"time"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// Notifier sends events to one receiver.
type Notifier struct {
	// Name is unique among the notifiers of a file.
	Name string
	// On are the kinds of event it wants.
	On []EventKind
	// Only are names, tags or groups of the checks it wants; empty for all.
	Only []string
	// AtLeast is the least bad status it wants, before or after the event.
	AtLeast probe.Status
	// Each sends every event by itself instead of those of a run together.
	Each bool

	sender sender
	only   []settings.Node // where the words of Only stand
}

// sender is a way to send a message.
type sender interface {
	send(ctx context.Context, m *Message, n Network, p handover) error
	// limit is the time that sending may take.
	limit() time.Duration
	// single reports whether a message can hold no more than one event.
	single() bool
}

// refused is the failure of a sender whose receiver does not accept this message, however
// often it is sent.
type refused struct{ error }

// Unwrap returns the cause.
func (r refused) Unwrap() error { return r.error }

// declined is the failure of a sender whose receiver answered, but does not accept the
// message now.
type declined struct{ error }

// Unwrap returns the cause.
func (d declined) Unwrap() error { return d.error }

// uncertain is the failure of a sender that does not know whether the receiver has the
// message.
type uncertain struct{ error }

// Unwrap returns the cause.
func (u uncertain) Unwrap() error { return u.error }

// unsent is the failure of a sender because the attempt could not be recorded.
type unsent struct{ error }

// Unwrap returns the cause.
func (u unsent) Unwrap() error { return u.error }

// partly is the failure of a sender that reached some recipients and not others: sending
// again would reach the first ones twice.
type partly struct{ error }

// Network is what notifiers and the heartbeat connect by. The zero value is the network of
// the operating system.
type Network struct {
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	DNS  probe.Resolver
	HTTP *http.Client
}

// client returns the HTTP client.
func (n Network) client() *http.Client {
	if n.HTTP != nil {
		return n.HTTP
	}
	return http.DefaultClient
}

// Wants reports whether the notifier sends an event.
func (n *Notifier) Wants(e Event) bool {
	if own := e.origin.Own; own != "" { // about mailprobe itself: for all but the notifier that it is about
		return own != n.State() && slices.Contains(n.On, e.Kind)
	}
	if e.Kind == Published && n.sender.single() { // which opens an incident that a recovery must close
		return false
	}
	if !slices.Contains(n.On, e.Kind) || n.AtLeast.Worse(e.Status) && n.AtLeast.Worse(e.Was) {
		return false
	}
	return len(n.Only) == 0 || slices.ContainsFunc(n.Only, func(word string) bool { return slices.Contains(e.origin.Words, word) })
}

// State is the name of the notifier's own state in the history. No check can have that
// name: it begins with a blank.
func (n *Notifier) State() string { return " notifier " + n.Name }

// Limit is how long a run may spend on one message.
func (n *Notifier) Limit() time.Duration { return 2*n.sender.limit() + leaseMargin } // two forms may be tried
