package pop3check

import (
	"errors"
	"mailprobe/probe"
	"mailprobe/transport"
	"strings"
)

// evidence returns a reply in the form of the table. Of a response code with unknown
// levels, the known ones count (RFC 2449 §8).
func evidence(step string, r Reply) transport.Evidence {
	e := transport.Evidence{Step: step, Code: r.Code, Text: r.Text}
	for _, known := range []string{CodeTemporary, CodePermanent, CodeAuth, CodeInUse, CodeLoginDelay} {
		if r.HasCode(known) {
			e.Code = known
		}
	}
	return e
}

// judge grades the error of a verb: a refusal by the table.
func judge(s *probe.Step, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	if refusal.Reply.Code != "" {
		s.Learn(probe.Text("code", refusal.Reply.Code))
	}
	cause, also := explain(s.Name, refusal.Reply)
	return probe.RefuseBecause(cause, err, also...)
}

// explain returns the causes of a refusal.
func explain(step string, r Reply) (c *probe.Cause, also []*probe.Cause) {
	c, also = table.Explain(evidence(step, r), hintsUnclear)
	if r.HasCode(CodePermanent) && !c.Is(transport.CauseRefusedUnclear) { // RFC 3206 §4: somebody has to act
		c = c.Lasting()
	}
	return c, also
}

const hintMailbox = "the log-in worked, reading the mailbox does not: see the server's words and its log, its storage and the rights on this mailbox"

// hintsUnclear holds the hints for refusals without a known reason, by step.
var hintsUnclear = map[string]string{
	"greeting": "the server does not say why: see its log, and whether it limits connections from this host or blocks it",
	"auth":     "the server does not say why: it may be the password, a mailbox that is locked, or an account that may not use POP3; its log says which",
	"stat":     hintMailbox, "list": hintMailbox, "uidl": hintMailbox, "retr": hintMailbox,
	"top": "TOP is for the server to have or not (RFC 1939 §7): see its capabilities; --retrieve=latest would fetch a whole message",
}

// Diagnose returns the causes of a status line. A reply that has a meaning at certain
// steps only is tried at the log-in first.
func Diagnose(line string) (d probe.Diagnosis, ok bool) {
	reply, err := ParseReply(strings.TrimSpace(line))
	if err != nil {
		return d, false
	}
	if reply.OK {
		return probe.Diagnosis{Said: reply.Line}, true
	}
	return table.Diagnose(reply.Line, evidence("", reply), "auth", "stat", "greeting"), true
}

// Examples returns what real servers said for a cause.
func Examples(cause string) []probe.Example {
	return table.Examples(cause, map[string]string{"auth": "PASS ***", "stat": "STAT", "list": "LIST", "uidl": "UIDL", "top": "TOP 1 0", "retr": "RETR 1"})
}
