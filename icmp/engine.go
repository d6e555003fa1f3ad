package icmp

import (
	"crypto/rand"
	"errors"
	"iter"
	"net/netip"
	"sync"
	"time"
)

// ErrClosed is returned by an engine that was closed.
var ErrClosed = errors.New("icmp: engine closed")

// An Engine sends echo requests and hands each answer to the run that asked.
// It may be used by many goroutines at once.
type Engine struct {
	*pair // the first, which all runs use but those of sweeps
	pairs []*pair
	clock *clock
	bound bool // to an interface
	done  sync.WaitGroup
	spent budget // of routers, by traces

	mu     sync.RWMutex
	runs   map[cookie]*run
	closed bool
}

// ports yields those that have a socket.
func (e *Engine) ports() iter.Seq[*port] {
	return func(yield func(*port) bool) {
		for _, pair := range e.pairs {
			for _, p := range []*port{pair.v4, pair.v6} {
				if p.sock != nil && !yield(p) {
					return
				}
			}
		}
	}
}

// Close ends all runs and closes the sockets. It returns when no goroutine of
// the engine is left.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	for _, r := range e.runs {
		r.stop(ErrClosed)
	}
	e.mu.Unlock()
	var errs []error
	for p := range e.ports() {
		errs = append(errs, p.sock.Close())
	}
	e.done.Wait()
	return errors.Join(errs...)
}

// Usable returns nil if the engine has a socket for addr's family, else why
// there is none.
func (e *Engine) Usable(addr netip.Addr) error { return e.portOf(addr).err }

// Socket describes the socket used for addr's family.
func (e *Engine) Socket(addr netip.Addr) SocketInfo { return e.portOf(addr).info }

// runOf returns the run with the cookie that payload starts with, nil if none.
func (e *Engine) runOf(payload []byte) *run {
	if len(payload) < len(cookie{}) {
		return nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.runs[cookie(payload)]
}

func (e *Engine) add(r *run) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrClosed
	}
	e.runs[r.cookie] = r
	return nil
}

func (e *Engine) remove(r *run) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.runs, r.cookie)
}

// newRun makes a run over a pair known to the engine; the caller removes it. Its
// owner is woken by a token in wake.
func (e *Engine) newRun(over *pair, size int, wait time.Duration, pattern []byte, wake chan struct{}) (*run, error) {
	r := &run{
		pair:      over,
		wait:      wait,
		templates: make(map[int][]byte, 2),
		wake:      wake,
		dropped:   make(map[*port]uint32, 2),
		stamped:   true,
	}
	r.table.keep = maxWindow
	rand.Read(r.cookie[:])
	for _, p := range []*port{r.v4, r.v6} {
		if p.sock == nil {
			continue
		}
		var err error
		if r.templates[p.proto], err = newTemplate(p.proto, size, r.cookie, pattern); err != nil {
			return nil, err
		}
		r.dropped[p] = p.sock.Dropped()
	}
	return r, e.add(r)
}
