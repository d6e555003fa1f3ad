package pingcheck

import (
	"errors"
	"net/netip"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// A traced is a route that is reported in the steps of a result.
type traced struct {
	*icmp.Route
	options *probe.Options
	names   map[netip.Addr]string
	systems map[netip.Addr]AS
	port    string      // "port 25" where probes went to one
	udp     bool        // they were UDP datagrams
	aside   bool        // the verdict is another step's, and so are loss and times
	echoes  *icmp.Route // then the path of echo requests, nil if none was found
}

// echoHops returns at which hop the path of echo requests ends, 0 where nobody answered.
func (t *traced) echoHops() int {
	if t.echoes == nil || !t.echoes.Last().Answered() {
		return 0
	}
	return t.echoes.Last().TTL
}

// errStopped is that of a trace that was stopped before its end.
var errStopped = errors.New("interrupted")
