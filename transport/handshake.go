package transport

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"mailprobe/probe"
	"mailprobe/wire"
)

// explainHandshake returns the cause of a failed handshake.
func (l *Link) explainHandshake(err error) error {
	failed := fmt.Errorf("TLS handshake: %w", err)
	if l.options.isRestricted() {
		if f := l.explainRestricted(err); f != nil {
			return f
		}
	}
	switch {
	case errors.Is(err, wire.ErrInjected) && l.Implicit():
		return probe.Because(l.noTLSHere(err), err)
	case errors.Is(err, wire.ErrInjected):
		return probe.Because(CauseInjected, err)
	case l.hadNoCertificate() && !errors.Is(err, wire.ErrTimeout):
		return probe.Because(CauseClientCertNeeded, fmt.Errorf("%w; the server asked for a certificate of the client", failed), CauseTLSUnclear)
	case errors.Is(err, wire.ErrTimeout):
		return probe.Because(CauseTimeout.Advise("the server stalls in the handshake: check its load, and whether it speaks TLS on this port"), failed)
	case errors.Is(err, wire.ErrClosed):
		return probe.Because(CauseClosed.Advise("the server hangs up in the handshake: see its log, whether it has a certificate and a key, and whether it speaks TLS on this port"), failed)
	case isReset(err):
		return probe.Because(CauseReset.Advise("the server's program crashed in the handshake, or something on the way does not permit TLS: see the server's log, and test from another network"), failed)
	}
	cause, also := explainTLS(textOfTLS(err))
	if cause.Is(CauseNothingInCommon) {
		also = append(also, l.withoutName()...)
		cause = cause.Advise(fmt.Sprintf("%s; other clients such as OpenSSL may get through: %s", cause.Hint, l.openSSL()))
	}
	return probe.Because(cause, failed, also...)
}

// explainRestricted returns the cause of a handshake that failed as the user had this side
// offer less than it could; nil if the error has nothing to do with that. Servers refuse
// what they do not want by an alert, or hang up.
func (l *Link) explainRestricted(err error) error {
	if l.hadNoCertificate() {
		return nil
	}
	cause := CauseTLSRestricted.Advise(fmt.Sprintf("leave out %s to see what the server agrees to", l.options.restrictions()))
	text := fmt.Errorf("TLS handshake: %w; the server was offered only what the options permit", err)
	if c, _ := explainTLS(textOfTLS(err)); c.Is(CauseNothingInCommon) || c.Is(CauseTLSBroken) && isAlert(err) {
		return probe.Because(cause, text)
	}
	switch {
	case errors.Is(err, wire.ErrTimeout):
	case errors.Is(err, wire.ErrClosed):
		return probe.Because(cause, text, CauseClosed)
	case isReset(err):
		return probe.Because(cause, text, CauseReset)
	}
	return nil
}

// isAlert reports whether a handshake failed by an alert of the server (RFC 8446 §6).
func isAlert(err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "remote error"
}

// explainTLS returns the causes of a TLS error by its text.
func explainTLS(text string) (*probe.Cause, []*probe.Cause) {
	if row := TLSErrors().Find(Evidence{Step: "tls", Text: text}); row != nil {
		return row.Cause()
	}
	return CauseTLSUnclear, nil
}

// textOfTLS returns the text of a crypto/tls error: an alert of the server is a "remote
// error", anything else is what this side did not accept. It is empty for other errors,
// whatever they quote.
func textOfTLS(err error) string {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "remote error" {
		return op.Error()
	}
	if text := err.Error(); strings.HasPrefix(text, "tls: ") {
		return text
	}
	return ""
}

// noTLSHere returns the cause of plain text on a port that should begin with TLS, by what
// the server said.
func (l *Link) noTLSHere(err error) *probe.Cause {
	_, said, _ := strings.Cut(err.Error(), `began with "`)
	if s := l.stranger(said); s != nil {
		return s
	}
	return CauseNoTLSHere
}

// withoutName returns a further cause if this side sent no server name, as it was told so
// or as the target is an address.
func (l *Link) withoutName() []*probe.Cause {
	if name := l.indicated(); name == "" || isAddress(name) {
		return []*probe.Cause{CauseSNINeeded}
	}
	return nil
}

func isAddress(name string) bool {
	_, err := netip.ParseAddr(name)
	return err == nil
}

// openSSL returns the command that shows what the server negotiates with another client.
func (l *Link) openSSL() string {
	command := "openssl s_client -connect " + l.Target.AddrPort(l.address)
	if !l.Implicit() {
		command += " -starttls " + cmp.Or(l.protocol().openSSL, "smtp")
	}
	switch name := l.indicated(); {
	case name == "":
		command += " -noservername"
	case !isAddress(name):
		command += " -servername " + name
	}
	return command
}

// TLSErrors returns the table of crypto/tls errors, most specific first.
func TLSErrors() Table {
	return Table{
		// RFC 8446 §6.2, the alerts about a certificate of this side.
		{Words: `remote error: tls: certificate required`, Causes: []*probe.Cause{CauseClientCertNeeded},
			From: "OpenSSL 3.0, TLS 1.3", Said: "remote error: tls: certificate required", Not: "remote error: tls: unknown certificate"},
		{Words: `remote error: tls: (bad certificate|(unsupported|revoked|expired|unknown) certificate|access denied)`,
			Causes: []*probe.Cause{CauseClientCertNeeded}, Hint: "the server does not accept the certificate of this side, or that there is none: give one it accepts with --client-cert, and see its log",
			From: "Go 1.26 as server, TLS 1.2", Said: "remote error: tls: bad certificate", Not: "tls: failed to parse certificate from server: x509: malformed certificate"},
		// RFC 6066 §3
		{Words: `remote error: tls: unrecognized name`, Causes: []*probe.Cause{CauseSNINeeded},
			From: "OpenSSL 3.0 s_server -servername_fatal", Said: "remote error: tls: unrecognized name", Not: "remote error: tls: unknown certificate authority"},
		// The server found nothing that it could agree on, or has no certificate at all.
		{Words: `remote error: tls: (protocol version not supported|inappropriate fallback)`, Causes: []*probe.Cause{CauseNothingInCommon},
			Hint: "the server accepts none of TLS 1.0 to 1.3 from this client: enable TLS 1.2 and 1.3 on it",
			From: "OpenSSL 1.0.2, SSLv3 alone", Said: "remote error: tls: protocol version not supported", Not: "remote error: tls: unsupported extension"},
		{Words: `remote error: tls: (handshake failure|insufficient security level)`, Causes: []*probe.Cause{CauseNothingInCommon, CauseTLSBroken},
			From: "OpenSSL 3.0 s_server -cipher DHE", Said: "remote error: tls: handshake failure", Not: "remote error: tls: internal error"},
		// The server agreed on what this side cannot do.
		{Words: `server selected (unsupported|unoffered)|unsupported type of public key|chose an unconfigured cipher suite|invalid signature algorithm|RSA key larger than|incorrect key type`,
			Causes: []*probe.Cause{CauseNothingInCommon},
			From:   "OpenSSL 1.0.1, SSLv3", Said: "tls: server selected unsupported protocol version 300", Not: "tls: server selected TLS 1.3 using the legacy version field"},
		{Words: `failed to parse certificate from server`, Causes: []*probe.Cause{CauseCertUnverifiable},
			Hint: "Go cannot read the certificate; see it with openssl s_client -showcerts, and get a new one from an authority that makes correct ones",
			From: "Go 1.26", Said: "tls: failed to parse certificate from server: x509: invalid RSA modulus", Not: "tls: invalid signature by the server certificate: crypto/rsa: verification error"},
		{Words: `received empty certificates message`, Causes: []*probe.Cause{CauseCertChain}, Hint: "configure a certificate",
			From: "Go 1.26", Said: "tls: received empty certificates message", Not: "tls: received unexpected key update message"},
		// The server does not hold to the protocol, or says itself that it is at fault.
		{Words: `remote error: tls: internal error`, Causes: []*probe.Cause{CauseTLSBroken},
			From: "Go 1.26 as server without a certificate", Said: "remote error: tls: internal error", Not: "tls: internal error: unsupported curve"},
		{Words: `invalid signature by the server certificate|Finished message was incorrect|invalid server finished hash`,
			Causes: []*probe.Cause{CauseTLSBroken}, Hint: "the server's key does not belong to its certificate, or something on the way alters the session: see its log",
			From: "Go 1.26", Said: "tls: invalid signature by the server certificate: ECDSA verification failure", Not: "remote error: tls: error decrypting message"},
		{Words: `^tls: (bad record MAC|unexpected message|record overflow|error decoding message|received unexpected|server did not|server sent)`,
			Causes: []*probe.Cause{CauseTLSBroken},
			From:   "Go 1.26", Said: "tls: bad record MAC", Not: "remote error: tls: bad record MAC"},
		{Words: `downgrade attempt detected`, Causes: []*probe.Cause{CauseMiddlebox}, Hint: "something on the way keeps the session to an old version of TLS: switch the inspection of TLS off there, or test from another network",
			From: "Go 1.26", Said: "tls: downgrade attempt detected, possibly due to a MitM attack or a broken middlebox", Not: "remote error: tls: inappropriate fallback"},
	}
}
