package transport

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"mailprobe/probe"
)

// The parts of a session that SMTP, POP3 and IMAP have in common.

// Opening returns the steps that begin a session: up to the greeting, to what the server
// offers (hello and steps that may follow it), and to TLS, after which hello is repeated
// under its name with "-tls".
func (l *Link) Opening(greeting func(*probe.Step) error, startTLS Step, hello Step, more ...Step) []Step {
	startTLS.Due = l.Wanted
	steps := append([]Step{
		{Name: "resolve", Do: l.Resolve},
		{Name: "connect", Do: l.Connect},
		{Name: "tls", Due: l.Implicit, Do: l.Handshake},
		{Name: "greeting", Do: greeting},
		hello,
	}, more...)
	return append(steps, startTLS, Step{Name: hello.Name + "-tls", Due: l.Upgraded, Do: hello.Do})
}

// Run walks the steps of a session, says goodbye and closes the connection.
func (l *Link) Run(steps []Step, goodbye Step) error {
	defer l.Close()
	err := l.Walk(steps)
	l.Goodbye(goodbye, err)
	return err
}

// Answered ends a step with the server's answer: it quotes a good answer and grades an
// error.
func (l *Link) Answered(s *probe.Step, r Reply, err error) error {
	if err != nil {
		return l.Judge(s, err)
	}
	s.Say(r.Quote())
	return nil
}

// NotOffered is WithoutTLS where the server does not offer the verb.
func (l *Link) NotOffered(s *probe.Step, c *probe.Cause, verb, offered string) error {
	return l.WithoutTLS(s, c, fmt.Errorf("the server does not offer %s (it offers %s)", verb, cmp.Or(offered, "nothing")))
}

// Upgrade ends the step that asked for TLS: with the handshake, where the server agreed.
func (l *Link) Upgrade(s *probe.Step, r Reply, err error) error {
	if IsRefusal(err) {
		return l.WithoutTLS(s, CauseTLSRefused, err)
	}
	if err := l.Answered(s, r, err); err != nil {
		return err
	}
	return l.Handshake(s)
}

// Ended ends the goodbye; c is the cause if the server's answer is not as it should be.
func (l *Link) Ended(s *probe.Step, r Reply, err error, c *probe.Cause) error {
	switch {
	case errors.Is(err, ErrOwed):
		return s.Skip("sent, but its answer not waited for: " + err.Error())
	case errors.Is(err, ErrMidCommand):
		return s.Skip("hung up instead: " + err.Error())
	case err != nil:
		return probe.Because(c, err)
	}
	s.Say(r.Quote())
	return nil
}

// IsLoggedIn reports whether the log-in has succeeded.
func (l *Link) IsLoggedIn() bool { return l.Login.By != "" }

// WantsLogin reports whether somebody is to log in.
func (l *Link) WantsLogin() bool { return l.Login.Wanted }

// SummarizeMailbox makes the summary of a session with a mailbox: the log-in and the
// given parts, or without a log-in the server's banner and TLS.
func (l *Link) SummarizeMailbox(parts ...string) {
	if !l.IsLoggedIn() {
		l.Summarize(Shorten(l.Banner), l.TLSSummary())
		return
	}
	l.Summarize(append([]string{fmt.Sprintf("logged in as %s %s", l.Login.By, l.OverTLS())}, parts...)...)
}

// OpenSession is a session after its log-in, open for the caller, who must Close it.
type OpenSession struct{ link *Link }

// LogIn walks the steps up to the log-in, calls more unless it is nil, and leaves the
// session open. The verbs that follow have the time of one step, until NextStep renews
// it.
func (l *Link) LogIn(steps []Step, goodbye Step, more func() error) (OpenSession, error) {
	err := l.Walk(steps)
	if err == nil && !l.IsLoggedIn() {
		hint := fmt.Sprintf("give one with --user, or before the host as in %ss://alice@mail.example.org", l.protocol().scheme)
		err = probe.Because(probe.CauseUsage.Advise(hint), errors.New("there is no user to log in as"))
	}
	l.NextStep()
	if err == nil && more != nil {
		err = more()
		l.NextStep()
	}
	if err != nil {
		l.Goodbye(goodbye, err)
		l.Close()
	}
	return OpenSession{l}, err
}

// NextStep renews the time limit for the verbs that follow.
func (o OpenSession) NextStep() { o.link.NextStep() }

// Judge grades the error of a verb as the check does in the step s, by what the server
// said. It returns nil for nil.
func (o OpenSession) Judge(s *probe.Step, err error) error {
	if err == nil {
		return nil
	}
	return o.link.Broken(s.Name, o.link.Judge(s, err))
}

// Close closes the connection without a goodbye, after which a POP3 server deletes
// nothing (RFC 1939 §6).
func (o OpenSession) Close() { o.link.Close() }

// NewestAge is the fact that holds the age of the newest message, in seconds.
const NewestAge = "newest_age"

// MaxSkew is how far the clocks of two machines may differ. A date further in the future
// is not believed.
const MaxSkew = time.Hour

// LearnAge learns the age of the newest message from when it was received.
func LearnAge(s *probe.Step, received time.Time) {
	age := max(time.Since(received), 0).Truncate(time.Second)
	fact := probe.Duration(NewestAge, age)
	fact.Text = probe.FormatSpan(age)
	s.Learn(fact)
}

// SkipEmpty skips a step that needs a message, as the mailbox is empty. If judged, a
// threshold on the age makes the result Unknown.
func SkipEmpty(s *probe.Step, judged bool) {
	_ = s.Skip("the mailbox is empty")
	if judged {
		s.RaiseFor(probe.CauseNotJudged.Advise("a threshold on messages, such as --warn messages=1:, notices an empty mailbox"), "so there is no newest message to judge")
	}
}
