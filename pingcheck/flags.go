package pingcheck

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// flags are the options of the check `ping`.
type flags struct {
	count    int
	samples  int // the count where each sample is wanted, 0 where not
	interval time.Duration
	wait     time.Duration
	size     int
	pattern  pattern
	adaptive bool
	ttl      int
	dscp     int
	dontFrag bool
	device   string
	mark     uint32
	mtu      bool
	tcp      uint16
	trace    bool // where probes are lost
}

// maxSamples bounds --samples, so that the fact with the times stays short.
const maxSamples = 500

// mtuSteps is how many waits the search for the MTU may take: half of the sizes
// it tries do not fit, each of which it tries twice, and the last one again.
const mtuSteps = 36

// forever is the timeout of a check that runs until it is interrupted.
const forever = 100 * 365 * 24 * time.Hour

func (f *flags) declare() []probe.Option {
	f.count, f.interval, f.wait, f.size = 5, icmp.DefaultInterval, icmp.DefaultWait, icmp.DefaultSize
	return []probe.Option{
		{Name: "count", Short: "c", Type: probe.TypeNumber, Value: &f.count, Usage: "probes to send, 0 for no end"},
		{Name: "samples", Short: "C", Type: probe.TypeNumber, Value: &f.samples, Usage: "send so many probes, and show the time of every answer, as fping -C does"},
		{Name: "interval", Short: "i", Type: probe.TypeDuration, Value: &f.interval, Usage: "time from one probe to the next, 0 for none"},
		{Name: "wait", Short: "W", Type: probe.TypeDuration, Value: &f.wait, Usage: "time to wait for each answer"},
		{Name: "size", Type: probe.TypeSize, Value: &f.size, Usage: fmt.Sprintf("bytes of payload, at least %d", icmp.MinSize)},
		{Name: "pattern", Value: &f.pattern, Usage: "fill the payload with these bytes, in `HEX`, again and again"},
		{Name: "adaptive", Type: probe.TypeBool, Value: &f.adaptive, Usage: "send the next probe as soon as the last one is answered"},
		{Name: "ttl", Type: probe.TypeNumber, Value: &f.ttl, Usage: "TTL or hop limit of the probes, 1 to 255 (default the system's)"},
		{Name: "dscp", Type: probe.TypeNumber, Value: &f.dscp, Usage: "differentiated services code point of the probes, 0 to 63"},
		{Name: "dont-fragment", Type: probe.TypeBool, Value: &f.dontFrag, Usage: "forbid fragmentation; a probe too big for the path fails"},
		{Name: "interface", Value: &f.device, Usage: "send and receive on this network interface only, by its `name`"},
		{Name: "mtu", Type: probe.TypeBool, Value: &f.mtu, Usage: "find the MTU of the path as well"},
		{Name: "tcp", Type: probe.TypeNumber, Value: &f.tcp, Usage: "time TCP handshakes with this `port` instead of echoes, for where ICMP is filtered"},
		{Name: "trace-on-failure", Type: probe.TypeBool, Value: &f.trace, Usage: "trace the path where probes are lost, and show its hops"},
		{Name: "mark", Type: probe.TypeNumber, Value: &f.mark, Usage: "firewall `mark` of the probes, for routing by policy (Linux)"},
	}
}

// check returns an error that names the first wrong option and a right value.
func (f *flags) check() error {
	if f.samples > 0 {
		f.count = f.samples
	}
	switch {
	case f.samples < 0 || f.samples > maxSamples:
		return probe.OptionErrorf("%s %d is not within 1 and %d", probe.OptionName("samples"), f.samples, maxSamples)
	case f.count < 0:
		return probe.OptionErrorf("%s %d is negative; use a number such as 5, or 0 for no end", probe.OptionName("count"), f.count)
	case f.wait <= 0:
		return probe.OptionErrorf("%s %s leaves no time for an answer; use a time such as 1s", probe.OptionName("wait"), f.wait)
	case f.size < icmp.MinSize || f.size > icmp.MaxSize:
		return probe.OptionErrorf("%[1]s %[2]d is not from %[3]d to %[4]d; the first %[3]d bytes identify a probe", probe.OptionName("size"), f.size, icmp.MinSize, icmp.MaxSize)
	case f.mtu && f.tcp > 0:
		return probe.OptionErrorf("%s and %s exclude each other: the MTU is found with echoes", probe.OptionName("mtu"), probe.OptionName("tcp"))
	case f.tcp > 0 && f.ofEchoes() != "":
		return probe.OptionErrorf("%s and %s exclude each other: a handshake carries no payload", f.ofEchoes(), probe.OptionName("tcp"))
	case f.ttl < 0 || f.ttl > 255:
		return probe.OptionErrorf("%s %d is not within 1 to 255", probe.OptionName("ttl"), f.ttl)
	case f.dscp < 0 || f.dscp > 63:
		return probe.OptionErrorf("%s %d is not within 0 to 63, such as 46 for expedited forwarding", probe.OptionName("dscp"), f.dscp)
	}
	return nil
}

// ofEchoes returns a given option that only applies to echo requests, empty for none.
func (f *flags) ofEchoes() probe.OptionName {
	switch {
	case f.size != icmp.DefaultSize:
		return "size"
	case len(f.pattern) > 0:
		return "pattern"
	case f.dontFrag:
		return "dont-fragment"
	}
	return ""
}

// timeout is how long a run may take: count x interval + wait.
func (f *flags) timeout() time.Duration {
	if f.count == 0 || time.Duration(f.count) > (forever-f.wait)/max(f.interval, 1) {
		return forever
	}
	limit := time.Duration(f.count)*max(f.interval, time.Millisecond) + f.wait
	if f.mtu {
		limit += mtuSteps * f.wait
	}
	return limit
}

// engine returns the options of the shared engine.
func (f *flags) engine(source netip.Addr) icmp.Options {
	return icmp.Options{
		Source: source, Interface: f.device, Mark: f.mark,
		TTL: f.ttl, DSCP: f.dscp, DontFragment: f.dontFrag || f.mtu,
	}
}

// ping returns the options of a run.
func (f *flags) ping() icmp.PingOptions {
	o := icmp.PingOptions{Count: f.count, Interval: f.interval, Wait: f.wait, Size: f.size, Pattern: f.pattern, Adaptive: f.adaptive}
	if f.interval == 0 {
		o.Interval = icmp.NoInterval
	}
	if f.samples > 0 {
		o.Stats = &icmp.Stats{Samples: slices.Repeat([]time.Duration{-1}, f.samples)}
	}
	return o
}

// A pattern is the value of an option for bytes in hexadecimal.
type pattern []byte

// Set reads "ff00".
func (p *pattern) Set(text string) error {
	b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(b) == 0 {
		return fmt.Errorf("%s is not an even number of hexadecimal digits such as ff00", strconv.Quote(text))
	}
	*p = b
	return nil
}

// String returns the bytes as Set reads them.
func (p *pattern) String() string { return hex.EncodeToString(*p) }
