package mailtest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"

	"mailprobe/wire/wiretest"
)

// Host is a running mail host. Its methods are safe for concurrent use.
type Host struct {
	config    Config
	authority *wiretest.Authority
	boxes     map[string]*mailbox // by user, in lower case
	ports     map[Service]*port
	greylist  greylist
	queue     queue

	mu           sync.Mutex
	faults       Faults
	changed      chan struct{} // closed when the faults change
	routes       map[string]exchanger
	certificates map[string]*tls.Certificate // by sort

	ctx     context.Context // ends with the host
	stop    context.CancelFunc
	running sync.WaitGroup // the services, and whatever carries mail
	once    sync.Once
}

// Start starts a host. Close must be called when it is no longer needed.
func Start(config Config) (*Host, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	h := &Host{
		config: config, authority: config.Authority, faults: config.Faults,
		boxes: map[string]*mailbox{}, ports: map[Service]*port{}, routes: map[string]exchanger{},
		certificates: map[string]*tls.Certificate{}, changed: make(chan struct{}),
	}
	for _, a := range config.Accounts {
		h.boxes[strings.ToLower(a.User)] = newMailbox(a)
	}
	if err := h.prepareCertificate(); err != nil {
		return nil, fmt.Errorf("mailtest: %w", err)
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	h.queue.init()
	if err := h.listen(); err != nil {
		return nil, errors.Join(fmt.Errorf("mailtest: %w", err), h.Close())
	}
	return h, nil
}

// Name returns the host's name.
func (h *Host) Name() string { return h.config.Name }

// Close ends all services and connections and waits until nothing of the host runs any
// more. Messages in the queue are lost.
func (h *Host) Close() error {
	h.once.Do(func() {
		h.stop()
		var closing sync.WaitGroup
		for _, p := range h.ports {
			closing.Go(p.close)
		}
		closing.Wait()
		h.running.Wait()
	})
	return nil
}

// listen opens all ports. Those that the faults refuse are opened, too, for that
// is how they come by their numbers.
func (h *Host) listen() error {
	for _, service := range services {
		p := newPort(h, service)
		if err := p.open(); err != nil {
			return err
		}
		h.ports[service] = p
		h.serve(p)
	}
	return h.SetFaults(h.config.Faults)
}

// account finds the mailbox of a user name or address of one of the host's domains.
func (h *Host) account(name string) *mailbox {
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		if !h.isLocal(name[at+1:]) {
			return nil
		}
		name = name[:at]
	}
	return h.boxes[strings.ToLower(name)]
}

// isLocal reports whether the host has the mailboxes of a domain.
func (h *Host) isLocal(domain string) bool {
	for _, d := range h.config.Domains {
		if strings.EqualFold(d, domain) {
			return true
		}
	}
	return false
}
