package smtpcheck

import (
	"errors"
	"mailprobe/probe"
	"mailprobe/transport"
	"strconv"
	"strings"
)

// judge records the reply to a step and grades an error.
func (w *walk) judge(s *probe.Step, r Reply, err error) error {
	w.learn(s, r)
	return w.Answered(s, r, err)
}

// grade grades the error of a verb: a refusal by the table.
func (w *walk) grade(s *probe.Step, err error) error {
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	cause, also := w.cause(s.Name, refusal.Reply)
	return probe.RefuseBecause(cause, err, also...)
}

// learn records the codes of a reply, and deviations from the protocol.
func (w *walk) learn(s *probe.Step, r Reply) {
	if r.Code != 0 {
		s.Learn(probe.Text("code", strconv.Itoa(r.Code)))
	}
	if r.Enhanced != "" {
		s.Learn(probe.Text("enhanced_code", r.Enhanced))
	}
	w.ShowOdd(s)
}

// refused returns the error of a refusal whose cause is known from more than the reply.
func (w *walk) refused(s *probe.Step, r Reply, err error, c *probe.Cause) error {
	w.learn(s, r)
	return probe.RefuseBecause(c, err)
}

// cause returns the causes of a refusal in a step.
func (w *walk) cause(step string, r Reply) (c *probe.Cause, also []*probe.Cause) {
	if step = tableStep(step); step == "ehlo" && w.session.LMTP {
		step = "lhlo"
	}
	return table().Find(evidence(step, r)).Cause()
}

// evidence returns a reply in the form of the table.
func evidence(step string, r Reply) transport.Evidence {
	return transport.Evidence{Step: tableStep(step), Code: strconv.Itoa(r.Code), Enhanced: tableEnhanced(r), Text: words(r)}
}

// tableStep returns a step's name in the table, where repetitions of EHLO and RCPT have
// the same name, and so have all verdicts on a message.
func tableStep(step string) string {
	if strings.HasPrefix(step, "ehlo") {
		return "ehlo"
	}
	step = strings.TrimSuffix(strings.TrimRight(step, "0123456789"), "-")
	if step == "prdr" {
		return "message"
	}
	return step
}

// inBrackets matches an enhanced status code as qmail writes it: at the end, with a hash.
var inBrackets = transport.Pattern(`\(#([245]\.\d{1,3}\.\d{1,3})\)`)

// withColon matches an enhanced status code followed by a colon.
var withColon = transport.Pattern(`^([245]\.\d{1,3}\.\d{1,3}): `)

// tableEnhanced returns the enhanced status code of a reply, wherever the server put it.
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

// maxWords bounds, in bytes, how much of a reply is matched.
const maxWords = 1 << 10

// quotedNames matches addresses and names in angle brackets, which do not say why
// something is refused, and URLs, which may.
var quotedNames = transport.Pattern(`[a-z]+://[^\s<>]+|<[^<>/\s]*>|[^\s<>/:]+@[^\s<>/:]+`)

// words returns the text of a reply without the names that it quotes.
func words(r Reply) string {
	text := r.Text()
	return quotedNames().ReplaceAllStringFunc(text[:min(len(text), maxWords)], func(name string) string {
		if strings.Contains(name, "://") {
			return name
		}
		return "<>"
	})
}
