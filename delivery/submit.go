package delivery

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

// submit hands the message over. After greylisting, wherever in the session it comes, it
// tries again for half of the time.
func (w *walk) submit(s *probe.Step) error {
	if w.options.SendNothing {
		return w.rehearse(s)
	}
	if err := w.holdsLook(); err != nil {
		return err
	}
	w.run = newRun(time.Now())
	if err := w.compose(); err != nil {
		return probe.Because(probe.CauseUsage, fmt.Errorf("nothing was sent: %w", err))
	}
	_, body := splitMessage(w.text)
	w.sent = fingerprintOf(canonical(body))
	if err := w.announce(); err != nil {
		return err
	}
	begin := time.Now()
	patience := begin.Add(w.remaining() / 2)
	var postponed error
	for attempt, pause := 1, time.Second; ; attempt, pause = attempt+1, 2*pause {
		session := w.newSession()
		err := w.submission.Submit(w.ctx, w.viaTo, session, w.text)
		w.result.Committed = w.result.Committed || session.Committed
		if isGreylisted(err) && time.Now().Add(pause).Before(patience) && w.sleep(pause) == nil {
			postponed = err
			continue
		}
		switch {
		case postponed == nil:
		case err != nil && err.Error() == postponed.Error():
			s.Say("refused for now " + probe.Count(attempt, "time"))
		default:
			s.Say(fmt.Sprintf("refused for now %s: %v", probe.Count(attempt-1, "time"), postponed))
		}
		s.Learn(probe.Number("attempts", float64(attempt), probe.None))
		w.learnSubmission(s, session, time.Since(begin))
		return w.submitted(s, session, err)
	}
}

// rehearse goes through the session up to the recipient, without sending a message.
func (w *walk) rehearse(s *probe.Step) error {
	session := w.newSession()
	if err := w.via.fold(s, session, w.submission.Submit(w.ctx, w.viaTo, session, nil)); err != nil {
		return err
	}
	return w.holdsLook()
}

// holdsLook returns an error if the mailbox could not be read again before the time is
// over, as the server demands more time between two log-ins (RFC 2449 §6.6): the message
// would be sent and never looked for.
func (w *walk) holdsLook() error {
	left := w.remaining()
	if !w.isWhole() || w.between == 0 || time.Until(w.nextLogIn()) <= left-left/lastLook {
		return nil
	}
	enough := (w.between + sessionTimeout) * (lastLook + 1) / lastLook
	return probe.Because(
		CauseTooShort.Advise(fmt.Sprintf("raise --timeout to %s or more, lower the server's LOGIN-DELAY for this account, or fetch by IMAP", enough.Round(time.Second))),
		fmt.Errorf("nothing is sent: the server with the mailbox wants %s between two log-ins, so that it could not be looked into again in the %s that are left", w.between, probe.FormatDuration(left)))
}

// announce writes the record before the message can be under way.
func (w *walk) announce() error {
	deadline, _ := w.ctx.Deadline()
	w.record = record{
		Token: w.run.Token, Sent: w.run.Sent, Until: deadline.Add(time.Minute),
		To: w.To, Mailbox: w.mailboxName(), Mark: w.before, Body: w.sent, Open: !w.isWhole(),
	}
	if err := w.store.keep(w.record); err != nil {
		return probe.Because(CauseState, fmt.Errorf("nothing was sent, for the state directory cannot be written: %w", err))
	}
	return nil
}

// isGreylisted reports whether the server refused by greylisting, or with words that may
// mean that: another attempt shows which. It is safe up to and including the reply to the
// message, as nothing was accepted.
func isGreylisted(err error) bool {
	f := failureOf(err)
	if f == nil || !f.Refused {
		return false
	}
	if f.Cause != nil {
		return slices.ContainsFunc(append([]*probe.Cause{f.Cause}, f.Also...), smtpcheck.CauseGreylisted.Is)
	}
	var refusal *smtpcheck.Refusal
	return errors.As(err, &refusal) && refusal.Verb == "RCPT" && (refusal.Reply.Code == 450 || refusal.Reply.Code == 451)
}

func (w *walk) learnSubmission(s *probe.Step, session *probe.Result, took time.Duration) {
	s.Learn(
		probe.Text("token", w.run.Token),
		probe.Duration("submit", took),
		probe.Number("sent_size", float64(len(w.text)), probe.Bytes),
	)
	if queued, ok := session.Fact("queued"); ok {
		s.Say(fmt.Sprintf("%q", queued.Text))
		w.record.Queued = queued.Text
		if id := queueID(queued.Text); id != "" {
			s.Learn(probe.Text("queue_id", id))
		}
	}
}

// submitted returns the verdict. After an error it is only certain that nothing was sent
// if the server has refused, or was never given the body.
func (w *walk) submitted(s *probe.Step, session *probe.Result, err error) error {
	w.accepted = acceptedAt(session)
	_, queued := session.Fact("queued")
	if queued {
		w.record.Accepted = w.accepted
		tolerate(s, w.store.keep(w.record))
		return w.via.fold(s, session, nil)
	}
	if session.Step("message") == nil || transport.IsRefusal(err) {
		tolerate(s, w.forget())
	} else {
		w.record.Open = false
		s.Say("it is not known whether the server took the message: the next run for this mailbox looks for it")
	}
	return w.via.fold(s, session, err)
}

// acceptedAt returns when the server had accepted the message: the end of the step of
// that name, as a slow QUIT does not count.
func acceptedAt(session *probe.Result) time.Time {
	at := session.Start
	for _, step := range session.Steps {
		at = at.Add(step.Elapsed)
		if step.Name == "message" {
			return at
		}
	}
	return time.Now()
}

// queueWords match the queue id in a reply: of Postfix, Exim and Sendmail; of Exchange;
// and of qmail and its like. Without a word before it, an id must contain a digit.
var queueWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:queued as |id=|\bqp )([0-9A-Za-z.-]{4,64})|^2\.0\.0 ([0-9A-Za-z.-]{0,48}[0-9][0-9A-Za-z.-]{0,48})`)
})

// queueID returns the queue id in a reply, empty for none.
func queueID(reply string) string {
	m := queueWords().FindStringSubmatch(reply)
	if m == nil {
		return ""
	}
	return strings.Trim(m[1]+m[2], ".-")
}

// remaining returns the time that is left.
func (w *walk) remaining() time.Duration {
	deadline, ok := w.ctx.Deadline()
	if !ok {
		return w.options.Timeout
	}
	return time.Until(deadline)
}

// sleep waits, or returns the error of the context if that ends first.
func (w *walk) sleep(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-w.ctx.Done():
		return context.Cause(w.ctx)
	}
}
