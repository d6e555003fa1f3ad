package imapcheck

import (
	"errors"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// evidence returns a reply in the form of the table. The code ALERT is dropped: it only
// says that the text is for people.
func evidence(step string, r Reply) transport.Evidence {
	e := transport.Evidence{Step: step, Code: r.Code, Text: r.Text}
	switch {
	case r.Code == CodeAlert:
		e.Code = ""
	case r.Code == "" && (r.Status == StatusBad || r.Status == StatusBye):
		e.Code = r.Status
	}
	return e
}

// judge grades the error of a verb: the server's refusal by the table.
func judge(s *probe.Step, err error) error {
	reply, said := no(err)
	if !said {
		return err
	}
	if reply.Code != "" {
		s.Learn(probe.Text("code", reply.Code))
	}
	var refusal *Refusal
	var notices []Reply
	if errors.As(err, &refusal) {
		notices = refusal.Notices
	}
	cause, also := explain(s.Name, reply, notices)
	return probe.RefuseBecause(cause, err, also...)
}

// no returns the reply by which the server refused a command or ended the session.
func no(err error) (Reply, bool) {
	var refusal *Refusal
	var bye *Bye
	switch {
	case errors.As(err, &refusal):
		return refusal.Reply, true
	case errors.As(err, &bye):
		return bye.Reply, true
	}
	return Reply{}, false
}

// explain returns the causes of a refusal. A notice to the user during the command says
// more than the answer, if it has a meaning at all: Gmail asks for a sign-in by browser
// that way.
func explain(step string, r Reply, notices []Reply) (c *probe.Cause, also []*probe.Cause) {
	for _, n := range notices {
		if notice := table.Find(evidence(step, n)); notice != nil {
			c, also = notice.Cause()
			if row := table.Find(evidence(step, r)); row != nil {
				also = append(append(causes{}, also...), row.Causes...)
			}
			return c, also
		}
	}
	return table.Explain(evidence(step, r), hintsUnclear)
}

const hintMailbox = "the log-in worked, this mailbox cannot be read: check the name given with --mailbox, then the rights on it, and the server's words and log"

// hintsUnclear holds the hints for refusals without a known reason, by step.
var hintsUnclear = map[string]string{
	"greeting": "the server does not say why: see its log, and whether it limits connections from this host or blocks it",
	"auth":     "the server does not say why: it may be the password, or an account that may not use IMAP; its log says which",
	"status":   hintMailbox, "select": hintMailbox, "fetch": hintMailbox,
}

// Diagnose returns the causes of a status response, with or without its tag. A reply that
// has a meaning at certain steps only is tried at the log-in first.
func Diagnose(line string) (d probe.Diagnosis, ok bool) {
	reply, ok := cutStatus(strings.TrimSpace(line))
	if !ok {
		return d, false
	}
	if reply.Status == StatusOK || reply.Status == StatusPreauth {
		return probe.Diagnosis{Said: reply.Line}, true
	}
	return table.Diagnose(reply.Line, evidence("", reply), "auth", "select", "fetch", "greeting"), true
}

// cutStatus reads a status response with or without its tag. Without one the word must be
// in capitals, as any sentence may begin with "no".
func cutStatus(line string) (Reply, bool) {
	tag, rest, _ := strings.Cut(line, " ")
	if r, ok := parseStatus(line, line); ok && tag == r.Status {
		return r, true
	}
	if tag != "*" && (!isTag(tag) || !strings.ContainsAny(tag, "0123456789")) {
		return Reply{}, false
	}
	return parseStatus(line, rest)
}

// Examples returns what real servers said for a cause.
func Examples(cause string) []probe.Example {
	return table.Examples(cause, map[string]string{
		"capability": "A1 CAPABILITY", "auth": "A1 LOGIN alice ***", "status": "A1 STATUS INBOX (MESSAGES)", "select": "A1 EXAMINE INBOX",
		"fetch": "A1 FETCH 1,* (UID FLAGS INTERNALDATE RFC822.SIZE)", "quota": "A1 GETQUOTAROOT INBOX",
	})
}
