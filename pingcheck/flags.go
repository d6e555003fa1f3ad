package pingcheck

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"mailprobe/icmp"
	"mailprobe/probe"
)

// flags are the flags of the check `ping`.
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
	trace    bool                   // where probes are lost
	given    func(flag string) bool // reports whether the user set it
}

// maxSamples is how many times a fact has room for.
const maxSamples = 500

// mtuSteps is how many waits the search for the MTU may take: half of the sizes
// it tries do not fit, each of which it tries twice, and the last one again.
const mtuSteps = 36

// forever is the time given to a check that is to run until it is interrupted.
const forever = 100 * 365 * 24 * time.Hour

// newCheck returns the constructor of the kind `ping`.
func newCheck(listen func(icmp.Options) (*icmp.Engine, error)) func(*pflag.FlagSet, *probe.Options) probe.Checker {
	return func(set *pflag.FlagSet, o *probe.Options) probe.Checker {
		c := &check{shared: shared{options: o}}
		c.open = func() (*icmp.Engine, error) {
			o := c.flags.engine(o.SourceAddr())
			o.Pairs, o.Polled = c.pairs, c.polled
			return c.openWith(listen, o)
		}
		c.flags.bind(set)
		// The time a run takes follows from the flags above.
		o.Timeout = 0
		if timeout := set.Lookup("timeout"); timeout != nil {
			timeout.DefValue = "0"
			timeout.Usage = "time for the whole check of one target (default what the look-up of its name takes, and count x interval + wait)"
		}
		return c
	}
}

func (f *flags) bind(set *pflag.FlagSet) {
	f.given = set.Changed
	set.IntVarP(&f.count, "count", "c", 5, "probes to send, 0 for no end")
	set.IntVarP(&f.samples, "samples", "C", 0, "send so many probes, and show the time of every answer, as fping -C does")
	probe.DurationVarP(set, &f.interval, "interval", "i", icmp.DefaultInterval, "time from one probe to the next, 0 for none")
	probe.DurationVarP(set, &f.wait, "wait", "W", icmp.DefaultWait, "time to wait for each answer")
	set.IntVar(&f.size, "size", icmp.DefaultSize, fmt.Sprintf("bytes of payload, at least %d", icmp.MinSize))
	set.Var(&f.pattern, "pattern", "fill the payload with these bytes, in `HEX`, again and again")
	set.BoolVar(&f.adaptive, "adaptive", false, "send the next probe as soon as the last one is answered")
	set.IntVar(&f.ttl, "ttl", 0, "TTL or hop limit of the probes, 1 to 255 (default the system's)")
	set.IntVar(&f.dscp, "dscp", 0, "differentiated services code point of the probes, 0 to 63")
	set.BoolVar(&f.dontFrag, "dont-fragment", false, "forbid fragmentation; a probe too big for the path fails")
	set.StringVar(&f.device, "interface", "", "send and receive on this network interface only, by its `name`")
	set.BoolVar(&f.mtu, "mtu", false, "find the MTU of the path as well")
	set.Uint16Var(&f.tcp, "tcp", 0, "time TCP handshakes with this `port` instead of echoes, for where ICMP is filtered")
	set.BoolVar(&f.trace, "trace-on-failure", false, "trace the path where probes are lost, and show its hops")
	set.Uint32Var(&f.mark, "mark", 0, "firewall `mark` of the probes, for routing by policy (Linux)")
}

// check says which flag is wrong and what would be right.
func (f *flags) check() error {
	if f.samples > 0 {
		f.count = f.samples
	}
	switch {
	case f.samples < 0 || f.samples > maxSamples:
		return fmt.Errorf("--samples %d is not within 1 and %d", f.samples, maxSamples)
	case f.count < 0:
		return fmt.Errorf("--count %d is negative; a number such as 5 would be right, or 0 for no end", f.count)
	case f.wait <= 0:
		return fmt.Errorf("--wait %s leaves no time for an answer; a time such as 1s would be right", f.wait)
	case f.size < icmp.MinSize || f.size > icmp.MaxSize:
		return fmt.Errorf("--size %d is not within %d, which tell one probe from another, and %d", f.size, icmp.MinSize, icmp.MaxSize)
	case f.mtu && f.tcp > 0:
		return errors.New("--mtu and --tcp exclude each other: the MTU is found with echoes")
	case f.tcp > 0 && f.ofEchoes() != "":
		return fmt.Errorf("%s and --tcp exclude each other: a handshake carries no payload", f.ofEchoes())
	case f.ttl < 0 || f.ttl > 255:
		return fmt.Errorf("--ttl %d is not within 1 to 255", f.ttl)
	case f.dscp < 0 || f.dscp > 63:
		return fmt.Errorf("--dscp %d is not within 0 to 63, such as 46 for expedited forwarding", f.dscp)
	}
	return nil
}

// ofEchoes returns a flag that was set and has a meaning for echo requests only.
func (f *flags) ofEchoes() string {
	for _, name := range []string{"size", "pattern", "dont-fragment"} {
		if f.given(name) {
			return "--" + name
		}
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

// A pattern is a flag for bytes in hexadecimal.
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

// Type names the value in a help text.
func (p *pattern) Type() string { return "HEX" }
