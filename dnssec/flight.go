package dnssec

import (
	"context"
	"sync"
	"time"
)

// flights runs each piece of work once for all concurrent callers, and caches the latest
// results until they expire.
type flights[K comparable, V any] struct {
	max int

	mu    sync.Mutex
	known map[K]*flight[V]
	order []K // ring: the oldest is at next
	next  int
}

type flight[V any] struct {
	done    chan struct{}
	value   V
	expires time.Time
}

func newFlights[K comparable, V any](max int) *flights[K, V] {
	return &flights[K, V]{max: max, known: map[K]*flight[V]{}}
}

// work makes a result, and says how long that holds.
type work[V any] func(context.Context) (V, time.Duration)

// start begins the work unless it is under way or its result is known. The work goes on
// when the one who asked first leaves: others may wait for it.
func (f *flights[K, V]) start(ctx context.Context, key K, limit time.Duration, work work[V]) *flight[V] {
	one, isNew := f.flight(key)
	if isNew {
		go one.run(ctx, limit, work)
	}
	return one
}

// do is start where the caller has nothing else to do, and waits. What begins here is done
// here, on a stack that has grown already, to its end.
func (f *flights[K, V]) do(ctx context.Context, key K, limit time.Duration, work work[V]) (V, error) {
	one, isNew := f.flight(key)
	if isNew {
		one.run(ctx, limit, work)
	}
	return one.wait(ctx)
}

// flight returns that of a key, which is to be run if it is new.
func (f *flights[K, V]) flight(key K) (one *flight[V], isNew bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old, ok := f.known[key]; ok && !old.over() {
		return old, false
	}
	one = &flight[V]{done: make(chan struct{})}
	f.keep(key, one)
	return one, true
}

func (f *flight[V]) run(ctx context.Context, limit time.Duration, work work[V]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	value, ttl := work(ctx)
	f.value, f.expires = value, time.Now().Add(ttl)
	close(f.done)
}

// keep makes room for a result by dropping the oldest.
func (f *flights[K, V]) keep(key K, one *flight[V]) {
	if _, again := f.known[key]; !again {
		if len(f.order) < f.max {
			f.order = append(f.order, key)
		} else {
			delete(f.known, f.order[f.next])
			f.order[f.next] = key
			f.next = (f.next + 1) % f.max
		}
	}
	f.known[key] = one
}

// over reports whether a result is known and holds no longer.
func (f *flight[V]) over() bool {
	select {
	case <-f.done:
		return time.Now().After(f.expires)
	default:
		return false
	}
}

// wait returns the result, or the error of a caller that leaves first.
func (f *flight[V]) wait(ctx context.Context) (V, error) {
	select {
	case <-f.done:
		return f.value, nil
	case <-ctx.Done():
		var none V
		return none, ctx.Err()
	}
}

// peek returns a result that is known already.
func (f *flights[K, V]) peek(key K) (value V, ok bool) {
	f.mu.Lock()
	one := f.known[key]
	f.mu.Unlock()
	if one == nil {
		return value, false
	}
	select {
	case <-one.done:
		return one.value, true
	default:
		return value, false
	}
}
