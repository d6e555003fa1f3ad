package mailtest

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"mailprobe/wire/wiretest"
)

// The limits of a host that its Config does not set.
const (
	DefaultMaxMessage     = 16 << 20 // bytes
	DefaultQuota          = 64 << 20 // bytes
	DefaultMaxConnections = 100
	DefaultRetry          = 200 * time.Millisecond
	DefaultLifetime       = time.Minute
)

// Limits that no host exceeds.
const (
	maxQueue      = 1000
	maxRecipients = 100
	idleLimit     = 5 * time.Minute
)

// Config is a host to start. The zero value is a healthy one without accounts,
// called mx.example.org.
type Config struct {
	// Name is the host's own, which it greets with and its certificate is for.
	Name string
	// Domains are those that the host has the mailboxes of; empty means that of
	// its name.
	Domains []string
	// Accounts are the users, each with a mailbox.
	Accounts []Account
	// Authority issues the certificate; nil makes one. Hosts may share one.
	Authority *wiretest.Authority

	// MaxMessage is the size of the largest message that is taken, in bytes.
	MaxMessage int
	// MaxConnections is how many connections to one service may be open; the
	// next is closed at once.
	MaxConnections int
	// Retry is how long the host waits before it tries again to relay a message,
	// Lifetime how long it tries before it returns it to the sender.
	Retry, Lifetime time.Duration

	// InsecureAuth permits log-ins without TLS.
	InsecureAuth bool
	// Without are POP3 verbs that the server does not know, such as "UIDL", "TOP",
	// "CAPA", "STLS" or "APOP".
	Without []string
	// Headers are header fields, "Name: value", put above the messages that
	// arrive in a mailbox, such as Authentication-Results.
	Headers []string
	// Outgoing changes a message that a user has handed over before it goes on, as
	// a server does that signs what it sends.
	Outgoing func(message []byte) []byte
	// Faults are what is wrong from the beginning.
	Faults Faults
}

// Account is a user with a mailbox: User@ each of the host's domains. To log in,
// the user name may be given with or without a domain.
type Account struct {
	User, Password string
	// Quota is how many bytes the mailbox holds, where each message counts some
	// more than its size; 0 means DefaultQuota.
	Quota int
}

// complete checks a configuration and sets its defaults.
func (c *Config) complete() error {
	if c.Name == "" {
		c.Name = wiretest.HostName
	}
	if len(c.Domains) == 0 {
		_, domain, _ := strings.Cut(c.Name, ".")
		c.Domains = []string{domain}
	}
	setDefault(&c.MaxMessage, DefaultMaxMessage)
	setDefault(&c.MaxConnections, DefaultMaxConnections)
	setDefault(&c.Retry, DefaultRetry)
	setDefault(&c.Lifetime, DefaultLifetime)
	for i := range c.Without {
		c.Without[i] = strings.ToUpper(c.Without[i])
	}
	return errors.Join(c.checkNames(), c.checkHeaders(), c.Faults.check())
}

func setDefault[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

func (c *Config) checkNames() error {
	for _, domain := range append([]string{c.Name}, c.Domains...) {
		if _, err := mail.ParseAddress("postmaster@" + domain); err != nil {
			return fmt.Errorf("mailtest: %q is not the name of a host or a domain", domain)
		}
	}
	for i, a := range c.Accounts {
		if _, err := mail.ParseAddress(a.User + "@example.org"); err != nil {
			return fmt.Errorf("mailtest: %q is not the local part of an address", a.User)
		}
		if slices.ContainsFunc(c.Accounts[:i], func(b Account) bool { return strings.EqualFold(a.User, b.User) }) {
			return fmt.Errorf("mailtest: there are two accounts %q", a.User)
		}
	}
	return nil
}

func (c *Config) checkHeaders() error {
	for _, field := range c.Headers {
		name, _, ok := strings.Cut(field, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") || strings.ContainsAny(field, "\r\n") {
			return fmt.Errorf("mailtest: %q is not a header field", field)
		}
	}
	return nil
}
