package mailtest

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"
)

// Faults is what goes wrong on purpose. The zero value is a healthy host.
type Faults struct {
	// Services are those that Refuse, Drop, Delay, Tarpit and Certificate apply to; empty
	// means all.
	Services []Service
	// Refuse closes the port.
	Refuse bool
	// Drop closes the connection without an answer: at "CONNECT", at a verb of SMTP
	// (MAIL, RCPT, DATA, AUTH), at "BODY", when a message has been sent and not answered,
	// at a verb of POP3, or at one of IMAP (LOGIN, SELECT, FETCH ...).
	Drop string
	// Delay is waited before everything that the server sends, Tarpit before
	// every single byte.
	Delay, Tarpit time.Duration
	// Certificate is the kind of certificate to show: "soon", "expired", "not-yet-valid",
	// "wrong-name", "self-signed", "unknown-issuer", "weak-key" or "client-only" (see
	// wiretest.Authority).
	Certificate string

	// Greylist refuses each sender and recipient at first, with 450 4.7.1, and
	// takes the same again when so much time has passed.
	Greylist time.Duration
	// Answer says how to answer RCPT for an address, or "*" for all others: a
	// reply such as "452 4.2.2 Mailbox is full". A 2xx reply changes nothing but
	// the words.
	Answer map[string]string
	// Storage answers MAIL with 452 4.3.1, as a server with a full disk does.
	Storage bool
	// OpenRelay takes mail for everywhere from everybody.
	OpenRelay bool

	// Hold delivers nothing: messages stay in the queue until the fault is gone.
	Hold bool
	// Latency is how long a message stays in the queue before it is delivered.
	Latency time.Duration
	// Bounce takes messages for the host's own mailboxes and returns them to
	// their senders.
	Bounce bool
	// Lose accepts messages for the host's own mailboxes and drops them.
	Lose bool
	// Junk puts messages into the mailbox Junk, which only IMAP shows, as a spam filter
	// does.
	Junk bool
	// Duplicate delivers twice.
	Duplicate bool
	// Alter changes a message on its way into the mailbox.
	Alter func(message []byte) []byte

	// LoginDelay is how long a mailbox must be left alone after a POP3 session
	// (RFC 2449 §6.6).
	LoginDelay time.Duration
	// KeepDeleted makes QUIT of POP3 and EXPUNGE of IMAP fail to remove what was deleted.
	KeepDeleted bool
}

// reply is the form of a reply to RCPT.
var reply = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([245]\d\d) (?:([245])\.(\d{1,3})\.(\d{1,3}) )?([ -~]*)$`)
})

func (f *Faults) check() error {
	for address, text := range f.Answer {
		if !reply().MatchString(text) {
			return fmt.Errorf(`mailtest: the answer %q for %s is not a reply such as "452 4.2.2 Mailbox is full"`, text, address)
		}
	}
	for _, s := range f.Services {
		if !slices.Contains(services[:], s) {
			return fmt.Errorf("mailtest: there is no service %q", s)
		}
	}
	return nil
}

// concern reports whether the faults of connections are for a service.
func (f *Faults) concern(service Service) bool {
	return len(f.Services) == 0 || slices.Contains(f.Services, service)
}

// Faults returns the current faults.
func (h *Host) Faults() Faults {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.faults
}

// SetFaults replaces the faults, also for open connections and messages in the queue. It
// fails if the faults make no sense, or if another program has taken a port that was
// refused.
func (h *Host) SetFaults(f Faults) error {
	if err := f.check(); err != nil {
		return err
	}
	h.mu.Lock()
	h.faults = f
	close(h.changed)
	h.changed = make(chan struct{})
	h.mu.Unlock()
	if _, err := h.certificate(f.Certificate); err != nil {
		return fmt.Errorf("mailtest: %w", err)
	}
	for _, p := range h.ports {
		if f.Refuse && f.concern(p.service) {
			p.refuse()
		} else if err := p.open(); err != nil {
			return fmt.Errorf("mailtest: %w", err)
		}
	}
	return nil
}

// faultsOf are the faults that a service has.
func (h *Host) faultsOf(service Service) Faults {
	f := h.Faults()
	if !f.concern(service) {
		f.Refuse, f.Drop, f.Delay, f.Tarpit, f.Certificate = false, "", 0, 0, ""
	}
	return f
}

// dropsAt reports whether a service hangs up at a verb.
func (h *Host) dropsAt(service Service, verb string) bool {
	return h.faultsOf(service).Drop == verb
}
