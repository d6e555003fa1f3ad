package pop3check

import (
	"errors"
	"strings"

	"mailprobe/probe"
	"mailprobe/wire"
)

// judge grades the error of a verb: a refusal by the table of evidence.
func judge(s *probe.Step, err error) error {
	var refusal *Refusal
	if errors.Is(err, wire.ErrInput) {
		return probe.Because(probe.CauseUsage, err)
	}
	if !errors.As(err, &refusal) {
		return probe.Fail(probe.Critical, err, hintBroken(s.Name, err))
	}
	if refusal.Reply.Code != "" {
		s.Learn(probe.Text("code", refusal.Reply.Code))
	}
	cause, also := diagnose(s.Name, refusal.Reply)
	return probe.RefuseBecause(cause, err, also...)
}

// hintBroken says what may be behind a session that broke.
func hintBroken(step string, err error) string {
	var fault *ProtocolError
	switch {
	case errors.Is(err, wire.ErrTimeout) && step == "greeting":
		return "the server may wait for TLS: try --tls=implicit, or pop3s://; else it is overloaded, looks up this host, or delays on purpose: see its log"
	case errors.Is(err, wire.ErrTimeout):
		return "the server is overloaded, waits for something of its own (a lock, storage, a user database), or delays on purpose: see its log; --timeout gives it longer"
	case errors.Is(err, wire.ErrClosed):
		return "the server or something before it hung up: see its log, and whether it limits connections from this host"
	case errors.As(err, &fault) && step == "greeting":
		return hintStranger(fault.Said)
	case errors.As(err, &fault), errors.Is(err, wire.ErrLimit):
		return "the server is faulty, or something on the way answers in its place: look at the transcript with -v"
	}
	return ""
}

// hintStranger recognizes the servers of other protocols by their words.
func hintStranger(said string) string {
	switch {
	case strings.HasPrefix(said, "220"):
		return "this looks like an SMTP server: check the port, or use mailprobe smtp"
	case strings.HasPrefix(said, "* "):
		return "this looks like an IMAP server: check the port, or use mailprobe imap"
	case strings.HasPrefix(said, "HTTP/"):
		return "this looks like a web server: check the port"
	}
	return "this is no POP3 server, or something on the way answers in its place: check host and port"
}
