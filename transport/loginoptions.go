package transport

import (
	"context"
	"strings"
	"sync"

	"mailprobe/probe"
	"mailprobe/sasl"
)

// LoginOptions are the flags of a log-in.
type LoginOptions struct {
	// Account is who logs in.
	Account sasl.Account
	// Mechanism is by what, in capitals; empty means the strongest that is offered.
	Mechanism string
	// Fallback tries a weaker mechanism where the strongest is refused, over good TLS
	// and without a Mechanism.
	Fallback bool

	tried memory
}

// DeclareAuth returns the options. mechanisms are the names of those there are; note is
// added to the help text.
func (o *LoginOptions) DeclareAuth(mechanisms []string, note string) []probe.Option {
	o.Fallback = true
	words := strings.Split(strings.ToLower(strings.Join(mechanisms, " ")), " ")
	return probe.Under("log-in", append(o.Account.Declare(),
		probe.Option{Name: "auth", Type: probe.TypeChoice, Value: (*mechanismValue)(&o.Mechanism), Choices: words, Word: "MECHANISM",
			Usage: "log in by this mechanism instead of the strongest offered: " + strings.Join(words, ", ") + note},
		probe.Option{Name: "auth-fallback", Type: probe.TypeBool, Value: &o.Fallback,
			Usage: "where the strongest mechanism is refused over good TLS, try one weaker; never more than two tries"})...)
}

// PrepareTarget implements probe.TargetPreparer: who logs in at a target has a secret.
func (o *LoginOptions) PrepareTarget(t probe.Target) error {
	_, _, err := o.Account.For(t.Host, t.User)
	return err
}

// mechanismValue is the value of --auth, in capitals.
type mechanismValue string

// Set implements probe.Value.
func (m *mechanismValue) Set(text string) error {
	*m = mechanismValue(strings.ToUpper(text))
	return nil
}

// String returns the name as --auth has it.
func (m *mechanismValue) String() string { return strings.ToLower(string(*m)) }

// memory keeps what second tries to log in have shown for the other sessions of a run,
// so that an account is not refused again and again by way of trial.
type memory struct {
	mu    sync.Mutex
	known map[string]verdict       // by account
	turns map[string]chan struct{} // by account, full during a second try
}

// verdict is what two tries have shown: that one mechanism is broken and another works,
// or that both were refused. The zero value is that nothing is known.
type verdict struct {
	broken, works string
	both          bool
}

func (m *memory) read(account string) verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[account]
}

func (m *memory) keep(account string, v verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]verdict{}
	}
	m.known[account] = v
}

// wait waits until no other session tries a second mechanism for the account, and
// reports whether it is this one's turn; then done must be called.
func (m *memory) wait(ctx context.Context, account string) (done func(), ok bool) {
	turn := m.turn(account)
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, true
	case <-ctx.Done():
		return nil, false
	}
}

func (m *memory) turn(account string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.turns == nil {
		m.turns = map[string]chan struct{}{}
	}
	if m.turns[account] == nil {
		m.turns[account] = make(chan struct{}, 1)
	}
	return m.turns[account]
}
