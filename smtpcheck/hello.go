package smtpcheck

import (
	"bufio"
	"cmp"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
)

// hostsFile holds names of the machine: hosts(5).
const hostsFile = "/etc/hosts"

// machineName returns this machine's full name for EHLO (RFC 5321 §2.3.5): that of the
// kernel, or else the one in /etc/hosts; empty for none. It is determined once for all
// checks.
var machineName = sync.OnceValue(func() string {
	host, err := os.Hostname()
	if err != nil || isFull(host) {
		return host
	}
	f, err := os.Open(hostsFile)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	return fullName(host, f)
})

// fullName finds the full name of a host in a file such as /etc/hosts: the host's name
// with a domain.
func fullName(host string, hosts io.Reader) string {
	for lines := bufio.NewScanner(hosts); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		for _, name := range words[min(1, len(words)):] {
			if first, _, _ := strings.Cut(name, "."); strings.EqualFold(first, host) && isFull(name) {
				return name
			}
		}
	}
	return ""
}

// isFull reports whether a name has a domain and is not that of every machine.
func isFull(name string) bool {
	first, domain, _ := strings.Cut(strings.Trim(name, "."), ".")
	return domain != "" && !strings.EqualFold(first, "localhost") && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// hello returns the name for EHLO: that of --helo, or this machine's, or the address that
// the connection comes from.
func (w *walk) hello() string {
	return cmp.Or(w.Helo, w.machine, literalOf(w.Conn.LocalAddr()), "localhost")
}

// literalOf returns the address literal of an IP address (RFC 5321 §4.1.3), empty for
// others.
func literalOf(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return ""
	}
	return addressLiteral(tcp.AddrPort().Addr())
}

// addressLiteral returns an address in the form of a domain.
func addressLiteral(addr netip.Addr) string {
	if addr = addr.Unmap().WithZone(""); addr.Is6() {
		return "[IPv6:" + addr.String() + "]"
	}
	return "[" + addr.String() + "]"
}
