package icmp

import (
	"bytes"
	"errors"
	"net"
	"time"
)

// receive hands messages to runs until the socket is closed.
func (e *Engine) receive(p *port) {
	ms := newMessages(batchSize, 0)
	faults := uint64(0)
	for failures := 0; ; {
		n, err := p.sock.Receive(ms)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		now := e.clock.now()
		before := faults
		faults = e.drain(p)
		for i := range ms[:n] {
			e.handle(p, &ms[i], now)
		}
		if err == nil || faults != before { // an ICMP error, reported once more
			failures = 0
			continue
		}
		// Other errors of a receiving socket pass as well, as when the network
		// went down. Only do not spin on them.
		if failures++; failures > 10 {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// poll hands the messages that are there to runs, and reports whether there were any;
// with events also what the socket has to say of what was sent.
func (e *Engine) poll(p *port, ms []Packet, events bool) bool {
	any := false
	if events {
		e.drain(p)
	}
	for range mostPolls {
		n := p.poller.Poll(ms)
		if n == 0 {
			break
		}
		any = true
		now := e.clock.now()
		for i := range ms[:n] {
			e.handle(p, &ms[i], now)
		}
		if n < len(ms) {
			break
		}
	}
	return any
}

// mostPolls is how many batches are taken before what else there is to do.
const mostPolls = 256

// mostEvents is how many events are taken before what else there is to do.
const mostEvents = 1 << 14

// drain takes transmit stamps and ICMP errors from the socket's queue, and returns
// how many errors were taken so far.
func (e *Engine) drain(p *port) (faults uint64) {
	p.eventsMu.Lock()
	defer p.eventsMu.Unlock()
	for range mostEvents / eventsAtOnce {
		n := p.sock.Events(p.events)
		for i := range p.events[:n] {
			if p.events[i].kind == quotedError {
				p.faults++
			}
			e.handleEvent(p, &p.events[i])
		}
		if n < len(p.events) {
			break
		}
	}
	return p.faults
}

// handle finds the run that a received message concerns, if any.
func (e *Engine) handle(p *port, m *Packet, now reading) {
	in, ok := parse(p.proto, m.Data, m.Addr)
	if !ok {
		return
	}
	if in.fault != nil {
		if in.id == p.info.ID && (!m.unchecked || checksum(m.Data) == 0) {
			e.fault(in, m.stamp, now)
		}
		return
	}
	if r := e.runOf(in.payload); r != nil {
		r.reply(p, m, in, now)
		return
	}
	e.stray(p, m, in)
}

// handleEvent takes what the kernel says about a request of ours.
func (e *Engine) handleEvent(p *port, m *Packet) {
	if m.kind == sentCopy {
		e.sent(m)
		return
	}
	if in, ok := parseRequest(p.proto, m.Data); ok && in.id == p.info.ID {
		in.fault, in.dst = m.fault, m.Addr
		e.fault(in, m.stamp, e.clock.now())
	}
}

// usualHeaders are the lengths of what stands before the payload of a sent
// copy: no link header or Ethernet's, IPv4 or IPv6, ICMP.
var usualHeaders = [...]int{14 + 20 + 8, 20 + 8, 14 + 40 + 8, 40 + 8}

// sent books a transmit stamp. The copy of the request has the headers of
// whatever link it left by in front, so it is found by the cookie.
func (e *Engine) sent(m *Packet) {
	for _, skip := range usualHeaders {
		if skip+tokenLen > len(m.Data) {
			continue
		}
		if r := e.runOf(m.Data[skip:]); r != nil {
			r.stampSent(tokenIndex(m.Data[skip:]), m.stamp)
			return
		}
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for c, r := range e.runs {
		if i := bytes.Index(m.Data, c[:]); i >= 0 && len(m.Data)-i >= tokenLen {
			r.stampSent(tokenIndex(m.Data[i:]), m.stamp)
			return
		}
	}
}

// fault ends the probe that an ICMP error is about. If the error quotes the
// token the run is known, else sequence number and destination must do. The
// error was stamped by the kernel at a time, and seen at another.
func (e *Engine) fault(in parsed, at int64, now reading) {
	if len(in.payload) >= tokenLen {
		if r := e.runOf(in.payload); r != nil {
			r.faultAt(tokenIndex(in.payload), in, at, now)
		}
		return
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, r := range e.runs {
		if r.faultBySeq(in, at, now) {
			return
		}
	}
}

// stray looks at a reply that carries no known cookie. It belongs to a run if
// that awaits this very sequence number from this very address: then it was altered
// or cut short. Anything else is the business of another pinger.
func (e *Engine) stray(p *port, m *Packet, in parsed) {
	if in.id != p.info.ID {
		return
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for _, r := range e.runs {
		if r.corrupted(m, in) {
			return
		}
	}
}
