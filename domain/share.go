package domain

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	// sessionLife is how long others share a session after its end.
	sessionLife = 20 * time.Second
	// maxShared is how many sessions are kept before those that nobody may share any more
	// are forgotten.
	maxShared = 256
)

// sharedSessions are the sessions of a run: domains that have exchangers in common, as
// those of one provider have, share them, so that no exchanger meets a crowd. The zero
// value is usable.
type sharedSessions struct {
	mutex sync.Mutex
	all   map[sessionKey]*sharedSession
}

type sessionKey struct {
	host string
	addr netip.Addr
}

type sharedSession struct {
	open  func() session // does so once
	ended time.Time      // zero while it lasts
}

// isOver reports whether the session ended too long ago to be shared.
func (s *sharedSession) isOver(now time.Time) bool {
	return !s.ended.IsZero() && now.Sub(s.ended) > sessionLife
}

// at returns the session with an exchanger at an address, which open opens unless there
// is one to share.
func (c *sharedSessions) at(ctx context.Context, key sessionKey, open func(context.Context, sessionKey) session) session {
	c.mutex.Lock()
	one := c.all[key]
	if one == nil || one.isOver(time.Now()) {
		one = &sharedSession{}
		one.open = sync.OnceValue(func() session {
			defer c.end(one)
			return open(ctx, key)
		})
		c.keep(key, one)
	}
	c.mutex.Unlock()
	return one.open()
}

func (c *sharedSessions) end(one *sharedSession) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	one.ended = time.Now()
}

// keep adds a session; c is locked.
func (c *sharedSessions) keep(key sessionKey, one *sharedSession) {
	if c.all == nil {
		c.all = map[sessionKey]*sharedSession{}
	}
	if len(c.all) >= maxShared {
		for other, s := range c.all {
			if s.isOver(time.Now()) {
				delete(c.all, other)
			}
		}
	}
	c.all[key] = one
}
