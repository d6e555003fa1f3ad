package mailtest

import (
	"sync"
	"time"
)

// maxGreylist is how many pairs are remembered.
const maxGreylist = 10_000

// greylist records who tried to write to whom, and when first.
type greylist struct {
	mu   sync.Mutex
	seen map[[2]string]time.Time
}

// passes reports whether a sender may write to a recipient: if there is no greylisting,
// or when so much time has passed since the first try.
func (g *greylist) passes(from, to string, wait time.Duration) bool {
	if wait <= 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	pair := [2]string{from, to}
	first, ok := g.seen[pair]
	if ok {
		return time.Since(first) >= wait
	}
	if g.seen == nil || len(g.seen) >= maxGreylist {
		g.seen = map[[2]string]time.Time{}
	}
	g.seen[pair] = time.Now()
	return false
}
