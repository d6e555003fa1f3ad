package imapcheck

import (
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// evidence makes a server's reply ready for the table. ALERT says only that the words
// are for people, which they are anyway.
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

// diagnose names the causes of a refusal. What the server said to the user while it
// was about the command says more than the answer, where it says anything: Gmail asks
// for a sign-in by browser that way. What no row is for blames nobody.
func diagnose(step string, r Reply, notices []Reply) (c *probe.Cause, also []*probe.Cause) {
	row := table.Find(evidence(step, r))
	for _, n := range notices {
		if told := table.Find(evidence(step, n)); told != nil {
			c, also = told.Cause()
			if row != nil {
				also = append(append(causes{}, also...), row.Causes...)
			}
			return c, also
		}
	}
	if row != nil {
		return row.Cause()
	}
	return transport.CauseRefusedUnclear.Advise(hintsUnclear[step]), nil
}

const hintMailbox = "the log-in worked, this mailbox cannot be read: check the name given with --mailbox, then the rights on it, and the server's words and log"

// hintsUnclear are hints on refusals without a reason that is known, by the step.
var hintsUnclear = map[string]string{
	"greeting": "the server does not say why: see its log, and whether it limits connections from this host or blocks it",
	"auth":     "the server does not say why: it may be the password, or an account that may not use IMAP; its log says which",
	"status":   hintMailbox, "select": hintMailbox, "fetch": hintMailbox,
}

// Diagnose names the causes of a line that a server said: a status response, with its
// tag or without. A reply that means something at one step only is looked for at the
// log-in first.
func Diagnose(line string) (d probe.Diagnosis, ok bool) {
	reply, ok := cutStatus(strings.TrimSpace(line))
	if !ok {
		return d, false
	}
	d.Said = reply.Line
	if reply.Status == StatusOK || reply.Status == StatusPreauth {
		return d, true
	}
	for i := range table {
		for _, step := range []string{"", "auth", "select", "fetch", "greeting"} {
			if table[i].Matches(evidence(step, reply)) {
				first, also := table[i].Cause()
				return probe.Diagnosis{Step: step, Said: reply.Line, Causes: append(causes{first}, also...)}, true
			}
		}
	}
	return d, true
}

// cutStatus reads a status response with its tag or without. Without one the word must
// be in capitals: any sentence may begin with "no".
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

// Examples are what real servers said for a cause, by its name.
func Examples(cause string) []probe.Example {
	verbs := map[string]string{
		"capability": "A1 CAPABILITY", "auth": "A1 LOGIN alice ***", "status": "A1 STATUS INBOX (MESSAGES)", "select": "A1 EXAMINE INBOX",
		"fetch": "A1 FETCH 1,* (UID FLAGS INTERNALDATE RFC822.SIZE)", "quota": "A1 GETQUOTAROOT INBOX",
	}
	return table.Examples(cause, func(step string) string { return verbs[step] })
}
