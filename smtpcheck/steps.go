package smtpcheck

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"mailprobe/probe"
)

func (w *walk) greeting(s *probe.Step) error {
	session := NewSession(w.Conn)
	session.LMTP = w.Target.Scheme.Name == "lmtp"
	r, err := session.Greeting()
	if err == nil || isReply(err) {
		w.session, w.banner = session, r.Text()
		s.Learn(probe.Text("banner", r.Text()))
	}
	return w.judge(s, r, err)
}

func (w *walk) ehlo(s *probe.Step) error {
	r, err := w.session.Ehlo(w.Helo)
	if isReply(err) && (r.Code == 500 || r.Code == 502) && w.Conn.TLS() == nil && !w.session.LMTP {
		// RFC 5321 §3.2: HELO only where the server does not know EHLO.
		w.learn(s, r)
		w.helo = true
		s.Raise(probe.Warning, err.Error(), "an old server, or a firewall that rewrites SMTP and hides its extensions")
		return nil
	}
	if err == nil {
		w.learnExtensions(s)
	}
	return w.judge(s, r, err)
}

func (w *walk) learnExtensions(s *probe.Step) {
	e := w.session.Extensions
	s.Learn(probe.Text("extensions", e.String()))
	if size := e.Size(); size > 0 {
		s.Learn(probe.Number("size_limit", float64(size), probe.Bytes))
	}
	if mechanisms := e.Auth(); len(mechanisms) > 0 {
		s.Learn(probe.Text("auth_mechanisms", strings.Join(mechanisms, " ")))
	}
}

func (w *walk) heloInstead(s *probe.Step) error {
	r, err := w.session.Helo(w.Helo)
	return w.judge(s, r, err)
}

func (w *walk) startTLS(s *probe.Step) error {
	if !w.session.Extensions.Has("STARTTLS") {
		return w.Link.WithoutTLS(s, fmt.Errorf("the server does not offer STARTTLS (it offers %s)", cmp.Or(w.session.Extensions.String(), "nothing")))
	}
	r, err := w.session.StartTLS()
	w.learn(s, r)
	if isReply(err) {
		return w.TLSRefused(s, err)
	}
	if err != nil {
		return w.judge(s, r, err)
	}
	s.Say(fmt.Sprintf("%q", r))
	return w.Handshake(s)
}

// preamble begins a session on a new connection, up to the reply to STARTTLS.
func (w *walk) preamble() error {
	session := NewSession(w.Conn)
	session.LMTP = w.session.LMTP
	if _, err := session.Greeting(); err != nil {
		return err
	}
	if _, err := session.Ehlo(w.Helo); err != nil {
		return err
	}
	w.session = session
	_, err := session.StartTLS()
	return err
}

func (w *walk) xclient(s *probe.Step) error {
	if !w.session.Extensions.Has("XCLIENT") {
		return probe.Fail(probe.Critical, errors.New("the server does not offer XCLIENT to this host"), "list this host in smtpd_authorized_xclient_hosts")
	}
	r, err := w.session.Xclient(w.Xclient...)
	return w.judge(s, r, err)
}

func (w *walk) vrfy(s *probe.Step) error {
	r, err := w.session.Vrfy(w.Vrfy)
	if isReply(err) && (r.Code == 500 || r.Code == 502) {
		w.learn(s, r)
		return probe.Refuse(probe.Unknown, err, "many servers do not tell who exists; ask by RCPT with -t")
	}
	if r.Code == 252 {
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
		return err
	}
	r, err := w.session.Mail(w.From, parameters...)
	return w.judge(s, r, err)
}

func (w *walk) prepareMessage() (err error) {
	if w.Send && w.text == nil {
		w.text, err = w.Draft.compose(w.From, w.To, strings.Trim(w.Helo, "[]"))
	}
	return err
}

// mailParameters are those of the extensions that were asked for or are needed.
func (w *walk) mailParameters(s *probe.Step) ([]string, error) {
	offered := w.session.Extensions
	lacks := func(extension, why string) error {
		return probe.Fail(probe.Critical, fmt.Errorf("%s, and the server does not offer %s", why, extension), "enable it on the server, or do without")
	}
	var p []string
	international := w.SMTPUTF8 || !isASCII(w.From+strings.Join(w.To, ""))
	if international && !offered.Has("SMTPUTF8") {
		return nil, lacks("SMTPUTF8", "internationalized mail was asked for (RFC 6531)")
	}
	if international {
		p = append(p, "SMTPUTF8")
	}
	if is8bit(w.text) || w.SMTPUTF8 {
		if !offered.Has("8BITMIME") {
			return nil, lacks("8BITMIME", "the message has 8-bit characters (RFC 6152)")
		}
		p = append(p, "BODY=8BITMIME")
	}
	if w.DSN && !offered.Has("DSN") {
		return nil, lacks("DSN", "delivery status notifications were asked for (RFC 3461)")
	}
	if w.DSN {
		p = append(p, "RET=HDRS")
	}
	return append(p, w.sizeParameter(s)...), nil
}

// sizeParameter declares the size that was asked for, else that of the message.
func (w *walk) sizeParameter(s *probe.Step) []string {
	size := w.Size
	if size == 0 {
		size = int64(len(w.text))
	}
	if size == 0 {
		return nil
	}
	if !w.session.Extensions.Has("SIZE") {
		if w.Size > 0 {
			s.Raise(probe.Warning, "the server does not offer SIZE, so none is declared", "")
		}
		return nil
	}
	return []string{fmt.Sprintf("SIZE=%d", size)}
}

func (w *walk) rcptParameters() []string {
	if w.DSN {
		return []string{"NOTIFY=SUCCESS,FAILURE"}
	}
	return nil
}

// pipeline sends the commands of the envelope together, if asked and offered.
func (w *walk) pipeline(s *probe.Step, parameters []string) error {
	if !w.Pipeline {
		return nil
	}
	if !w.session.Extensions.Has("PIPELINING") {
		s.Raise(probe.Warning, "the server does not offer PIPELINING, so the commands go one by one", "")
		return nil
	}
	commands := []string{mailCommand(w.From, parameters)}
	for _, to := range w.To {
		commands = append(commands, rcptCommand(to, w.rcptParameters()))
	}
	if w.Send {
		commands = append(commands, "DATA")
	}
	return w.session.Pipeline(commands...)
}

func (w *walk) rcpt(s *probe.Step, to string) error {
	r, err := w.session.Rcpt(to, w.rcptParameters()...)
	if err == nil {
		w.accepted = append(w.accepted, to)
	}
	return w.judge(s, r, err)
}

func (w *walk) data(s *probe.Step) error {
	if w.BeforeData != nil {
		if err := w.BeforeData(); err != nil {
			return probe.Fail(probe.Unknown, err, "")
		}
	}
	r, err := w.session.Data()
	w.Result.Committed = w.Result.Committed || err == nil // what follows is the message
	return w.judge(s, r, err)
}

func (w *walk) message(s *probe.Step) error {
	replies, err := w.session.Message(bytes.NewReader(w.text))
	s.Learn(probe.Number("message_size", float64(len(w.text)), probe.Bytes))
	for i, r := range replies {
		if len(replies) > 1 && i < len(w.accepted) {
			s.Say(fmt.Sprintf("%s: %q", w.accepted[i], r))
		}
	}
	var r Reply
	if len(replies) > 0 {
		r = replies[len(replies)-1]
	}
	if err == nil {
		w.queued = "message accepted: " + r.Text()
		s.Learn(probe.Text("queued", r.Text()))
	}
	return w.judge(s, r, err)
}

// judge records the reply to a step and grades a failure.
func (w *walk) judge(s *probe.Step, r Reply, err error) error {
	w.learn(s, r)
	var refusal *ReplyError
	switch {
	case err == nil:
		s.Say(fmt.Sprintf("%q", r))
		return nil
	case errors.As(err, &refusal):
		cause, also := w.cause(s.Name, refusal.Reply)
		return probe.RefuseBecause(cause, err, also...)
	}
	return err
}

// learn keeps the codes of a reply and tells what about it was odd.
func (w *walk) learn(s *probe.Step, r Reply) {
	if r.Code != 0 {
		s.Learn(probe.Text("code", fmt.Sprint(r.Code)))
	}
	if r.Enhanced != "" {
		s.Learn(probe.Text("enhanced_code", r.Enhanced))
	}
	w.TellOdd(s)
}
