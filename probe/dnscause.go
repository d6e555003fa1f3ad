package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/net/dns/dnsmessage"
)

// ExplainDNS returns the cause of a failed look-up. That a name does not exist is a
// failure of the target; that the resolver could not answer is not. An error that has its
// cause is returned as it is.
func ExplainDNS(err error, name string) error {
	var known *Failure
	var dns *net.DNSError
	answer, heard := answerIn(err)
	switch {
	case errors.As(err, &known) && known.Cause != nil:
		return err
	case errors.Is(err, context.Canceled):
		return Because(CauseInterrupted, errors.New("interrupted"))
	case !errors.As(err, &dns) && errors.Is(err, context.DeadlineExceeded):
		return Because(CauseResolverTimeout, fmt.Errorf("the resolver did not answer for %s in time", name))
	case !errors.As(err, &dns):
		return Because(CauseResolver, fmt.Errorf("look-up of %s: %w", name, err))
	case heard && answer.server != "":
		dns.Server = answer.server
	}
	switch {
	case machineLimitOf(dns) != nil:
		return Because(machineLimitOf(dns), fmt.Errorf("%s cannot be looked up: %s", name, dns.Err))
	case heard && answer.answered && answer.weight() > 0 && dns.Err != "lame referral":
		return answer.because(name)
	case dns.IsNotFound && !(heard && answer.isSilence()):
		return noAddress(name, "")
	case dns.IsTimeout, dns.IsNotFound:
		return Because(CauseResolverTimeout, fmt.Errorf("the resolver%s did not answer for %s in time", at(dns.Server), name))
	}
	cause, what := explainAnswer(dns)
	return Because(cause, fmt.Errorf("the resolver%s could not answer for %s: %s", at(dns.Server), name, what))
}

// noWay is what it says where this machine has no way to a server.
var noWay = []syscall.Errno{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL, syscall.EPERM}

// because is the cause that an answer is, and says who gave it.
func (a dnsAnswer) because(name string) error {
	says := "the resolver" + at(a.server)
	switch {
	case a.loop:
		return Because(CauseAliasLoop, fmt.Errorf("%s is an alias that leads back to itself: %s answered with CNAME records in a circle", name, says))
	case a.code == dnsmessage.RCodeNameError:
		return Because(adviseAbsolute(CauseNoSuchName, name), fmt.Errorf("%s does not exist in DNS: %s answered NXDOMAIN", name, says))
	case a.code == dnsmessage.RCodeSuccess:
		return noAddress(name, ": "+says+" knows the name, but no such record of it")
	case a.code == dnsmessage.RCodeServerFailure:
		return Because(CauseResolver, fmt.Errorf("%s could not answer for %s: SERVFAIL", says, name))
	case a.code == dnsmessage.RCodeRefused:
		return Because(CauseResolverRefused, fmt.Errorf("%s refuses to answer for %s: REFUSED", says, name))
	}
	return Because(CauseResolverUnable, fmt.Errorf("%s does not understand the query for %s: %s", says, name, codeName(a.code)))
}

// codeName is the word for a code (RFC 1035 §4.1.1, RFC 6895 §2.3).
func codeName(code dnsmessage.RCode) string {
	switch code {
	case dnsmessage.RCodeFormatError:
		return "FORMERR"
	case dnsmessage.RCodeNotImplemented:
		return "NOTIMP"
	}
	return fmt.Sprintf("code %d", code)
}

// explainAnswer finds the cause of an answer that was not seen. net.Resolver has one
// text for all codes but NXDOMAIN, and takes SERVFAIL alone for temporary.
func explainAnswer(dns *net.DNSError) (*Cause, string) {
	switch {
	case dns.Err == "server misbehaving" && dns.IsTemporary:
		return CauseResolver, "SERVFAIL"
	case dns.Err == "server misbehaving":
		return CauseResolverRefused, "it refuses (REFUSED), or does not know the query (NOTIMP, FORMERR)"
	case dns.Err == "lame referral":
		return CauseResolverRefused, "it is no resolver: it refers to other servers"
	case saysAny(dns, noWay):
		return CauseResolver.Advise("this machine has no way to the resolver: check its network and its firewall, or ask another resolver with --resolver ADDR"), dns.Err
	case saysAny(dns, []syscall.Errno{syscall.ECONNREFUSED}):
		return CauseResolver.Advise("no DNS server runs there: check /etc/resolv.conf, or ask another resolver with --resolver ADDR"), dns.Err
	}
	return CauseResolver, dns.Err
}

// noAddress is for a name without addresses; where the answer was not seen, for one
// that does not exist as well: net.Resolver has one error for both.
func noAddress(name, says string) error {
	return Because(adviseAbsolute(CauseNoAddress, name), fmt.Errorf("%s has no address in DNS%s", name, says))
}

// adviseAbsolute adds how a name with a dot is looked up.
func adviseAbsolute(c *Cause, name string) *Cause {
	if Absolute(name) == name {
		return c
	}
	return c.Advise(c.Hint + "; a name with a dot is looked up as it stands, without the search domains of /etc/resolv.conf")
}

func at(server string) string {
	if server == "" {
		return ""
	}
	return " " + server
}
