package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// submit hands the message over. A refusal for now, as greylisting is, is met by
// trying again for half of the time.
func (w *walk) submit(s *probe.Step) error {
	if w.options.SendNothing {
		return w.rehearse(s)
	}
	w.run = newRun(time.Now())
	w.text = w.draft.compose(w.run, w.key, w.From, w.To)
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
		if isPostponed(err) && time.Now().Add(pause).Before(patience) && w.sleep(pause) == nil {
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

// rehearse goes through the session as far as the recipient; its check hands nothing
// over where nothing is to be sent.
func (w *walk) rehearse(s *probe.Step) error {
	session := w.newSession()
	return w.via.fold(s, session, w.submission.Submit(w.ctx, w.viaTo, session, nil))
}

// announce writes the record before the message can be on its way.
func (w *walk) announce() error {
	deadline, _ := w.ctx.Deadline()
	w.record = record{
		Token: w.run.Token, Sent: w.run.Sent, Until: deadline.Add(time.Minute),
		To: w.To, Mailbox: w.mailboxName(), Mark: w.before,
	}
	if err := w.store.keep(w.record); err != nil {
		return probe.Fail(probe.Unknown, fmt.Errorf("nothing was sent, for the state directory cannot be written: %w", err), "name another with --state")
	}
	return nil
}

// isPostponed tells of a refusal of the recipient that may pass.
func isPostponed(err error) bool {
	var refusal *smtpcheck.ReplyError
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

// submitted draws the verdict. After an error it is only sure that nothing was
// sent if the server has refused, or was never given the body.
func (w *walk) submitted(s *probe.Step, session *probe.Result, err error) error {
	w.accepted = acceptedAt(session)
	_, queued := session.Fact("queued")
	if queued {
		return errors.Join(w.via.fold(s, session, nil), w.store.keep(w.record))
	}
	var refusal *smtpcheck.ReplyError
	if session.Step("message") == nil || errors.As(err, &refusal) {
		err = cmp.Or(err, errors.New("the server took no message"))
		return errors.Join(w.via.fold(s, session, err), w.forget())
	}
	return w.via.fold(s, session, err)
}

// acceptedAt is when the server had taken the message: the end of the step of that
// name. What comes after it, a slow QUIT, is no part of the way.
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

// queueWords are how servers name the id of a message in their queue: Postfix,
// Exim and Sendmail; Exchange; and qmail and its like.
var queueWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:queued as |id=|\bqp |^2\.0\.0 )([0-9A-Za-z.-]{4,64})`)
})

// queueID finds the id of the queue in a reply, empty where there is none.
func queueID(reply string) string {
	m := queueWords().FindStringSubmatch(reply)
	if m == nil {
		return ""
	}
	return strings.Trim(m[1], ".-")
}

// remaining is the time that is left.
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
