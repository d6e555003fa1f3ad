package bulk

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// A job that is delivered again may be one that ends its worker, and took with it whatever
// else was at hand there. So a worker does such jobs one after another, fewTargets targets at
// once, and publishes each result at once: the second time from the first shard and the
// first target on, the third time from the last. What stood behind the one that ends the
// worker is before it then, and has its results.
const fewTargets = 8

// turns lets one of several at a time go on: of those who wait the one with the lowest rank.
type turns struct {
	mu      sync.Mutex
	waiting []*turn
	busy    bool
}

type turn struct {
	rank  int
	ready chan struct{}
}

// take waits for the turn, the first for so long that others can come before it. It reports
// whether the context still goes on then; if so, leave ends the turn.
func (t *turns) take(ctx context.Context, rank int, gather time.Duration) (leave func(), ok bool) {
	me := &turn{rank, make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, me)
	if !t.busy {
		t.busy = true
		time.AfterFunc(gather, t.next)
	}
	t.mu.Unlock()
	select {
	case <-me.ready:
		return t.next, true
	case <-ctx.Done():
	}
	t.mu.Lock()
	i := slices.Index(t.waiting, me)
	if i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
	}
	t.mu.Unlock()
	if i < 0 { // its turn had just come
		t.next()
	}
	return nil, false
}

// next gives the turn to the next.
func (t *turns) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy = len(t.waiting) > 0; !t.busy {
		return
	}
	first := slices.MinFunc(t.waiting, func(a, b *turn) int { return cmp.Compare(a.rank, b.rank) })
	t.waiting = slices.DeleteFunc(t.waiting, func(each *turn) bool { return each == first })
	close(first.ready)
}

// fromTheEnd reports whether a delivery begins with the last shard and target.
func fromTheEnd(delivered uint64) bool { return delivered%2 == 1 }
