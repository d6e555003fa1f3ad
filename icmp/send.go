package icmp

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"time"
)

// A sender writes the probes of one run in batches. It is for one goroutine.
type sender struct {
	engine *Engine
	run    *run
	port   *port
	ms     []Packet // filled and sent again and again
	queued []netip.Addr
}

func newSender(e *Engine, r *run, p *port) *sender {
	return &sender{engine: e, run: r, port: p}
}

// queue adds a probe to the batch and reports whether there is room for more.
func (s *sender) queue(addr netip.Addr) bool {
	s.queued = append(s.queued, addr)
	return len(s.queued) < batchSize
}

// flush sends the queued probes. What cannot be sent ends as Failed; it
// returns early only if the context is done.
func (s *sender) flush(ctx context.Context) {
	if len(s.queued) == 0 {
		return
	}
	s.register()
	ms := s.ms[:len(s.queued)]
	s.queued = s.queued[:0]
	for pause := time.Millisecond; len(ms) > 0; {
		n, err := s.engine.send(s.port, ms)
		if n > 0 && s.run.stamped {
			s.run.took(s.indexOf(ms), n, s.engine.clock.now())
		}
		ms = ms[n:]
		switch {
		case err == nil:
		case passing(err) && pause < s.run.wait && sleep(ctx, pause):
			pause *= 2
			s.run.resend(s.indexOf(ms), s.engine.clock.now())
		default:
			s.run.failSend(s.indexOf(ms), err)
			ms = ms[1:]
		}
	}
}

// register makes the queued probes known to the run, so that no answer is too
// fast for it, and writes their messages.
func (s *sender) register() {
	r := s.run
	template := r.templates[s.port.proto]
	for len(s.ms) < len(s.queued) {
		s.ms = append(s.ms, Packet{Data: append([]byte(nil), template...)})
	}
	now := s.engine.clock.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, addr := range s.queued {
		req := r.table.push(addr, now.mono)
		req.epoch = now.epoch
		m := &s.ms[i]
		m.Addr, m.stamped = addr, r.stamped
		stamp(m.Data, s.port.info.ID, req.index)
		if r.ttl != nil {
			m.TTL = r.ttl(req.index)
		}
	}
}

// indexOf returns the index of the probe that the rest of a batch begins with.
func (s *sender) indexOf(rest []Packet) uint64 {
	return s.run.table.next - uint64(len(rest)) // only this goroutine adds probes
}

// send hands messages to the socket, one goroutine at a time. What the socket has
// to say is read first, else unread stamps of lost probes fill the receive buffer.
//
// A datagram socket reports an ICMP error about an earlier request once more, in
// the place of sending. So its failure is believed only if it is seen again and
// again while no ICMP error came.
func (e *Engine) send(p *port, ms []Packet) (n int, err error) {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	faults := e.drain(p)
	for seen, tries := 0, 0; seen < believedAfter && tries < mostTries; seen, tries = seen+1, tries+1 {
		n, err = p.sock.Send(ms)
		if n > 0 || p.info.Raw || !maybeStale(err) {
			break
		}
		if now := e.drain(p); now != faults {
			faults, seen = now, 0
		}
	}
	if n == 0 && err == nil {
		err = errors.New("icmp: the socket took no packet")
	}
	return n, err
}

const (
	believedAfter = 5    // failures one after another
	mostTries     = 1000 // lest a flood of forged errors keep it here
)

// maybeStale reports whether a failure to send can be an ICMP error.
func maybeStale(err error) bool {
	return err != nil && !passing(err) && !errors.Is(err, syscall.EPERM)
}

// resend sets the time of a probe and those after it, which wait for room to
// be sent, to now.
func (r *run) resend(index uint64, now reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for ; index < r.table.next; index++ {
		if req := r.table.at(index); req != nil {
			req.held += now.mono - req.sent
			req.sent, req.epoch = now.mono, now.epoch
		}
	}
}

// took notes when the kernel had taken n probes from an index on.
func (r *run) took(index uint64, n int, now reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for end := index + uint64(n); index < end; index++ {
		if req := r.table.at(index); req != nil {
			req.taken = now.wall
		}
	}
}

// passing reports whether a failure to send is a momentary lack of room.
func passing(err error) bool {
	return errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM)
}

// sleep waits and reports whether the context is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
