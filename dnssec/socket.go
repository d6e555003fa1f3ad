package dnssec

import (
	"context"
	"net"
	"time"
)

const (
	// maxUses is how many queries go by one UDP socket, one after the other. Few, as each
	// socket has one source port: whoever forges answers has to guess it (RFC 5452 §9.2).
	maxUses = 8
	maxIdle = 96
	idleFor = 2 * time.Second
)

// socket is a UDP socket that is connected to a server.
type socket struct {
	net.Conn
	server string
	uses   int
	since  time.Time // idle
}

// takeSocket returns one for a query alone, used before or new.
func (c *Client) takeSocket(ctx context.Context, server string) (*socket, error) {
	for {
		select {
		case s := <-c.idle:
			if s.server == server && time.Since(s.since) < idleFor {
				s.uses++
				return s, nil
			}
			s.Close()
			continue
		default:
		}
		conn, err := c.options.Dial(ctx, "udp", server)
		if err != nil {
			return nil, err
		}
		return &socket{Conn: conn, server: server, uses: 1}, nil
	}
}

// giveBack keeps a socket whose query was answered for another, unless it has had its
// share. Of one that was not, the answer may come late.
func (c *Client) giveBack(s *socket, answered bool) {
	if answered && s.uses < maxUses {
		s.since = time.Now()
		select {
		case c.idle <- s:
			return
		default:
		}
	}
	s.Close()
}
