package smtpcheck

import (
	"errors"
	"fmt"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Per-recipient data responses (draft-hall-prdr-00), which Exim has: after the message come
// 353, a reply for each accepted recipient, and the reply for the whole. A server may do
// without where there is one recipient only.

// codeVerdicts is the reply to a message that announces the others.
const codeVerdicts = 353

// firstVerdict reads the reply that follows a message.
func (s *Session) firstVerdict(verb string) ([]Reply, error) {
	r, err := s.read(verb, func(r Reply) bool { return r.Positive() || r.Code == codeVerdicts })
	if err == nil && r.Code == codeVerdicts {
		s.pending = len(s.recipients) + 1
	}
	return []Reply{r}, err
}

// Verdicts returns how many replies to the message are still to come: one for each accepted
// recipient, and the last for the whole.
func (s *Session) Verdicts() int { return s.pending }

// Verdict reads the next of them.
func (s *Session) Verdict() (Reply, error) {
	if s.pending == 0 {
		return Reply{}, errors.New("no more replies to the message are to come")
	}
	s.pending--
	verb := theMessage
	if s.pending > 0 {
		verb += " for " + s.recipients[len(s.recipients)-s.pending]
	}
	return s.read(verb, Reply.Positive)
}

// verdictSteps are the steps that read the replies after 353: prdr for each recipient, and
// message-2 for the whole.
func (w *walk) verdictSteps() []transport.Step {
	if !w.PRDR {
		return nil
	}
	var steps []transport.Step
	for i := range w.recipients() {
		steps = append(steps, transport.Step{
			Name:   probe.Numbered("prdr", i),
			Due:    func() bool { return w.session.Verdicts() > 1 },
			Do:     func(s *probe.Step) error { return w.verdict(s, w.accepted[i]) },
			Spares: transport.IsRefusal,
		})
	}
	return append(steps, transport.Step{
		Name: "message-2",
		Due:  func() bool { return w.session.Verdicts() > 0 },
		Do:   func(s *probe.Step) error { return w.taken(s) },
	})
}

// verdict reads the reply about one recipient.
func (w *walk) verdict(s *probe.Step, to string) error {
	s.Say(to)
	r, err := w.session.Verdict()
	return w.judge(s, r, err)
}

// taken reads the reply for the whole message.
func (w *walk) taken(s *probe.Step) error {
	r, err := w.session.Verdict()
	if err == nil {
		w.handedOver(s, r)
	}
	return w.judge(s, r, err)
}

// handedOver records that the server has taken the message on.
func (w *walk) handedOver(s *probe.Step, r Reply) {
	if w.AfterMessage != nil {
		w.AfterMessage()
	}
	w.queued = "message accepted: " + r.Text()
	s.Learn(probe.Text("queued", r.Text()))
}

// announced reports whether the replies to a message follow its first one.
func (w *walk) announced(s *probe.Step, replies []Reply) bool {
	n := w.session.Verdicts()
	switch {
	case n > 0:
		s.Say(fmt.Sprintf("%q", replies[0]))
	case w.PRDR && len(replies) > 0 && replies[0].Positive():
		s.Say("no reply of its own for each recipient")
	}
	return n > 0
}
