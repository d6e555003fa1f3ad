package wire

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"
)

// ErrOutOfStep means that the server sent what nobody had asked for, so that its next
// answer may belong to another command.
var ErrOutOfStep = errors.New("out of step")

// ticketTime is how long Waiting reads what may be no more than a TLS session ticket,
// which comes unasked (RFC 8446 §4.6.1).
const ticketTime = time.Millisecond

// Waiting reports whether the server has sent something that was not read yet. It does
// not wait for what is still on its way. A connection that the server closed has nothing
// waiting.
func (c *Conn) Waiting() bool {
	_, encrypted := c.conn.(*tls.Conn)
	switch {
	case c.reader.Buffered() > 0:
		return true
	case !encrypted:
		return arrived(c.socket)
	case c.peek(time.Unix(1, 0)): // what TLS has read of the socket already
		return true
	}
	return arrived(c.socket) && c.peek(time.Now().Add(ticketTime))
}

// peek reports whether a byte can be read before a deadline. It restores the deadline of
// the connection.
func (c *Conn) peek(deadline time.Time) bool {
	c.mu.Lock()
	_ = c.socket.SetReadDeadline(deadline)
	c.mu.Unlock()
	_, err := c.reader.Peek(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() == nil {
		_ = c.socket.SetReadDeadline(c.deadline)
	}
	return err == nil
}

// arrived reports whether bytes are waiting on a network connection. A connection may
// answer that itself; otherwise the kernel is asked.
func arrived(socket net.Conn) bool {
	switch s := socket.(type) {
	case interface{ Arrived() bool }:
		return s.Arrived()
	case syscall.Conn:
		raw, err := s.SyscallConn()
		return err == nil && arrivedAt(raw)
	}
	return false
}
