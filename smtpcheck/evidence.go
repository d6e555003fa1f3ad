package smtpcheck

import (
	"errors"
	"mailprobe/probe"
	"mailprobe/transport"
	"strconv"
	"strings"
)

// judge records the reply to a step and grades a failure.
func (w *walk) judge(s *probe.Step, r Reply, err error) error {
	w.learn(s, r)
	return w.Answered(s, r, err)
}

// grade grades the error of a verb: a refusal by the table of evidence.
func (w *walk) grade(s *probe.Step, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	cause, also := w.cause(s.Name, refusal.Reply)
	return probe.RefuseBecause(cause, err, also...)
}

// learn keeps the codes of a reply and tells what about it was odd.
func (w *walk) learn(s *probe.Step, r Reply) {
	if r.Code != 0 {
		s.Learn(probe.Text("code", strconv.Itoa(r.Code)))
	}
	if r.Enhanced != "" {
		s.Learn(probe.Text("enhanced_code", r.Enhanced))
	}
	w.TellOdd(s)
}

// refused records a refusal whose cause is known from more than the reply.
func (w *walk) refused(s *probe.Step, r Reply, err error, c *probe.Cause) error {
	w.learn(s, r)
	return probe.RefuseBecause(c, err)
}

// cause is why the server refuses a step.
func (w *walk) cause(step string, r Reply) (c *probe.Cause, also []*probe.Cause) {
	if step = tableStep(step); step == "ehlo" && w.session.LMTP {
		step = "lhlo"
	}
	return table().Find(evidence(step, r)).Cause()
}

// evidence is what the table goes by.
func evidence(step string, r Reply) transport.Evidence {
	return transport.Evidence{Step: tableStep(step), Code: strconv.Itoa(r.Code), Enhanced: tableEnhanced(r), Text: words(r)}
}

// tableStep is a step's name for the table, to which it is one whether EHLO or RCPT
// are sent for the first time or again.
func tableStep(step string) string {
	if strings.HasPrefix(step, "ehlo") {
		return "ehlo"
	}
	return strings.TrimSuffix(strings.TrimRight(step, "0123456789"), "-")
}

// inBrackets is how qmail writes an enhanced status code: at the end, with a hash.
var inBrackets = transport.Pattern(`\(#([245]\.\d{1,3}\.\d{1,3})\)`)

// withColon is an enhanced status code with a colon behind it.
var withColon = transport.Pattern(`^([245]\.\d{1,3}\.\d{1,3}): `)

// tableEnhanced is the enhanced status code of a reply, wherever the server put it.
func tableEnhanced(r Reply) string {
	if r.Enhanced != "" || len(r.Lines) == 0 {
		return r.Enhanced
	}
	if first := withColon().FindStringSubmatch(r.Lines[0]); first != nil {
		return first[1]
	}
	if first := enhancedCode(Reply{Code: r.Code, Lines: r.Lines[:1]}); first != "" {
		return first
	}
	if found := inBrackets().FindStringSubmatch(r.Text()); found != nil {
		return found[1]
	}
	return ""
}

// maxWords bounds, in bytes, how much of a reply is looked at.
const maxWords = 1 << 10

// quotedNames are addresses, and names in angle brackets, which say nothing about why
// something is refused, and URLs, which may.
var quotedNames = transport.Pattern(`[a-z]+://[^\s<>]+|<[^<>/\s]*>|[^\s<>/:]+@[^\s<>/:]+`)

// words are the text of a reply without the names that it quotes.
func words(r Reply) string {
	text := r.Text()
	return quotedNames().ReplaceAllStringFunc(text[:min(len(text), maxWords)], func(name string) string {
		if strings.Contains(name, "://") {
			return name
		}
		return "<>"
	})
}
