package suite

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"mailprobe/probe"
)

// Allowed is a pattern of targets:
//
//	mail.example.org       the host, at the usual port of the scheme
//	mail.example.org:2525  the host at this port, with TLS from the start where the port
//	                       is one of a scheme that has it
//	*.example.org          every name below a domain, with :PORT as above
//	192.0.2.0/24           addresses, not names that lead to them
//	smtps://HOST           any of the above but addresses, with this scheme alone
//
// It is the name in the target that is matched, never an address it is looked up to, which
// whoever runs its DNS can choose.
type Allowed struct {
	text   string
	host   string // in lower case without the dot at the end; of *.NAME the part from the dot
	below  bool   // host is the end of names
	prefix netip.Prefix
	port   uint16       // 0 for that of the target's scheme
	scheme probe.Scheme // that goes with port
}

// String returns the pattern as it was written.
func (a Allowed) String() string { return a.text }

// ParseAllowed reads a pattern of targets for a kind.
func ParseAllowed(kind probe.Kind, text string) (Allowed, error) {
	a := Allowed{text: text}
	if strings.Contains(text, "/") && !strings.Contains(text, "://") {
		return a, a.parsePrefix(text)
	}
	rest := text
	scheme, host, isURL := strings.Cut(text, "://")
	if !isURL {
		scheme, host = "", text
	}
	if host, a.below = strings.CutPrefix(host, "*."); a.below {
		rest = strings.TrimSuffix(scheme+"://"+host, "://")
		if !isURL {
			rest = host
		}
	}
	t, err := kind.ParseTarget(rest)
	switch {
	case err != nil:
		return a, fmt.Errorf("%q is not HOST, HOST:PORT, *.example.org or a range of addresses such as 192.0.2.0/24: %w", text, err)
	case t.User != "":
		return a, fmt.Errorf("%q names a user; that is the option user", text)
	}
	a.host = nameOf(t.Host)
	if _, _, err := net.SplitHostPort(host); isURL || err == nil {
		a.port, a.scheme = t.Port, t.Scheme
	}
	if a.below {
		return a, a.checkBelow(text)
	}
	return a, nil
}

func (a *Allowed) parsePrefix(text string) error {
	var err error
	a.prefix, err = netip.ParsePrefix(text)
	switch {
	case err != nil || a.prefix.Addr().Is4In6():
		return fmt.Errorf("%q is no range of addresses such as 192.0.2.0/24 or 2001:db8::/32", text)
	case a.prefix != a.prefix.Masked():
		return fmt.Errorf("%q has bits beyond its length; %s would be the range", text, a.prefix.Masked())
	}
	return nil
}

// checkBelow refuses what is not below a domain of somebody's own.
func (a *Allowed) checkBelow(text string) error {
	if _, err := netip.ParseAddr(a.host); err == nil {
		return fmt.Errorf("%q: names have ends, addresses have ranges such as 192.0.2.0/24", text)
	}
	if !strings.Contains(a.host, ".") {
		return errors.New(`"` + text + `" would be everything below a top-level domain`)
	}
	a.host = "." + a.host
	return nil
}

// nameOf returns a host as patterns are compared with.
func nameOf(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// Includes reports whether a target, as Kind.ParseTarget returns it, is one of those the
// pattern stands for.
func (a Allowed) Includes(t probe.Target) bool {
	return a.includesHost(t.Host) && a.includesPort(t)
}

func (a Allowed) includesHost(host string) bool {
	if a.prefix.IsValid() {
		addr, err := netip.ParseAddr(host)
		return err == nil && a.prefix.Contains(addr)
	}
	name := nameOf(host)
	if a.below {
		return strings.HasSuffix(name, a.host) && len(name) > len(a.host)
	}
	return name == a.host
}

// includesPort compares ports, and whether the connection begins with TLS. Where the
// pattern has no port it is that of the target's scheme.
func (a Allowed) includesPort(t probe.Target) bool {
	if a.port == 0 {
		return t.Port == t.Scheme.Port
	}
	return t.Port == a.port && t.Scheme.TLS == a.scheme.TLS
}
