package icmp

import (
	"context"
	"net/netip"
	"time"
)

// An echoProber probes the hops of a path with echo requests.
type echoProber struct {
	engine *Engine
	run    *run
	sender *sender
	addr   netip.Addr
	ttls   [maxWindow]uint8 // of the latest probes, by their number modulo its length
	sent   uint64
}

func (p *echoProber) send(ctx context.Context, ttl int) {
	p.ttls[p.sent%maxWindow] = uint8(ttl)
	p.sent++
	if !p.sender.queue(p.addr) {
		p.sender.flush(ctx)
	}
}

func (p *echoProber) ttlOf(seq int64) int {
	if seq < 0 || uint64(seq) >= p.sent || uint64(seq)+maxWindow < p.sent {
		return 0
	}
	return int(p.ttls[uint64(seq)%maxWindow])
}

func (p *echoProber) flush(ctx context.Context)              { p.sender.flush(ctx) }
func (p *echoProber) expire(now time.Duration) time.Duration { return p.run.expire(now) }
func (p *echoProber) take(evs []Reply) ([]Reply, error)      { return p.run.take(evs) }
func (p *echoProber) pending() int                           { return p.run.pending() }
func (p *echoProber) unanswered() []int64                    { return p.run.unanswered() }
func (p *echoProber) wakes() <-chan struct{}                 { return p.run.wake }
func (p *echoProber) close()                                 { p.engine.remove(p.run) }
