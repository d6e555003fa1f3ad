package smtpcheck

import (
	"slices"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// proxyRefused reports whether a refusal answers the PROXY header that was sent: in place
// of the greeting, as servers want nothing before theirs (Exim: "554 SMTP synchronization
// error", Postfix postscreen: "521 5.5.1 Protocol error"), or of the answer to EHLO.
func (w *walk) proxyRefused(s *probe.Step, r Reply, err error) bool {
	if w.TLS.Proxy == "" || !transport.IsRefusal(err) || r.Transient() {
		return false
	}
	switch text := strings.ToLower(r.Text()); s.Name {
	case "greeting":
		return strings.Contains(text, "synchroni") || strings.Contains(text, "protocol error") || strings.Contains(text, "too soon")
	case "ehlo":
		return r.Code >= 500 && r.Code <= 503
	}
	return false
}

// otherDialect returns the cause if an LMTP server refuses EHLO, or an SMTP server LHLO
// (RFC 2033 §4.1); otherwise nil.
func (w *walk) otherDialect(r Reply, err error) *probe.Cause {
	said := strings.ToUpper(r.Text() + " " + w.Banner)
	switch {
	case !transport.IsRefusal(err) || r.Code < 500 || r.Code > 504:
	case !w.session.LMTP && (strings.Contains(said, "LHLO") || strings.Contains(said, "LMTP")):
		return CauseSpeaksLMTP
	case w.session.LMTP && !strings.Contains(said, "LMTP") && (isUnknown(r) || strings.Contains(said, "EHLO")):
		return CauseSpeaksSMTP
	}
	return nil
}

// isUnknown reports whether a reply means that there is no such command (RFC 5321
// §4.2.2).
func isUnknown(r Reply) bool { return r.Code == 500 || r.Code == 502 }

// overwritten matches what a firewall leaves of what it does not let through: "XXXXXXXA"
// for a keyword, and stars for a banner (Cisco PIX and ASA).
var overwritten = transport.Pattern(`^X{4,}[A-Z]?$|\*{8,}`)

// isRewritten reports whether something between overwrites what the server says.
func (w *walk) isRewritten() bool {
	return overwritten().MatchString(w.Banner) ||
		slices.ContainsFunc(w.session.Extensions, func(c transport.Capability) bool { return overwritten().MatchString(c.Name) })
}

// hidden returns the cause of something that is not offered: the middlebox that hides it,
// if there is one, otherwise c.
func (w *walk) hidden(c *probe.Cause) *probe.Cause {
	if w.isRewritten() {
		return transport.CauseMiddlebox.As(c.Status)
	}
	return c
}
