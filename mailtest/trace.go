package mailtest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"
)

// maxHops is how many Received fields a message may have before it is taken to go
// in circles (RFC 5321 §6.3).
const maxHops = 50

// hops counts the Received fields of a message.
func hops(text []byte) int {
	header, _, _ := bytes.Cut(text, []byte("\r\n\r\n"))
	n := 0
	for line := range bytes.Lines(header) {
		if len(line) >= 9 && strings.EqualFold(string(line[:9]), "Received:") {
			n++
		}
	}
	return n
}

// trace is the Received field of a message that this session hands over (RFC 5321
// §4.4), with the protocol's name by RFC 3848.
func (s *smtpSession) trace(m *queued) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "Received: from %s ([%s])\r\n", domainOf(s.conn.Hostname()), literal(s.conn.Conn().RemoteAddr()))
	with := "ESMTP"
	if state, ok := s.conn.TLSConnectionState(); ok {
		with += "S"
		fmt.Fprintf(&b, "\t(using %s with cipher %s)\r\n", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	}
	if s.user != "" {
		with += "A"
	}
	fmt.Fprintf(&b, "\tby %s with %s id %s", s.host.config.Name, with, m.id)
	if len(m.to) == 1 {
		fmt.Fprintf(&b, "\r\n\tfor <%s>", m.to[0])
	}
	fmt.Fprintf(&b, "; %s\r\n", time.Now().Format(time.RFC1123Z))
	return []byte(b.String())
}

// domainOf makes what a client called itself safe to write into a header field.
func domainOf(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r > 0x7f || r <= ' ' || strings.ContainsRune(`()<>;,\"@`, r) {
			return '?'
		}
		return r
	}, name)
	if safe == "" {
		return "unknown"
	}
	return safe
}

// literal is an address as in an address literal (RFC 5321 §4.1.3).
func literal(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return "127.0.0.1"
	}
	if strings.Contains(host, ":") {
		return "IPv6:" + host
	}
	return host
}
