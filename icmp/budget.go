package icmp

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

// A router that runs Linux sends at most six ICMP errors to one address at once, and
// then one a second (icmp_ratelimit of icmp(7); net/ipv4/inetpeer.c). Asking a
// router for more would look like loss.
const (
	errorsAtOnce = 6
	errorEvery   = time.Second
)

// mostRouters is how many addresses a budget holds before it drops those that owe
// nothing.
const mostRouters = 1024

// A budget counts the ICMP errors that each router sent to the traces of an engine.
// The zero value is ready for use.
type budget struct {
	mu  sync.Mutex
	due map[netip.Addr]time.Duration // when nothing is owed any more
}

// spend records an error from an address. The debt is at most errorsAtOnce: a router that
// sends more has no such limit.
func (b *budget) spend(from netip.Addr, now time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.due == nil {
		b.due = map[netip.Addr]time.Duration{}
	}
	if len(b.due) >= mostRouters {
		maps.DeleteFunc(b.due, func(_ netip.Addr, due time.Duration) bool { return due <= now })
	}
	b.due[from] = min(max(b.due[from], now)+errorEvery, now+errorsAtOnce*errorEvery)
}

// ready returns when n errors of an address may be asked for.
func (b *budget) ready(from netip.Addr, n int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.due[from] - time.Duration(errorsAtOnce-n)*errorEvery
}
