package icmp

import (
	"maps"
	"net/netip"
	"time"
)

// A router that runs Linux sends at most six ICMP errors to one address at once, and
// then one a second (icmp_ratelimit of icmp(7); net/ipv4/inetpeer.c). Of routers that
// are asked for more, answers would be missing that look like loss.
const (
	errorsAtOnce = 6
	errorEvery   = time.Second
)

// A budget keeps account of the ICMP errors that routers sent. The zero value is ready
// for use.
type budget map[netip.Addr]time.Duration // when all that was spent is made good

// mostRouters is how many addresses a budget remembers of those that owe nothing.
const mostRouters = 1024

// spend books an error that came from an address.
func (b budget) spend(from netip.Addr, now time.Duration) {
	if len(b) >= mostRouters {
		maps.DeleteFunc(b, func(_ netip.Addr, due time.Duration) bool { return due <= now })
	}
	b[from] = max(b[from], now) + errorEvery
}

// ready returns when an address may be asked for so many errors.
func (b budget) ready(from netip.Addr, n int) time.Duration {
	return b[from] - time.Duration(errorsAtOnce-n)*errorEvery
}
