package transport

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"syscall"

	"mailprobe/probe"
	"mailprobe/wire"
)

// stage is how far a session had come when it broke.
type stage int

const (
	anyStage stage = iota
	silent         // the server has not said anything yet, nor made TLS
	greeting       // in the greeting, or before it
	later
)

// breakage is one way in which a session ends without a verdict of the server.
type breakage struct {
	is    func(error) bool
	at    stage
	cause *probe.Cause
	hint  string // empty for the cause's; %s is the name of the scheme
}

// breakages lists what can break, where, and the cause. The first match counts.
var breakages = []breakage{
	{is(wire.ErrInput), anyStage, probe.CauseUsage, ""},
	{is(wire.ErrInjected), anyStage, CauseInjected, ""},
	{is(wire.ErrTimeout), silent, CauseTimeout, "the server may wait for TLS: try --tls=implicit, or %ss://; else it is overloaded, looks up this host, or delays on purpose: see its log; --timeout gives it longer"},
	{is(wire.ErrTimeout, syscall.ETIMEDOUT), anyStage, CauseTimeout, "the server is overloaded, waits for something of its own (a look-up, a lock, a scanner, a user database), or delays on purpose: see its log; --timeout gives it longer"},
	{is(wire.ErrClosed), anyStage, CauseClosed, "the server or something before it hung up: see its log, and whether it limits connections from this host"},
	{isReset, silent, CauseReset, "the server's program crashed, or something on the way ends its sessions: see the server's log, and whether a firewall, a proxy without a server behind it, or a limit on connections is at work"},
	{isReset, anyStage, CauseReset, ""},
	{is(syscall.EHOSTUNREACH, syscall.ENETUNREACH), anyStage, probe.CauseUnreachable, ""},
	{is(wire.ErrOutOfStep), anyStage, CauseOutOfStep, ""},
	{is(wire.ErrLimit, wire.ErrProtocol), greeting, CauseProtocolError, "this is no %s server, or something on the way answers in its place: check host and port"},
	{is(wire.ErrLimit), anyStage, CauseTooMuch, ""},
	{is(wire.ErrProtocol), anyStage, CauseProtocolError, ""},
}

func is(any ...error) func(error) bool {
	return func(err error) bool {
		for _, e := range any {
			if errors.Is(err, e) {
				return true
			}
		}
		return false
	}
}

// isReset reports whether the connection was reset, as a read or the next write shows.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNABORTED)
}

// Broken attaches a cause to the error of a broken session, unless it has one. Walk calls
// it after every step.
func (l *Link) Broken(step string, err error) error {
	var verdict *probe.Failure
	switch {
	case err == nil, errors.As(err, &verdict):
		return err
	case errors.Is(err, context.Canceled):
		return probe.Because(probe.CauseInterrupted, err)
	case l.lacksClientCertificate(err):
		also := CauseClosed
		if isReset(err) {
			also = CauseReset
		}
		return probe.Because(CauseClientCertNeeded, fmt.Errorf("%w; the server asked for a certificate of the client in the TLS handshake", err), also)
	}
	if text := textOfTLS(err); text != "" {
		cause, also := explainTLS(text)
		return probe.Because(cause, err, also...)
	}
	at := l.stage(step)
	if at != later && is(wire.ErrLimit, wire.ErrProtocol)(err) {
		if s := l.stranger(l.firstWords()); s != nil {
			return probe.Because(s, err)
		}
	}
	for _, b := range breakages {
		if b.is(err) && (b.at == anyStage || b.at == at || b.at == greeting && at == silent) {
			return probe.Because(b.cause.Advise(l.name(b.hint)), err)
		}
	}
	return err
}

// stage returns how far the session has come in a step.
func (l *Link) stage(step string) stage {
	switch {
	case l.Conn != nil && l.Conn.TLS() == nil && len(l.Conn.Transcript.ServerSaid(0)) == 0:
		return silent
	case step == "greeting":
		return greeting
	}
	return later
}

// name inserts the name of the protocol into a hint with a placeholder.
func (l *Link) name(hint string) string {
	p := l.protocol()
	if strings.Contains(hint, "%ss://") {
		return fmt.Sprintf(hint, p.scheme)
	}
	if strings.Contains(hint, "%s") {
		return fmt.Sprintf(hint, p.name)
	}
	return hint
}

// lacksClientCertificate reports whether a TLS 1.3 server ended the session for want of a
// client certificate. It refuses only after the handshake, and if this side has written
// meanwhile its alert can be lost in a reset.
func (l *Link) lacksClientCertificate(err error) bool {
	return l.hadNoCertificate() && l.Conn.TLS() != nil && (isReset(err) || errors.Is(err, wire.ErrClosed)) && !l.heardOverTLS()
}

// hadNoCertificate reports whether the server asked for a client certificate and got
// none.
func (l *Link) hadNoCertificate() bool { return l.asked && len(l.options.certificate) == 0 }

// heardOverTLS reports whether the server has said anything since the handshake.
func (l *Link) heardOverTLS() bool {
	heard := false
	for _, e := range l.Conn.Transcript.Since(0) {
		switch {
		case e.Kind == wire.Directive && e.Text == wire.StartTLS:
			heard = false
		case e.Kind == wire.Server:
			heard = true
		}
	}
	return heard
}

// firstWords returns the first line of the server, empty for none.
func (l *Link) firstWords() string {
	if l.Conn == nil {
		return ""
	}
	for _, line := range l.Conn.Transcript.ServerSaid(0) {
		return line
	}
	return ""
}

// protocol describes a protocol: its name, and how its servers begin.
type protocol struct {
	name    string // in a sentence
	scheme  string // before "s://", and the command that speaks it; empty where none does
	openSSL string // after openssl s_client -starttls
	begins  func() *regexp.Regexp
}

// protocols lists protocols whose servers speak first, or answer unknown commands in a
// way of their own.
var protocols = []protocol{
	{"an FTP", "", "ftp", Pattern(`(?i)^220[ -].*FTP`)},
	{"SMTP", "smtp", "smtp", Pattern(`^(220|421|554)([ -]|$)`)},
	{"POP3", "pop3", "pop3", Pattern(`^(\+OK|-ERR)`)},
	{"IMAP", "imap", "imap", Pattern(`^\* (OK|BYE|PREAUTH|NO|BAD)`)},
	{"a ManageSieve", "", "sieve", Pattern(`^"(IMPLEMENTATION|SIEVE|SASL|VERSION)"`)},
	{"a web", "", "", Pattern(`(?i)^(HTTP/|<html|<!doctype)`)},
	{"an SSH", "", "", Pattern(`^SSH-`)},
}

// protocol returns the protocol of the target's scheme.
func (l *Link) protocol() protocol {
	scheme := strings.TrimSuffix(l.Target.Scheme.Name, "s")
	switch scheme {
	case "lmtp":
		return protocol{"LMTP", "", "lmtp", nil}
	case "submission":
		scheme = "smtp"
	}
	for _, p := range protocols {
		if p.scheme != "" && p.scheme == scheme {
			return p
		}
	}
	return protocol{name: "such"}
}

// stranger returns the cause if a server's first line is that of another protocol,
// otherwise nil.
func (l *Link) stranger(said string) *probe.Cause {
	own := l.protocol()
	for _, p := range protocols {
		switch {
		case !p.begins().MatchString(said):
		case p.scheme == own.scheme && own.scheme != "" || own.name == "LMTP" && p.scheme == "smtp":
			return nil
		case p.scheme != "":
			return CauseWrongProtocol.Advise(fmt.Sprintf("this looks like %s %s server: check the port, or use mailprobe %s", article(p.name), p.name, p.scheme))
		default:
			return CauseWrongProtocol.Advise(fmt.Sprintf("this looks like %s server: check host and port", p.name))
		}
	}
	return nil
}

func article(name string) string {
	if strings.HasPrefix(name, "P") {
		return "a"
	}
	return "an"
}
