package smtpcheck

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/compose"
	"mailprobe/probe"
	"mailprobe/transport"
)

// The steps after the log-in.

func (w *walk) vrfy(s *probe.Step) error {
	r, err := w.session.Vrfy(w.Vrfy)
	switch {
	case transport.IsRefusal(err) && r.Code == 501:
		// Dovecot's submission server and mox take a user's name at most.
		return w.refused(s, r, err, CauseVrfy.Advise("the server does not take this form of address in VRFY: ask by RCPT with -t"))
	case transport.IsRefusal(err) && r.Code >= 500 && r.Code <= 504:
		return w.refused(s, r, err, CauseVrfy)
	case r.Code == 252:
		s.Say("the server does not say whether the address exists")
	}
	return w.judge(s, r, err)
}

func (w *walk) mail(s *probe.Step) error {
	if err := w.prepareMessage(); err != nil {
		return err
	}
	parameters, err := w.mailParameters(s)
	if err != nil {
		return err
	}
	if err := w.pipeline(s, parameters); err != nil {
		return w.judge(s, replyIn(err), err)
	}
	r, err := w.session.Mail(w.ascii(s, w.From), parameters...)
	return w.judge(s, r, err)
}

func (w *walk) prepareMessage() (err error) {
	if w.Send && w.outgoing == nil {
		w.outgoing, err = w.compose(w.hello())
	}
	if err != nil {
		return probe.Because(probe.CauseUsage, err)
	}
	return nil
}

// mailParameters returns the parameters of the extensions that were asked for or are
// needed.
func (w *walk) mailParameters(s *probe.Step) ([]string, error) {
	var p []string
	if ascii := isASCII(w.wireForm(w.From) + strings.Join(w.wireForms(w.recipients()), "")); w.SMTPUTF8 || !ascii {
		why, cause := "internationalized mail was asked for (RFC 6531)", CauseExtension
		if !ascii {
			why, cause = "an address has letters beyond ASCII (RFC 6531)", CauseSMTPUTF8Needed
		}
		if err := w.needs("SMTPUTF8", why, cause); err != nil {
			return nil, err
		}
		p = append(p, "SMTPUTF8")
	}
	if w.outgoing != nil && w.outgoing.EightBit || w.SMTPUTF8 {
		if err := w.needs("8BITMIME", "the message has 8-bit characters (RFC 6152)", CauseExtension); err != nil {
			return nil, err
		}
		p = append(p, "BODY=8BITMIME")
	}
	for _, more := range []func(*probe.Step) ([]string, error){w.dsnParameters, w.serviceParameters, w.sizeParameter} {
		words, err := more(s)
		if err != nil {
			return nil, err
		}
		p = append(p, words...)
	}
	if w.Chunking && w.Send {
		if err := w.needs("CHUNKING", "the message is to be sent in chunks (RFC 3030)", CauseExtension); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// needs returns an error if an extension is not offered.
func (w *walk) needs(extension, why string, c *probe.Cause) error {
	if w.session.Extensions.Has(extension) {
		return nil
	}
	return probe.Because(w.hidden(c), fmt.Errorf("%s, and the server does not offer %s", why, extension))
}

// sizeParameter declares the size of --size, or else of the message. A message that is
// too large for the server is not offered to it (RFC 1870 §6.1); one that only --size
// names is, to see the answer.
func (w *walk) sizeParameter(s *probe.Step) ([]string, error) {
	size, offered := w.Size, w.session.Extensions.Has("SIZE")
	if size == 0 && w.outgoing != nil {
		size = w.outgoing.Size
	}
	switch limit := sizeLimit(w.session.Extensions); {
	case size == 0, !offered && w.Size == 0:
		return nil, nil
	case !offered:
		s.RaiseFor(w.hidden(CauseExtension.As(probe.Warning)), "the server does not offer SIZE, so none is declared")
		return nil, nil
	case w.Size == 0 && limit > 0 && size > limit:
		return nil, probe.Because(CauseMessageTooBig, fmt.Errorf("the message has %d bytes, and the server takes %d", size, limit))
	}
	return []string{fmt.Sprintf("SIZE=%d", size)}, nil
}

// rcptParameters returns the parameters of RCPT for a recipient in the form that is sent.
func (w *walk) rcptParameters(to string) []string {
	return append(w.dsnOfRcpt(), w.originalRecipient(to)...)
}

// pipeline sends the commands of the envelope together, if asked for and offered. DATA is
// among them only if the message follows: nothing may be handed over unasked.
func (w *walk) pipeline(s *probe.Step, parameters []string) error {
	if !w.Pipeline {
		return nil
	}
	if !w.session.Extensions.Has("PIPELINING") {
		s.RaiseFor(w.hidden(CauseExtension.As(probe.Warning)), "the server does not offer PIPELINING, so the commands go one by one")
		return nil
	}
	commands := []string{mailCommand(w.wireForm(w.From), parameters)}
	for _, to := range w.wireForms(w.recipients()) {
		commands = append(commands, rcptCommand(to, w.rcptParameters(to)))
	}
	if w.handsOver() {
		commands = append(commands, "DATA")
	}
	return w.session.Pipeline(commands...)
}

func (w *walk) rcpt(s *probe.Step, to string) error {
	sent := w.ascii(s, to)
	r, err := w.session.Rcpt(sent, w.rcptParameters(sent)...)
	if err == nil {
		w.accepted = append(w.accepted, to)
	}
	return w.judge(s, r, err)
}

// wireForm returns an address as it is sent: if only its domain is international, with
// A-labels, which every server takes.
func (c *Check) wireForm(address string) string {
	if c.SMTPUTF8 {
		return address
	}
	return asciiDomain(address)
}

// ascii is wireForm, and reports in the step if that changes the address.
func (w *walk) ascii(s *probe.Step, address string) string {
	sent := w.wireForm(address)
	if sent != address {
		s.Say(fmt.Sprintf("%s is sent as %s", address, sent))
	}
	return sent
}

// wireForms returns addresses as they are sent.
func (c *Check) wireForms(addresses []string) (sent []string) {
	for _, each := range addresses {
		sent = append(sent, c.wireForm(each))
	}
	return sent
}

// recipients returns all recipients.
func (c *Check) recipients() []string { return slices.Concat(c.To, c.Cc, c.Bcc) }

// compose makes the message; host is the name of this host.
func (c *Check) compose(host string) (*compose.Message, error) {
	return c.Draft.Compose(compose.Envelope{From: c.wireForm(c.From), To: c.wireForms(c.To), Cc: c.wireForms(c.Cc), Host: host})
}

func (w *walk) data(s *probe.Step) error {
	r, err := w.session.Data()
	w.Result.Committed = w.Result.Committed || err == nil // what follows is the message
	return w.judge(s, r, err)
}

// notRecorded returns the error of BeforeMessage, with a cause if it has none.
func notRecorded(err error) error {
	var f *probe.Failure
	if errors.As(err, &f) && f.Cause != nil {
		return err
	}
	return probe.Because(CauseNotRecorded, err)
}

func (w *walk) message(s *probe.Step) error {
	if w.BeforeMessage != nil {
		if err := w.BeforeMessage(); err != nil {
			return notRecorded(err)
		}
	}
	send := w.session.Message
	if w.Chunking {
		w.Result.Committed, send = true, w.session.Chunks
	}
	replies, err := send(w.outgoing)
	w.describe(s)
	if w.announced(s, replies) {
		w.learn(s, replies[0])
		return nil
	}
	for i, r := range replies {
		if len(replies) > 1 && i < len(w.accepted) {
			s.Say(fmt.Sprintf("%s: %q", w.accepted[i], r))
		}
	}
	if errors.Is(err, ErrIncomplete) {
		return probe.Because(CauseMessageChanged, err)
	}
	var r Reply
	if len(replies) > 0 {
		r = replies[len(replies)-1]
	}
	if err == nil {
		w.handedOver(s, r)
	}
	return w.judge(s, r, err)
}

// describe records what is known of the message.
func (w *walk) describe(s *probe.Step) {
	s.Learn(probe.Number("message_size", float64(w.outgoing.Size), probe.Bytes))
	if n := w.outgoing.Longest; n > compose.LongestLine {
		s.Say(fmt.Sprintf("its longest line has %d bytes, and %d are allowed (RFC 5322 §2.1.1)", n, compose.LongestLine))
	}
}
