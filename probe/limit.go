package probe

import (
	"context"
	"sync"
	"sync/atomic"
)

// Limit bounds how many sessions run at once, over all targets and the addresses and
// exchangers of each. A nil Limit bounds nothing.
type Limit struct {
	all     chan struct{}
	perHost int

	waiting atomic.Int64

	mu    sync.Mutex
	hosts map[string]chan struct{}
	alone map[string]chan struct{}
	pace  pace
}

// NewLimit returns a limit of all sessions at once, of which perHost may be with one
// host; 0 there means any number.
func NewLimit(all, perHost int) *Limit {
	return &Limit{all: make(chan struct{}, max(all, 1)), perHost: perHost, hosts: map[string]chan struct{}{}, alone: map[string]chan struct{}{}}
}

// Enter waits until there is room for a session with a host, and nobody else uses what
// alone names, where that is not empty. leave frees the room again. ok is false, and leave
// nil, if the context ended before. Without a limit there is always room.
func (l *Limit) Enter(ctx context.Context, host, alone string) (leave func(), ok bool) {
	if l == nil {
		return l.EnterAny(ctx)
	}
	if !l.inPace(ctx, host) {
		return nil, false
	}
	var rooms []chan struct{}
	if alone != "" {
		rooms = append(rooms, l.room(l.alone, alone, 1))
	}
	if l.perHost > 0 {
		rooms = append(rooms, l.room(l.hosts, host, l.perHost))
	}
	return l.enter(ctx, append(rooms, l.all)...) // who waits for the others takes nobody else's room
}

// EnterAny is Enter for work without a particular host.
func (l *Limit) EnterAny(ctx context.Context) (leave func(), ok bool) {
	if l == nil {
		return func() {}, true
	}
	return l.enter(ctx, l.all)
}

// Waiting returns how many sessions wait for room.
func (l *Limit) Waiting() int { return int(l.waiting.Load()) }

func (l *Limit) enter(ctx context.Context, rooms ...chan struct{}) (leave func(), ok bool) {
	if ctx.Err() != nil {
		return nil, false
	}
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	for i, room := range rooms {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
			leaveAll(rooms[:i])
			return nil, false
		}
	}
	return sync.OnceFunc(func() { leaveAll(rooms) }), true
}

func leaveAll(rooms []chan struct{}) {
	for _, room := range rooms {
		<-room
	}
}

func (l *Limit) room(rooms map[string]chan struct{}, name string, size int) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	room, ok := rooms[name]
	if !ok {
		room = make(chan struct{}, size)
		rooms[name] = room
	}
	return room
}
