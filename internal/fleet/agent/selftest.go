package agent

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"mailprobe/dnssec"
	"mailprobe/internal/cut"
	"mailprobe/internal/fleet"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// Findings are what an agent has found out about its place.
type Findings struct {
	// Able are its abilities, but for the clock.
	Able []fleet.Ability
	// Private is set where the mail servers of the test were not public ones: what it says of
	// port 25 then holds for such as well.
	Private bool
}

// The names of abilities.
const (
	ablePort25   = "port-25"
	ableIPv6     = "ipv6"
	ablePTR      = "ptr"
	ableResolver = "resolver"
	ableClock    = "clock"
)

const (
	testEvery = 24 * time.Hour
	// testAgain is the time to the next test where the last one has not found port 25 open:
	// the network may not have been up yet.
	testAgain  = time.Hour
	testWithin = 40 * time.Second
)

// test has the agent test itself.
func (a *Agent) test(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	found := a.o.Test(ctx)
	a.mu.Lock()
	a.findings = found
	a.mu.Unlock()
	signal(a.greet)
}

// testAll has it test itself every day, until the context ends.
func (a *Agent) testAll(ctx context.Context) {
	for probe.Pause(ctx, a.nextTest()) {
		a.test(ctx)
	}
}

func (a *Agent) nextTest() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if port := a.findings.ability(ablePort25); port == nil || port.Able == nil || !*port.Able {
		return testAgain
	}
	return testEvery
}

func (f *Findings) ability(name string) *fleet.Ability {
	i := slices.IndexFunc(f.Able, func(a fleet.Ability) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return &f.Able[i]
}

// smtpPort is that of mail between servers, which many networks let nobody out to.
const (
	smtpPort        = 25
	defaultTestPort = "25"
)

// permit returns a failure where it is known that no connection gets out to a port. Servers of
// one's own network are another matter, unless the test was about such.
func (f *Findings) permit(to netip.AddrPort) error {
	port := f.ability(ablePort25)
	if to.Port() != smtpPort || port == nil || port.Able == nil || *port.Able || !isPublic(plain(to.Addr())) && !f.Private {
		return nil
	}
	return probe.Because(suite.CausePlaceUnable, errors.New("this place is no witness: "+port.Detail))
}

// clockAbility says what the clock lacks.
func clockAbility(offset time.Duration) fleet.Ability {
	detail := fmt.Sprintf("the clock is right to %s", probe.FormatDuration(offset.Abs()))
	if offset.Abs() > time.Second {
		way := map[bool]string{true: "behind", false: "ahead of"}[offset > 0]
		detail = fmt.Sprintf("the clock is %s %s that of the centre", probe.FormatDuration(offset.Abs()), way)
	}
	return able(ableClock, offset.Abs() <= time.Second, detail)
}

func able(name string, is bool, detail string) fleet.Ability {
	return fleet.Ability{Name: name, Able: &is, Detail: report.Clean(cut.Bytes(detail, maxDetail))}
}

func unknown(name, detail string) fleet.Ability {
	return fleet.Ability{Name: name, Detail: report.Clean(cut.Bytes(detail, maxDetail))}
}

// maxDetail bounds what is said of an ability, in bytes.
const maxDetail = 500

// providers are domains of which the exchangers answer on port 25 all over the world.
var providers = []string{"gmail.com", "outlook.com", "yahoo.com", "gmx.net", "icloud.com"}

// tester is the agent's test of itself.
type tester struct {
	hosts []string // HOST:PORT, none for exchangers of the providers
	// What tests replace.
	dial  func(ctx context.Context, network, address string) (net.Conn, error)
	dns   testResolver
	dnsec func(ctx context.Context, name string, kind dnssec.Type) (dnssec.Answer, error)
}

// testResolver is the part of net.Resolver that the test uses.
type testResolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// run tests everything side by side.
func (t *tester) run(ctx context.Context) Findings {
	if t.dial == nil {
		t.dial = new(net.Dialer).DialContext
	}
	if t.dns == nil {
		t.dns = net.DefaultResolver
	}
	if t.dnsec == nil {
		t.dnsec = dnssec.New(dnssec.Options{}).Lookup
	}
	var f Findings
	var port, six, ptr, resolver fleet.Ability
	probe.Together(
		func() {
			doors := t.doors(ctx)
			f.Private = slices.ContainsFunc(doors, func(d door) bool { return !isPublic(plain(d.to.Addr())) })
			t.knockAll(ctx, doors)
			port, six = judgePort(doors), judgeIPv6(doors)
		},
		func() { ptr = t.ptr(ctx) },
		func() { resolver = t.resolver(ctx) },
	)
	f.Able = []fleet.Ability{port, six, ptr, resolver}
	return f
}

// door is an address of a mail server, and what came of it.
type door struct {
	host string
	to   netip.AddrPort
	said string // the first line that the server said
	err  error
}

// maxDoors bounds the addresses that are tried, maxEach those of one host and family.
const (
	maxDoors = 12
	maxEach  = 1
)

// doors returns addresses of the mail servers of the test.
func (t *tester) doors(ctx context.Context) []door {
	all := make([][]door, max(len(t.hosts), len(providers)))
	var looks []func()
	for i, host := range t.hosts {
		looks = append(looks, func() { all[i] = t.addresses(ctx, host) })
	}
	if len(t.hosts) == 0 {
		for i, domain := range providers {
			looks = append(looks, func() { all[i] = t.exchanger(ctx, domain) })
		}
	}
	probe.Together(looks...)
	doors := slices.Concat(all...)
	return doors[:min(len(doors), maxDoors)]
}

// exchanger returns addresses of the first exchanger of a domain.
func (t *tester) exchanger(ctx context.Context, domain string) []door {
	records, err := t.dns.LookupMX(ctx, domain+".")
	if err != nil || len(records) == 0 {
		return nil
	}
	return t.addresses(ctx, net.JoinHostPort(records[0].Host, defaultTestPort))
}

// addresses returns an address of each family of a host.
func (t *tester) addresses(ctx context.Context, hostPort string) (all []door) {
	host, text, _ := net.SplitHostPort(hostPort)
	port, _ := parsePorts(text)
	found := []netip.Addr{}
	if addr, err := netip.ParseAddr(host); err == nil {
		found = append(found, addr)
	} else if found, err = t.dns.LookupNetIP(ctx, "ip", probe.Absolute(host)); err != nil {
		return nil
	}
	count := map[bool]int{}
	for _, addr := range found {
		if addr = addr.Unmap(); count[addr.Is4()] < maxEach {
			count[addr.Is4()]++
			all = append(all, door{host: strings.TrimSuffix(host, "."), to: netip.AddrPortFrom(addr, port.First)})
		}
	}
	return all
}

// knockWithin is how long a mail server may take to connect and to greet. Some let strangers
// wait.
const knockWithin = 15 * time.Second

func (t *tester) knockAll(ctx context.Context, doors []door) {
	var knocks []func()
	for i := range doors {
		knocks = append(knocks, func() { doors[i].said, doors[i].err = t.knock(ctx, doors[i].to) })
	}
	probe.Together(knocks...)
}

// knock connects to a mail server, reads the first line, and goes.
func (t *tester) knock(ctx context.Context, to netip.AddrPort) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, knockWithin)
	defer cancel()
	conn, err := t.dial(ctx, "tcp", to.String())
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // a connection without one is closed by its other end
	line, err := bufio.NewReaderSize(conn, 512).ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return "", err
	}
	_, _ = fmt.Fprint(conn, "QUIT\r\n")
	return strings.TrimSpace(string(line)), nil
}

// isGreeting reports whether a line is what an SMTP server says first (RFC 5321 §4.2): it may as
// well refuse.
func isGreeting(line string) bool {
	return len(line) >= 3 && strings.Contains("245", line[:1]) && strings.Trim(line[:3], "0123456789") == ""
}

// judgePort says whether connections to port 25 get out.
func judgePort(doors []door) fleet.Ability {
	var failed error
	tried := 0
	for _, d := range doors {
		if isGreeting(d.said) {
			return able(ablePort25, true, fmt.Sprintf("%s (%s) answered %q", d.host, d.to, cut.Bytes(d.said, 80)))
		}
		if !isNoRoute(d.err) { // of a family that there is no way for
			tried, failed = tried+1, cmp.Or(failed, d.err, errNoGreeting)
		}
	}
	switch {
	case len(doors) == 0:
		return unknown(ablePort25, "no mail server of the test could be looked up")
	case tried == 0:
		return unknown(ablePort25, "this machine has no way to the mail servers of the test")
	}
	return able(ablePort25, false, fmt.Sprintf("none of %s lets a connection to port 25 through, such as %s: %v", probe.Count(tried, "mail server"), doors[0].host, failed))
}

var errNoGreeting = errors.New("what answered is no mail server")

// isNoRoute reports whether this machine has no way to an address.
func isNoRoute(err error) bool {
	return slices.ContainsFunc([]error{syscall.ENETUNREACH, syscall.EADDRNOTAVAIL, syscall.EAFNOSUPPORT}, func(e error) bool { return errors.Is(err, e) })
}

// judgeIPv6 says whether there is a way by IPv6. That no mail server answers says nothing of it
// where none answers by IPv4, too.
func judgeIPv6(doors []door) fleet.Ability {
	var four, tried bool
	for _, d := range doors {
		switch {
		case d.to.Addr().Is4():
			four = four || isGreeting(d.said)
		case isGreeting(d.said):
			return able(ableIPv6, true, fmt.Sprintf("%s answered at %s", d.host, d.to.Addr()))
		case isNoRoute(d.err):
			return able(ableIPv6, false, "this machine has no way out by IPv6")
		default:
			tried = true
		}
	}
	switch {
	case !tried:
		return unknown(ableIPv6, "no mail server of the test has an IPv6 address")
	case four:
		return able(ableIPv6, false, "mail servers answer by IPv4, and none does by IPv6")
	}
	return unknown(ableIPv6, "there is a way out by IPv6, and no mail server answers")
}

// ptr says whether the address by which this machine goes out has a name that leads back to it,
// as many mail servers demand.
func (t *tester) ptr(ctx context.Context) fleet.Ability {
	conn, err := t.dial(ctx, "udp", "192.88.99.1:9") // nothing is sent: it shows the source
	if err != nil {
		return unknown(ablePTR, "this machine has no way out by IPv4")
	}
	own, err := netip.ParseAddrPort(conn.LocalAddr().String())
	_ = conn.Close()
	if err != nil || !isPublic(own.Addr()) {
		return unknown(ablePTR, fmt.Sprintf("this machine goes out as %s, behind an address that it does not know", own.Addr()))
	}
	names, err := t.dns.LookupAddr(ctx, own.Addr().String())
	if missing := (*net.DNSError)(nil); err != nil && (!errors.As(err, &missing) || !missing.IsNotFound) {
		return unknown(ablePTR, fmt.Sprintf("the name of %s could not be looked up: %v", own.Addr(), err))
	}
	for _, name := range names[:min(len(names), 10)] {
		addrs, _ := t.dns.LookupNetIP(ctx, "ip", probe.Absolute(name)) // one that fails does not lead back
		if slices.ContainsFunc(addrs, func(a netip.Addr) bool { return a.Unmap() == own.Addr().Unmap() }) {
			return able(ablePTR, true, fmt.Sprintf("%s is %s, and back", own.Addr(), strings.TrimSuffix(name, ".")))
		}
	}
	if len(names) > 0 {
		return able(ablePTR, false, fmt.Sprintf("%s is %s, which does not lead back", own.Addr(), strings.TrimSuffix(names[0], ".")))
	}
	return able(ablePTR, false, fmt.Sprintf("%s has no name (PTR)", own.Addr()))
}

// signedZone is a zone with signatures, as the root has had them since 2010.
const signedZone = "org."

// resolver says whether the resolver of this machine hands on what validates answers.
func (t *tester) resolver(ctx context.Context) fleet.Ability {
	answer, err := t.dnsec(ctx, signedZone, dnssec.TypeSOA)
	switch {
	case err != nil:
		return unknown(ableResolver, fmt.Sprintf("no answer to a question for %s SOA: %v", signedZone, err))
	case answer.Status == dnssec.Secure:
		return able(ableResolver, true, fmt.Sprintf("answers of %s can be validated", answer.Server))
	}
	return able(ableResolver, false, fmt.Sprintf("answers of %s cannot be validated: %s", answer.Server, answer.Why))
}
