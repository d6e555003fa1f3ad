package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"time"

	"mailprobe/wire"
)

// DefaultTimeout is the time for the whole check of one target.
const DefaultTimeout = 30 * time.Second

// Options configure every check. Their flags are the same on every
// command and keys of every health check.
type Options struct {
	// IPv4 and IPv6 restrict the check to addresses of one family.
	IPv4, IPv6 bool
	// Source is the address connections start from.
	Source string
	// AllAddresses makes every address of a host a result of its own.
	AllAddresses bool
	// Resolver is the DNS server to ask, ADDR[:PORT]; empty for the system's.
	Resolver string
	// Timeout bounds the whole check of one target; 0 leaves it to the kind, or
	// else it is DefaultTimeout.
	Timeout time.Duration
	// Warn and Crit are thresholds on facts.
	Warn, Crit Thresholds
	// Repeat is how many sessions there are to be with each target, one after another; 0
	// for one.
	Repeat int
	// Expect and Reject are patterns for the server's reply to a step.
	Expect, Reject Patterns

	// Dial makes connections; nil for those of the operating system.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// DNS answers look-ups; nil for the resolver that Resolver names.
	DNS Resolver
	// Permit is asked before anything is sent to an address, whose port is 0 where the
	// protocol has none; its error says why that must not be. The system's resolvers are not
	// asked about. Nil permits all.
	Permit func(netip.AddrPort) error
	// Getenv is where options that name an environment variable look it up; nil for
	// os.Getenv.
	Getenv func(name string) string
	// Limit bounds the sessions of this check and of others; nil for any number.
	Limit *Limit
	// Stdin is where a flag's "-" reads from; nil where there is nothing to read.
	Stdin io.Reader
	// Watch is called when a step begins, and what it returns when the step has ended;
	// nil where nobody watches. Steps of several targets run at once.
	Watch func(target, step string) (ended func())
	// Abandon leaves a check to itself that does not end with its time.
	Abandon bool
	// Interval is the time from one run of the check to the next; 0 where it is not known.
	Interval time.Duration
	// SendNothing forbids to hand over a message, whatever else is asked for.
	SendNothing bool
	// NoCommands prepares a check without running the commands that print its secrets,
	// which are not known then.
	NoCommands bool
	// Prompt asks the user for a secret; nil where there is nobody to ask, which it may
	// also say by the error ErrNobody.
	Prompt func(question string) (wire.Secret, error)

	source netip.Addr
	ownDNS bool // DNS was made here
	reads  any  // what reads Stdin, an OptionName or a text; nil for nothing
}

// IsStdin reports whether the name of a file stands for standard input.
func IsStdin(name string) bool {
	return slices.Contains([]string{"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}, name)
}

// ClaimStdin keeps standard input for one reader, as it can be read only once: an OptionName,
// or a text that says what reads it. Its error is an OptionError.
func (o *Options) ClaimStdin(reader any) error {
	if o.reads != nil {
		return OptionErrorf("%s and %s both read standard input, which can be read only once; give one of them in another way", o.reads, reader)
	}
	o.reads = reader
	return nil
}

// TakeStdin returns standard input for an option that reads it. Its error is an OptionError.
func (o *Options) TakeStdin(option OptionName) (io.Reader, error) {
	if o.Stdin == nil {
		return nil, OptionErrorf("%s -: there is no standard input to read", option)
	}
	return o.Stdin, o.ClaimStdin(option)
}

// ErrNobody is the error of Options.Prompt where there is nobody to ask.
var ErrNobody = errors.New("there is no terminal to ask at")

// Resolver is the part of net.Resolver that checks use.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// declare returns the options that every check has. Those on steps and facts have the
// names of the kind's.
func (o *Options) declare(kind Kind) []Option {
	names := kind.measureNames()
	return []Option{
		{Name: "ipv4", Short: "4", Type: TypeBool, Value: &o.IPv4, Usage: "use IPv4 addresses only"},
		{Name: "ipv6", Short: "6", Type: TypeBool, Value: &o.IPv6, Usage: "use IPv6 addresses only"},
		{Name: "source", Value: &o.Source, Usage: "start from this local `address`"},
		{Name: "all-addresses", Type: TypeBool, Value: &o.AllAddresses, Usage: "check every address of a host, each with a result of its own"},
		{Name: "resolver", Type: TypeServer, Value: &o.Resolver, Usage: "ask this DNS server, `ADDR[:PORT]`, instead of the system's"},
		{Name: "timeout", Type: TypeDuration, Value: &o.Timeout, Usage: cmp.Or(kind.Timeout, "time for the whole check of one target")},
		{Name: "warn", Type: TypeRange, List: true, Value: &o.Warn, Choices: names,
			Usage: "Warning when a fact is outside of a Nagios range; without FACT the total time (repeatable)"},
		{Name: "crit", Type: TypeRange, List: true, Value: &o.Crit, Choices: names,
			Usage: "Critical when a fact is outside of a Nagios range; without FACT the total time (repeatable)"},
	}
}

// ReplyOptions declares the options on a server's replies, for kinds that have such.
func (o *Options) ReplyOptions() []Option {
	return []Option{
		{Name: "expect", Type: TypePattern, List: true, Value: &o.Expect,
			Usage: "Critical unless the server's reply to a step matches; a matching refusal counts as success (repeatable)"},
		{Name: "reject", Type: TypePattern, List: true, Value: &o.Reject,
			Usage: "Critical when the server's reply to a step matches (repeatable)"},
	}
}

// prepare checks what the flags say together.
func (o *Options) prepare(kind Kind) error {
	if o.IPv4 && o.IPv6 {
		return OptionErrorf("%s and %s exclude each other; without either, both families are used", OptionName("ipv4"), OptionName("ipv6"))
	}
	if err := o.prepareSource(); err != nil {
		return err
	}
	if err := o.prepareResolver(); err != nil {
		return err
	}
	if err := o.prepareRepeat(); err != nil {
		return err
	}
	return o.prepareNames(kind)
}

// prepareNames checks the names of steps and facts in thresholds and patterns.
func (o *Options) prepareNames(kind Kind) error {
	if err := o.Expect.check("expect", kind); err != nil {
		return err
	}
	if err := o.Reject.check("reject", kind); err != nil {
		return err
	}
	if err := o.Warn.check("warn", kind); err != nil {
		return err
	}
	return o.Crit.check("crit", kind)
}

func (o *Options) prepareSource() error {
	if o.Source == "" {
		return nil
	}
	addr, err := netip.ParseAddr(o.Source)
	if err != nil {
		return OptionErrorf("%s %q is not an IP address such as 192.0.2.1", OptionName("source"), o.Source)
	}
	addr = addr.Unmap()
	if addr.Is4() && o.IPv6 || addr.Is6() && o.IPv4 {
		return OptionErrorf("%s %s is not of the address family that was asked for", OptionName("source"), addr)
	}
	o.source = addr
	o.IPv4, o.IPv6 = addr.Is4(), addr.Is6()
	return nil
}

// prepareResolver makes the resolver, unless one was set.
func (o *Options) prepareResolver() error {
	if o.Resolver == "" {
		if o.DNS == nil {
			// The C library of Linux does not find absolute names in /etc/hosts.
			o.DNS, o.ownDNS = newWatchedResolver("", runtime.GOOS == "linux"), true
		}
		return nil
	}
	server, err := parseServer(o.Resolver)
	if err == nil {
		err = o.permits(server)
	}
	if err != nil || o.DNS != nil {
		return err
	}
	o.DNS, o.ownDNS = newWatchedResolver(server, true), true
	return nil
}

// ReplaceResolver has a kind look names up by a resolver of its own, unless the caller has
// set DNS. server is that of Resolver, as ADDR:PORT, and empty for those of the system.
func (o *Options) ReplaceResolver(make func(server string) Resolver) {
	if !o.ownDNS {
		return
	}
	server := ""
	if o.Resolver != "" {
		server, _ = parseServer(o.Resolver) // it was read before
	}
	o.DNS = make(server)
}

// parseServer reads ADDR or ADDR:PORT of a DNS server.
func parseServer(text string) (string, error) {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(addr, 53).String(), nil
	}
	server, err := netip.ParseAddrPort(text)
	if err != nil {
		return "", OptionErrorf("%s %q is not an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53", OptionName("resolver"), text)
	}
	return server.String(), nil
}

// SourceAddr returns the address to start from; it is not valid where none was given.
func (o *Options) SourceAddr() netip.Addr { return o.source }

// DialContext connects as the options say.
func (o *Options) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := o.permits(address); err != nil {
		return nil, err
	}
	if o.Dial != nil {
		return o.Dial(ctx, network, address)
	}
	d := net.Dialer{KeepAlive: -1}
	if o.source.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: o.source.AsSlice(), Zone: o.source.Zone()}
	}
	return d.DialContext(ctx, network, address)
}

// judge holds a step's facts against the thresholds.
func (o *Options) judge(s *Step) {
	for i := range s.Facts {
		o.judgeFact(s, i)
	}
}

func (o *Options) judgeFact(s *Step, i int) {
	var warn, crit Thresholds
	if o != nil {
		warn, crit = o.Warn, o.Crit
	}
	f := &s.Facts[i]
	if wrong := f.judge(s, warn, crit); wrong != "" {
		s.RaiseFor(f.cause(), wrong)
	}
}

// Judges reports whether there is a threshold on a fact, so that a checker can skip
// commands nobody needs.
func (o *Options) Judges(fact string) bool {
	_, warn := o.Warn[fact]
	_, crit := o.Crit[fact]
	return warn || crit
}

// missing makes an otherwise good result Unknown where a threshold or an
// expectation met nothing that it could be held against.
func (o *Options) missing(r *Result) {
	if o == nil || r.Worst() == nil || Worst(r.Worst().Status, OK) != OK {
		return
	}
	var lacks []string
	for _, t := range []Thresholds{o.Warn, o.Crit} {
		for name := range t {
			if !r.learned(name) && !r.leavesOut(name) && (o.Repeat <= 1 || !isRepeatFact(name)) {
				lacks = append(lacks, fmt.Sprintf("no fact %q was learned for its threshold", name))
			}
		}
	}
	for _, name := range slices.Concat(o.Expect.steps(), o.Reject.steps()) {
		if r.Step(name) == nil && !r.leavesOut(name) {
			lacks = append(lacks, fmt.Sprintf("step %q did not run, so its reply could not be matched", name))
		}
	}
	if len(lacks) == 0 {
		return
	}
	slices.Sort(lacks)
	_ = r.Run("conditions", func(s *Step) error {
		return Because(CauseNotJudged.Advise("the steps and facts there are now: "+r.stepNames()+"; "+r.factNames()),
			errors.New(strings.Join(slices.Compact(lacks), "; ")))
	})
}

// learned reports whether there is a fact of a name that a threshold may have.
func (r *Result) learned(name string) bool {
	step, fact, ofStep := strings.Cut(name, ":")
	if !ofStep {
		_, ok := r.Fact(name)
		return ok
	}
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		return s.isCalled(step) && slices.ContainsFunc(s.Facts, func(f Fact) bool { return f.Name == fact })
	})
}

func (r *Result) stepNames() string {
	var names []string
	for _, s := range r.Steps {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}

func (r *Result) factNames() string {
	var names []string
	for _, f := range r.Facts() {
		if f.Value != nil {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}
