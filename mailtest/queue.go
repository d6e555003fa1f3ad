package mailtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// queued is a message under way.
type queued struct {
	id   string
	from string
	to   []string
	text []byte
}

// queue counts the mail that the host has accepted and not yet delivered.
type queue struct {
	mu      sync.Mutex
	waiting int
	empty   chan struct{} // closed while nothing waits
}

func (q *queue) init() {
	q.empty = make(chan struct{})
	close(q.empty)
}

// newID makes the queue id of a message.
func (q *queue) newID() string { return rand.Text()[:10] }

// enter counts a message in, unless there are too many.
func (q *queue) enter() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting >= maxQueue {
		return false
	}
	if q.waiting == 0 {
		q.empty = make(chan struct{})
	}
	q.waiting++
	return true
}

func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting--; q.waiting == 0 {
		close(q.empty)
	}
}

// Queued is how many messages the host has accepted and not yet delivered.
func (h *Host) Queued() int {
	h.queue.mu.Lock()
	defer h.queue.mu.Unlock()
	return h.queue.waiting
}

var errClosed = errors.New("mailtest: the host is closed")

// Flush waits until the queue is empty. It fails when the context ends before, or
// the host.
func (h *Host) Flush(ctx context.Context) error {
	h.queue.mu.Lock()
	empty := h.queue.empty
	h.queue.mu.Unlock()
	if h.ctx.Err() != nil {
		return errClosed
	}
	select {
	case <-empty:
		return nil
	case <-h.ctx.Done():
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("mailtest: %d messages wait: %w", h.Queued(), ctx.Err())
	}
}

// accept takes the responsibility for a message (RFC 5321 §4.5.5), unless the
// queue is full.
func (h *Host) accept(m *queued) bool {
	if !h.queue.enter() {
		return false
	}
	h.running.Go(func() {
		defer h.queue.leave()
		h.carry(m)
	})
	return true
}

// carry delivers a message, and tries again until its time is over.
func (h *Host) carry(m *queued) {
	end := time.Now().Add(h.config.Lifetime)
	h.wait(h.Faults().Latency)
	for {
		if !h.whileHeld() {
			return
		}
		failed := h.deliver(m)
		var pending []string
		for _, f := range failed {
			if f.temporary && time.Now().Before(end) {
				pending = append(pending, f.recipient)
			} else {
				h.bounce(m, f)
			}
		}
		if len(pending) == 0 {
			return
		}
		m.to = pending
		if !h.wait(h.config.Retry) {
			return
		}
	}
}

// whileHeld waits until messages are no longer held; false when the host ends.
func (h *Host) whileHeld() bool {
	for {
		h.mu.Lock()
		hold, changed := h.faults.Hold, h.changed
		h.mu.Unlock()
		if !hold {
			return h.ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-h.ctx.Done():
			return false
		}
	}
}

// wait lets time pass; false when the host ends.
func (h *Host) wait(d time.Duration) bool {
	if d <= 0 {
		return h.ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-h.ctx.Done():
		return false
	}
}

// failure is a recipient that a message could not be delivered to, and why.
type failure struct {
	recipient string
	temporary bool
	host      string // that refused, empty for this one
	status    string // enhanced status code
	reply     string
}

// deliver tries to deliver a message once, and returns the recipients it failed for.
func (h *Host) deliver(m *queued) []failure {
	var failed []failure
	remote := map[exchanger][]string{}
	for _, to := range m.to {
		domain := to[strings.LastIndexByte(to, '@')+1:]
		if h.isLocal(domain) {
			failed = append(failed, h.deliverLocally(m, to)...)
			continue
		}
		next, ok := h.route(domain)
		if !ok {
			failed = append(failed, failure{recipient: to, status: "5.1.2", reply: "Host or domain name not found"})
			continue
		}
		remote[next] = append(remote[next], to)
	}
	for next, to := range remote {
		failed = append(failed, h.relay(m, next, to)...)
	}
	return failed
}

// deliverLocally puts a message into a mailbox of this host.
func (h *Host) deliverLocally(m *queued, to string) []failure {
	f, box := h.Faults(), h.account(to)
	switch {
	case box == nil:
		return []failure{{recipient: to, status: "5.1.1", reply: "User unknown"}}
	case f.Bounce && m.from != "":
		return []failure{{recipient: to, status: "5.2.1", reply: "Mailbox disabled, not accepting messages"}}
	case f.Lose:
		return nil
	}
	text := h.finish(m, f)
	times := 1
	if f.Duplicate {
		times = 2
	}
	if f.Junk {
		box = box.junk
	}
	for range times {
		if err := box.add(text); err != nil {
			return []failure{{recipient: to, temporary: true, status: "4.2.2", reply: "Mailbox is full"}}
		}
	}
	return nil
}

// finish puts on top of a message what the last host adds (RFC 5321 §4.4).
func (h *Host) finish(m *queued, f Faults) []byte {
	head := "Return-Path: <" + m.from + ">\r\n"
	for _, field := range h.config.Headers {
		head += field + "\r\n"
	}
	text := append([]byte(head), m.text...)
	if f.Alter != nil {
		text = withCRLF(f.Alter(text))
	}
	return text
}
