package wiretest

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Path is a simulated network path to a server.
type Path struct {
	// RoundTrip is the time that a byte and the answer to it take.
	RoundTrip time.Duration
}

// Connect returns the two ends of a connection over the path. Each write arrives whole at
// the other end after half a round trip, and a close arrives after what was written
// before it. A write fails once the path has found that the other end is closed.
func (p Path) Connect() (client, server net.Conn) {
	c, toClient := newEnd()
	s, toServer := newEnd()
	go c.carry(s, toServer, p.RoundTrip/2)
	go s.carry(c, toClient, p.RoundTrip/2)
	return c, s
}

// end is one end of a connection. What is written to it waits in flight until it
// is carried to the other end; what it reads comes from a net.Pipe, whose
// deadlines it has.
type end struct {
	net.Conn // what arrives here
	mu       sync.Mutex
	arrived  *sync.Cond
	flight   []packet
	closed   bool
	broken   bool // the other end does not read any more
	landed   int  // bytes that are here and were not read yet
	deadline time.Time
	gone     chan struct{} // closed when the end is
}

type packet struct {
	due  time.Time
	data []byte
	last bool
}

// newEnd makes an end and the entry through which bytes arrive at it.
func newEnd() (e *end, entry net.Conn) {
	pipe, entry := net.Pipe()
	e = &end{Conn: pipe, gone: make(chan struct{})}
	e.arrived = sync.NewCond(&e.mu)
	return e, entry
}

// Write puts data on its way and never blocks. It fails when its deadline is over.
func (e *end) Write(data []byte) (int, error) {
	if err := e.send(packet{data: append([]byte(nil), data...)}); err != nil {
		return 0, err
	}
	return len(data), nil
}

// SetDeadline sets the deadline of reads and writes.
func (e *end) SetDeadline(t time.Time) error {
	_ = e.SetWriteDeadline(t)
	return e.SetReadDeadline(t)
}

// SetWriteDeadline sets the deadline of writes.
func (e *end) SetWriteDeadline(t time.Time) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deadline = t
	return nil
}

// Close ends both directions at this end.
func (e *end) Close() error {
	if err := e.send(packet{last: true}); err != nil {
		return err
	}
	close(e.gone)
	return e.Conn.Close()
}

func (e *end) send(p packet) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return net.ErrClosed
	case !p.last && !e.deadline.IsZero() && !time.Now().Before(e.deadline):
		return os.ErrDeadlineExceeded
	case e.broken && !p.last:
		return io.ErrClosedPipe
	}
	e.closed = p.last
	p.due = time.Now()
	e.flight = append(e.flight, p)
	e.arrived.Signal()
	return nil
}

// Read reads what has arrived.
func (e *end) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	e.land(-n)
	return n, err
}

// Arrived reports whether bytes have arrived that were not read yet.
func (e *end) Arrived() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.landed > 0
}

// land counts bytes that arrive, or negative ones that are read.
func (e *end) land(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.landed += n
}

// carry moves what was written to the other end through the entry there, each after
// the delay, until that end does not take them.
func (e *end) carry(other *end, entry net.Conn, delay time.Duration) {
	defer func() { _ = entry.Close() }()
	for {
		p := e.take()
		e.wait(other, time.Until(p.due.Add(delay)))
		if p.last {
			return
		}
		other.land(len(p.data))
		if _, err := entry.Write(p.data); err != nil {
			e.wait(other, delay) // the news has to come back
			e.breakOff()
			return
		}
	}
}

// wait lets time pass, unless nobody is left at either end to see it.
func (e *end) wait(other *end, d time.Duration) {
	over := time.After(d)
	select {
	case <-over:
		return
	case <-other.gone:
	}
	select {
	case <-over:
	case <-e.gone:
	}
}

// breakOff drops what is in flight and refuses further writes.
func (e *end) breakOff() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken, e.flight = true, nil
}

func (e *end) take() packet {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.flight) == 0 {
		e.arrived.Wait()
	}
	p := e.flight[0]
	e.flight = e.flight[1:]
	return p
}
