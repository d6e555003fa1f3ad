package probe

import "slices"

// Blame is who has to act on a cause.
type Blame string

// Who can be to blame. The words are a promise, as the names of causes are.
const (
	// BlameServer is the mail server: its administrator has to act.
	BlameServer Blame = "server"
	// BlameAccount is one account on the server: its owner or administrator.
	BlameAccount Blame = "account"
	// BlameSender is this side: the command line, or the host that runs it.
	BlameSender Blame = "sender"
	// BlameNetwork is the network between the two.
	BlameNetwork Blame = "network"
	// BlameDNS is a zone, a name server or a resolver.
	BlameDNS Blame = "dns"
	// BlameMailprobe is a limit of this program or of Go.
	BlameMailprobe Blame = "mailprobe"
	// BlameNobody means that it passes with time.
	BlameNobody Blame = "nobody"
	// BlameUnclear means that the evidence does not show who has to act.
	BlameUnclear Blame = "unclear"
)

// Blames returns every Blame.
func Blames() []Blame {
	return []Blame{BlameServer, BlameAccount, BlameSender, BlameNetwork, BlameDNS, BlameMailprobe, BlameNobody, BlameUnclear}
}

// Who describes b in words for users.
func (b Blame) Who() string {
	switch b {
	case BlameServer:
		return "the server's administrator"
	case BlameAccount:
		return "the account's owner, or the server's administrator"
	case BlameSender:
		return "this side: the command line, or the host that mailprobe runs on"
	case BlameNetwork:
		return "whoever runs the network between this host and the server"
	case BlameDNS:
		return "whoever runs the DNS zone, its name servers or the resolver"
	case BlameMailprobe:
		return "mailprobe: a limit of its own or of Go's TLS"
	case BlameNobody:
		return "nobody: it passes with time"
	}
	return "not known, as the evidence does not say"
}

// Cause is why a step is not OK, and who has to act. Each cause is declared once, in the
// package that finds it. Causes are compared by name.
type Cause struct {
	// Name is lower case with hyphens. It never changes.
	Name string
	// Blame is who has to act.
	Blame Blame
	// Status is the verdict, unless something else decides it.
	Status Status
	// Meaning describes the cause in one sentence.
	Meaning string
	// Hint says what to do.
	Hint string
	// Source is the origin of the meaning: a section of an RFC, or a product.
	Source string
	// Transient is set if it may pass without anybody's help, so that another attempt is
	// worthwhile. Causes that blame nobody or the network always may.
	Transient bool
}

// Passes reports whether waiting and trying again may help.
func (c *Cause) Passes() bool {
	return c != nil && (c.Transient || c.Blame == BlameNobody || c.Blame == BlameNetwork)
}

// As returns the cause with another status.
func (c *Cause) As(s Status) *Cause {
	other := *c
	other.Status = s
	return &other
}

// Advise returns the cause with another hint; an empty one changes nothing.
func (c *Cause) Advise(hint string) *Cause {
	other := *c
	if hint != "" {
		other.Hint = hint
	}
	return &other
}

// Lasting returns the cause as one that does not pass, as the server has said so.
func (c *Cause) Lasting() *Cause {
	other := *c
	other.Transient = false
	return &other
}

// Is reports whether other is the same cause. Nil is no cause.
func (c *Cause) Is(other *Cause) bool {
	return c != nil && other != nil && c.Name == other.Name
}

// The causes that this package itself finds.
var (
	CauseInterrupted = &Cause{
		Name: "interrupted", Blame: BlameSender, Status: Unknown,
		Meaning: "The check was stopped before its end.",
		Hint:    "run it again",
		Source:  "mailprobe",
	}
	CauseInternal = &Cause{
		Name: "internal-error", Blame: BlameMailprobe, Status: Unknown,
		Meaning: "mailprobe itself failed; this says nothing about the server.",
		Hint:    "this is a fault of mailprobe and not of the server: please report it",
		Source:  "mailprobe",
	}
	CauseThreshold = &Cause{
		Name: "threshold-exceeded", Blame: BlameUnclear, Status: Warning, Transient: true,
		Meaning: "A number that was measured is outside of the range that --warn or --crit permits.",
		Hint:    "see why the number is what it is, or change the threshold",
		Source:  "--warn and --crit",
	}
	CauseNotJudged = &Cause{
		Name: "nothing-to-judge", Blame: BlameSender, Status: Unknown,
		Meaning: "A threshold or an expectation was given for a fact or a step that did not come about.",
		Hint:    "use the name of a fact or a step that there is",
		Source:  "--warn, --crit, --expect and --reject",
	}
	CauseUnexpected = &Cause{
		Name: "reply-unexpected", Blame: BlameUnclear, Status: Critical,
		Meaning: "The server's reply is not what --expect asks for, or is what --reject excludes.",
		Hint:    "correct --expect or --reject, or see why the server's answer changed",
		Source:  "--expect and --reject",
	}
	CauseUsage = &Cause{
		Name: "usage", Blame: BlameSender, Status: Unknown,
		Meaning: "What was asked of mailprobe cannot be done.",
		Hint:    "change the option that the message names",
		Source:  "mailprobe",
	}
	CauseNoAddress = &Cause{
		Name: "no-address", Blame: BlameDNS, Status: Critical,
		Meaning: "The name does not exist in DNS, or has no address.",
		Hint:    "check the spelling, and the A and AAAA records of the name",
		Source:  "RFC 1035 §4.1.1, RFC 2308",
	}
	CauseNoSuchName = &Cause{
		Name: "no-such-name", Blame: BlameDNS, Status: Critical,
		Meaning: "The name does not exist in DNS.",
		Hint:    "check the spelling, and whether the domain is still registered",
		Source:  "RFC 1035 §4.1.1: NXDOMAIN",
	}
	CauseAliasLoop = &Cause{
		Name: "alias-loop", Blame: BlameDNS, Status: Critical,
		Meaning: "The name is an alias that leads back to itself, or on and on.",
		Hint:    "give one of the names in the circle of CNAME records an address instead",
		Source:  "RFC 1034 §3.6.2, §5.2.2",
	}
	CauseResolverUnable = &Cause{
		Name: "resolver-unable", Blame: BlameDNS, Status: Unknown,
		Meaning: "The DNS resolver does not understand the query, or does not support it.",
		Hint:    "see what answers at this address, or ask another resolver with --resolver ADDR",
		Source:  "RFC 1035 §4.1.1: NOTIMP, FORMERR",
	}
	CauseResolver = &Cause{
		Name: "resolver-failed", Blame: BlameDNS, Status: Unknown, Transient: true,
		Meaning: "The DNS resolver could not find the answer.",
		Hint:    "see whether the name servers of the domain answer and its DNSSEC is valid, or ask another resolver with --resolver ADDR",
		Source:  "RFC 1035 §4.1.1: SERVFAIL",
	}
	CauseResolverTimeout = &Cause{
		Name: "resolver-timeout", Blame: BlameDNS, Status: Unknown, Transient: true,
		Meaning: "The DNS resolver did not answer in time.",
		Hint:    "check /etc/resolv.conf, or ask another resolver with --resolver ADDR",
		Source:  "RFC 1035 §7.2",
	}
	CauseResolverRefused = &Cause{
		Name: "resolver-refused", Blame: BlameDNS, Status: Unknown,
		Meaning: "The DNS resolver refuses to answer this host.",
		Hint:    "permit this host on the resolver, or ask another one with --resolver ADDR",
		Source:  "RFC 1035 §4.1.1: REFUSED",
	}
	CauseMachineLimit = &Cause{
		Name: "machine-limit", Blame: BlameSender, Status: Unknown,
		Meaning: "This machine has no more files, ports or memory for another connection.",
		Hint:    "raise the limit on open files (ulimit -n), or run fewer checks at once with --jobs",
		Source:  "socket(2), connect(2): EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL",
	}
	CauseNoRoute = &Cause{
		Name: "no-route", Blame: BlameSender, Status: Unknown,
		Meaning: "This machine has no way to the address.",
		Hint:    "check this machine's network and routes, --source, and try -4 or -6",
		Source:  "connect(2), sendto(2): ENETUNREACH, EADDRNOTAVAIL, EAFNOSUPPORT",
	}
	CauseUnreachable = &Cause{
		Name: "host-unreachable", Blame: BlameNetwork, Status: Critical, Transient: true,
		Meaning: "A router on the way, or the neighbour itself, reported that the host cannot be reached.",
		Hint:    "see whether the host is up, and whether a router on the way refuses",
		Source:  "RFC 1812 §5.2.7.1",
	}
	CauseFirewallHere = &Cause{
		Name: "firewall-here", Blame: BlameSender, Status: Unknown,
		Meaning: "This machine's own firewall does not let the packets leave.",
		Hint:    "permit it in the firewall of this machine; see `nft list ruleset` or `iptables -L OUTPUT`",
		Source:  "connect(2), sendto(2): EPERM, EACCES",
	}
	CauseWrongFamily = &Cause{
		Name: "wrong-family", Blame: BlameSender, Status: Unknown,
		Meaning: "The target is an address of the family that was excluded by -4, -6 or --source.",
		Hint:    "leave out -4 or -6, or give an address of that family",
		Source:  "mailprobe",
	}
)

// Causes returns the causes that every check can have.
func Causes() []*Cause {
	return []*Cause{CauseInterrupted, CauseInternal, CauseThreshold, CauseNotJudged, CauseUnexpected, CauseUsage,
		CauseNoAddress, CauseNoSuchName, CauseAliasLoop, CauseResolver, CauseResolverTimeout,
		CauseResolverRefused, CauseResolverUnable, CauseMachineLimit, CauseNoRoute, CauseUnreachable, CauseFirewallHere,
		CauseWrongFamily, CauseSessionsDiffer}
}

// MergeCauses joins lists of causes, each cause once, sorted by name.
func MergeCauses(lists ...[]*Cause) []*Cause {
	all := slices.Concat(lists...)
	slices.SortStableFunc(all, func(a, b *Cause) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return slices.CompactFunc(all, (*Cause).Is)
}
