package probe

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Target is the host, port and scheme a check runs against.
type Target struct {
	// Text is the target as the user names it.
	Text string
	// Scheme is the scheme given, or that of the port.
	Scheme Scheme
	// User is the name before the @, empty for none.
	User string
	// Host is a name in ASCII or an IP address without brackets.
	Host string
	// Port is the port to connect to, 0 for a kind without ports.
	Port uint16
	// Addr is the address to use, if one of several was picked.
	Addr netip.Addr
	// Domain is the domain whose exchanger the host is, empty where that is not known.
	Domain string
}

// Scheme is a URL scheme that a kind accepts.
type Scheme struct {
	// Name is the word before "://".
	Name string
	// Port is the scheme's default.
	Port uint16
	// TLS is set if the connection begins with a TLS handshake (RFC 8314 §3).
	TLS bool
}

// maxTarget bounds the length of a target, in bytes.
const maxTarget = 1024

var errPassword = OptionErrorf("a password in a target is seen by everyone on this machine; give it with %s, %s or %s",
	OptionName("password-file"), OptionName("password-env"), OptionName("password-command"))

// ParseTarget reads HOST, HOST:PORT, [V6]:PORT or a URL of one of the kind's
// schemes, each with USER@ before the host if need be.
func (k Kind) ParseTarget(text string) (Target, error) {
	if hasPassword(text) {
		return Target{}, errPassword
	}
	if err := checkTarget(text); err != nil {
		return Target{}, err
	}
	t := Target{Text: text}
	rest, err := k.cutScheme(text, &t)
	if err != nil {
		return Target{}, err
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if t.User, err = parseUser(rest[:at]); err != nil {
			return Target{}, err
		}
		rest = rest[at+1:]
	}
	if err := t.parseHostPort(strings.TrimSuffix(rest, "/")); err != nil {
		return Target{}, err
	}
	return t, k.complete(&t)
}

// hasPassword reports whether there is a colon before the @, whatever else the text
// contains: then it must not be shown.
func hasPassword(text string) bool {
	user := text[:max(0, strings.LastIndexByte(text, '@'))]
	if scheme, rest, ok := strings.Cut(user, "://"); ok && !strings.Contains(scheme, ":") {
		user = rest
	}
	return strings.Contains(user, ":")
}

func checkTarget(text string) error {
	switch {
	case text == "":
		return errors.New("the target is empty; use a host name or an address")
	case len(text) > maxTarget:
		return fmt.Errorf("the target has %d bytes; no host name is that long", len(text))
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("target %q contains a space or a control character", text)
	case !utf8.ValidString(text):
		return fmt.Errorf("target %q is not UTF-8", text)
	}
	return nil
}

// cutScheme takes the scheme off a URL.
func (k Kind) cutScheme(text string, t *Target) (rest string, err error) {
	name, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text, nil
	}
	var names []string
	for _, s := range k.Schemes {
		if strings.EqualFold(s.Name, name) {
			t.Scheme = s
			return rest, nil
		}
		names = append(names, s.Name+"://")
	}
	if len(names) == 0 {
		takes := cmp.Or(k.Target, "a host name or an IP address")
		if host := hostOfURL(rest); host != "" {
			takes += ", such as " + host
		}
		return "", fmt.Errorf("target %q is a URL; %s takes %s", text, k.Name, takes)
	}
	return "", fmt.Errorf("%s does not take %q; it takes %s", k.Name, name+"://", strings.Join(names, " "))
}

// hostOfURL returns the host in what a URL has behind its scheme, empty where it is no
// name.
func hostOfURL(rest string) string {
	host := rest[:len(rest)-len(strings.TrimLeft(rest, hostLetters+"."))]
	if behind := rest[len(host):]; !isHostName(host) || behind != "" && strings.IndexByte(":/?#", behind[0]) < 0 {
		return ""
	}
	return host
}

func parseUser(text string) (string, error) {
	user, err := url.PathUnescape(text)
	if err != nil || strings.ContainsAny(user, "\r\n\x00") {
		return "", fmt.Errorf("user name %q in the target is not percent-encoded as a URL has it", text)
	}
	return user, nil
}

// parseHostPort reads HOST, HOST:PORT, V6 or [V6]:PORT.
func (t *Target) parseHostPort(text string) error {
	if strings.ContainsAny(text, "/?#") {
		return fmt.Errorf("target %q has a path; a host and a port are all that is needed", t.Text)
	}
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		return t.setAddr(strings.TrimSuffix(inner, "]"))
	}
	if t.setAddr(text) == nil {
		return nil
	}
	host, port := text, ""
	if strings.Contains(text, ":") {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return fmt.Errorf("target %q is not HOST, HOST:PORT or [IPv6]:PORT", t.Text)
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("target %q has port %q; a port is a number from 1 to 65535", t.Text, port)
		}
		t.Port = uint16(n)
	}
	return t.setHost(host)
}

// setAddr takes an IP address, whose zone a URL has behind "%25" (RFC 6874 §2).
func (t *Target) setAddr(text string) error {
	if t.Scheme.Name != "" {
		text = strings.Replace(text, "%25", "%", 1)
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || strings.Trim(addr.Zone(), zoneLetters) != "" {
		return fmt.Errorf("%q in the target is not an IP address", text)
	}
	t.Host = addr.Unmap().String()
	return nil
}

func (t *Target) setHost(host string) error {
	if strings.Contains(host, ":") || t.setAddr(host) == nil {
		return t.setAddr(host)
	}
	ascii, err := hostProfile().ToASCII(host)
	name := strings.TrimSuffix(ascii, ".")
	if err != nil || name == "" || len(name) > 253 || !isHostName(name) {
		return fmt.Errorf("%q is neither a host name nor an IP address", host)
	}
	t.Host = ascii
	return nil
}

// hostProfile turns names in other scripts into ASCII and leaves ASCII names be.
func hostProfile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))
}

const (
	hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	zoneLetters = hostLetters + "."
)

// isHostName reports whether every label has 1 to 63 letters, digits, hyphens or
// underscores, and whether it cannot be mistaken for an address.
func isHostName(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, hostLetters) != "" {
			return false
		}
	}
	return strings.Trim(name, "0123456789.") != ""
}

// complete sets scheme and port from each other, and refuses a port where the
// kind has none.
func (k Kind) complete(t *Target) error {
	if len(k.Schemes) == 0 {
		if t.Port != 0 {
			return fmt.Errorf("%s takes no port: %q", k.Name, t.Text)
		}
		return nil
	}
	if t.Scheme.Name == "" {
		t.Scheme = k.schemeOf(t.Port)
	}
	if t.Port == 0 {
		t.Port = t.Scheme.Port
	}
	return nil
}

// schemeOf returns the scheme whose port it is, else the kind's first.
func (k Kind) schemeOf(port uint16) Scheme {
	for _, s := range k.Schemes {
		if s.Port == port {
			return s
		}
	}
	return k.Schemes[0]
}

// At returns the target at one of its host's addresses, named as Postfix's log
// does: host[address]:port.
func (t Target) At(addr netip.Addr) Target {
	t.Addr = addr
	if t.Host == addr.String() {
		return t
	}
	t.Text = fmt.Sprintf("%s[%s]", t.Host, addr)
	if t.Port != 0 {
		t.Text += fmt.Sprintf(":%d", t.Port)
	}
	return t
}

// AddrPort joins an address of the target with its port.
func (t Target) AddrPort(addr netip.Addr) string {
	return netip.AddrPortFrom(addr, t.Port).String()
}
