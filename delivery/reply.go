package delivery

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"mailprobe/probe"
	"mailprobe/search"
)

// Replies of services that answer every message: an echo, or an auto-responder (RFC 3834).

// answer says which run a message answers.
type answer struct {
	token string // empty for none
	// certain is set if the message is a reply to the very message of the run (RFC 5322
	// §3.6.4), or has its proof. Only then it is deleted.
	certain bool
}

// tokens match the tokens in the Message-IDs and the subjects of runs.
var tokens = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[A-Z2-7]{26}\b`) })

// answerIn returns the run that a message answers by its header.
func (c *Check) answerIn(h search.Header) answer {
	if r, ok := provenRun(h, c.key); ok { // the message itself, sent back
		return answer{r.Token, true}
	}
	for _, name := range []string{"In-Reply-To", "References", "Subject"} {
		value := h.Get(name)
		token := tokens().FindString(value)
		if token == "" || name == "References" && !strings.Contains(value, "mailprobe."+token) {
			continue
		}
		return answer{token, name == "In-Reply-To" && strings.TrimSpace(value) == run{Token: token}.messageID(c.From)}
	}
	return answer{}
}

// answerWithin returns the run whose message a text quotes.
func (c *Check) answerWithin(text []byte, token string) answer {
	head, body := splitMessage(text)
	h := parseHeader(head)
	if decoded, ok := decode(strings.ToLower(h.Get("Content-Transfer-Encoding")), body); ok {
		body = decoded
	}
	plain := unquoted.Replace(string(body))
	for _, found := range quotedRuns().FindAllString(plain, maxParts) {
		if r, ok := provenRun(search.Header{{Name: runHeader, Value: found}}, c.key); ok && r.Token == token {
			return answer{token, true}
		}
	}
	if strings.Contains(plain, token) {
		return answer{token, false}
	}
	return answer{}
}

// unquoted removes what quoting, line breaks and encoding put into a text.
var unquoted = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=", "=3d", "=", "\r", "", "\n", "", ">", "", " ", "", "\t", "")

// quotedRuns match the proofs in a text without blanks.
var quotedRuns = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`run=[A-Z2-7]{26};time=[0-9TZ:.-]{24};hmac=[0-9a-f]{64}`)
})

// quotable is the proof of a run in a line for the body.
func (r run) quotable(key []byte) string {
	return strings.ReplaceAll(r.field(key), "\r\n", "")
}

// prepareReply checks that a reply can come into the mailbox.
func (c *Check) prepareReply() error {
	c.draft.Answered = c.ExpectReply
	if c.ExpectReply && strings.EqualFold(c.From, c.To) {
		return probe.OptionErrorf("%s: the reply goes to the sender, so that %s must be another address than %s, the one of the mailbox that %s reads",
			probe.OptionName("expect-reply"), probe.OptionName("from"), probe.OptionName("to"), probe.OptionName("fetch"))
	}
	return nil
}

// lookForReply examines whether a message answers that of the run. reopen is errReopen if
// reading the header has ended the session.
func (v *watch) lookForReply(m message, h search.Header, reopen error) error {
	a := v.answerIn(h)
	switch {
	case reopen != nil && a.token == v.run.Token:
		v.certain, v.looked[m.id] = a.certain, false // to be found again in a new session
		return v.reopenFor(m)
	case reopen != nil:
		return reopen
	case isReport(h):
		return v.lookIntoReport(m)
	case a.token != v.run.Token:
		text, err := v.box.peek(m)
		if err != nil {
			return err
		}
		a = v.answerWithin(text, v.run.Token)
	}
	if a.token == v.run.Token {
		v.found, v.certain = append(v.found, m), a.certain
	}
	return nil
}

// noReply is the verdict on a reply that did not come.
func (v *watch) noReply() error {
	cause := CauseReplyMissing.Advise(fmt.Sprintf("see at %s whether the message came and was answered: look in the log of %s for %s; %s", v.To, v.viaTo.Host, v.trace(v.record), nextRun))
	return probe.Because(cause, fmt.Errorf("no reply to the message was in the mailbox %s after %s; %s looked into it",
		probe.FormatDuration(time.Since(v.accepted)), v.acceptance(), probe.Count(v.looks, "log-in")))
}

// checkReply returns an error if what was fetched is not the reply.
func (w *walk) checkReply() error {
	text := w.received.Bytes()
	if w.answerIn(parseHeader(text)).token == w.run.Token || w.answerWithin(text, w.run.Token).token == w.run.Token {
		return nil
	}
	return probe.Because(CauseWrongMessage, errors.New("what the server gave is not the reply whose header it had shown: nothing is deleted"))
}

// reportReply divides the time by when the reply was written, where its date can be right.
func (w *walk) reportReply(s *probe.Step, h search.Header) {
	from := w.accepted
	if from.IsZero() {
		from = w.run.Sent
	}
	written, err := mail.ParseDate(h.Get("Date"))
	skew := ""
	switch {
	case err != nil:
		skew = "the reply has no date that can be read"
	case written.Before(from.Add(-clockTolerance)), written.After(w.arrived.Add(clockTolerance)):
		skew = "the clock of the answering server is wrong: the reply is of " + written.UTC().Format(time.DateTime) + " UTC"
	}
	if skew != "" {
		s.Say("how long each way took is not known, as " + skew)
		return
	}
	there := min(max(written.Sub(from), 0), w.arrived.Sub(from))
	s.Learn(probe.Duration("there", there), probe.Duration("back", w.arrived.Sub(from)-there))
}

// isLateReply reports whether a message answers that of an earlier run.
func (w *walk) isLateReply(h search.Header) bool {
	return w.ExpectReply && !isReport(h) && w.isEarlier(w.answerIn(h).token)
}
