package mailtest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// serveSMTP runs the server of SMTP or of submission.
func (h *Host) serveSMTP(p *port, listener net.Listener) {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{host: h, service: p.service, conn: c}, nil
	}))
	server.Domain = h.config.Name
	server.MaxMessageBytes = int64(h.config.MaxMessage)
	server.MaxRecipients = maxRecipients
	server.AllowInsecureAuth = h.config.InsecureAuth
	server.ReadTimeout, server.WriteTimeout = idleLimit, idleLimit
	server.EnableSMTPUTF8 = true
	// Clients report their own errors.
	server.ErrorLog = log.New(io.Discard, "", 0)
	if !p.service.implicitTLS() {
		server.TLSConfig = h.tlsConfig(p.service)
	}
	h.running.Go(func() {
		_ = server.Serve(listener)
		// By then the port and its connections are closed, so sessions end at once.
		_ = server.Shutdown(context.Background())
	})
}

// smtpSession is one client's session.
type smtpSession struct {
	host    *Host
	service Service
	conn    *smtp.Conn
	user    string // who has logged in
	from    string
	to      []string
}

// Reset forgets sender and recipients.
func (s *smtpSession) Reset() { s.from, s.to = "", nil }

// Logout ends the session.
func (s *smtpSession) Logout() error { return nil }

// dropped hangs up if the faults say so at this verb.
func (s *smtpSession) dropped(verb string) error {
	if !s.host.dropsAt(s.service, verb) {
		return nil
	}
	_ = s.conn.Conn().Close()
	return io.ErrClosedPipe
}

// AuthMechanisms are those of submission; servers do not log in to each other.
func (s *smtpSession) AuthMechanisms() []string {
	if s.service == SMTP {
		return nil
	}
	return mechanisms()
}

// Auth begins a log-in.
func (s *smtpSession) Auth(mechanism string) (sasl.Server, error) {
	if err := s.dropped("AUTH"); err != nil {
		return nil, err
	}
	if s.service == SMTP {
		return nil, smtp.ErrAuthUnsupported
	}
	login := newMechanism(mechanism, func(user, password string) error {
		if s.host.logIn(user, password) == nil {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	})
	if login == nil {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	return login, nil
}

// Mail names the sender.
func (s *smtpSession) Mail(from string, options *smtp.MailOptions) error {
	switch err := s.dropped("MAIL"); {
	case err != nil:
		return err
	case s.service != SMTP && s.user == "":
		return refusal(530, 5, 7, 0, "Authentication required")
	case s.host.Faults().Storage:
		return refusal(452, 4, 3, 1, "Insufficient system storage")
	}
	s.from = from
	return nil
}

// Rcpt names a recipient.
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.dropped("RCPT"); err != nil {
		return err
	}
	if err := s.host.judge(s.service, s.user, s.from, to); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data takes the message and puts it into the queue.
func (s *smtpSession) Data(r io.Reader) error {
	if err := s.dropped("DATA"); err != nil {
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.dropped("BODY"); err != nil {
		return err
	}
	if hops(text) > maxHops {
		return refusal(554, 5, 4, 6, "Too many hops: the message goes in circles")
	}
	if outgoing := s.host.config.Outgoing; outgoing != nil && s.user != "" {
		text = withCRLF(outgoing(text))
	}
	m := &queued{from: s.from, to: s.to, id: s.host.queue.newID()}
	m.text = append(s.trace(m), text...)
	if !s.host.accept(m) {
		return refusal(452, 4, 3, 1, "The queue is full")
	}
	return refusal(250, 2, 0, 0, "Ok: queued as "+m.id)
}

// judge says what RCPT is answered.
func (h *Host) judge(service Service, user, from, to string) error {
	f := h.Faults()
	text, ok := f.Answer[to]
	if !ok {
		text = f.Answer["*"]
	}
	if text != "" && text[0] != '2' {
		return asReply(text)
	}
	domain := to[strings.LastIndexByte(to, '@')+1:]
	if !h.isLocal(domain) {
		if user == "" && !f.OpenRelay {
			return refusal(554, 5, 7, 1, "<"+to+">: Relay access denied")
		}
		return nil
	}
	box := h.account(to)
	switch {
	case box == nil:
		return refusal(550, 5, 1, 1, "<"+to+">: Recipient address rejected: User unknown")
	case service == SMTP && !h.greylist.passes(from, to, f.Greylist):
		return refusal(450, 4, 7, 1, "<"+to+">: Recipient address rejected: Greylisted, try again later")
	case box.full():
		return refusal(452, 4, 2, 2, "<"+to+">: Recipient address rejected: Mailbox is full")
	}
	return nil
}

// refusal is a reply with an enhanced status code (RFC 3463); with 250 it is none.
func refusal(code, class, subject, detail int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// asReply makes a reply of its text.
func asReply(text string) error {
	m := reply().FindStringSubmatch(text)
	code, _ := strconv.Atoi(m[1])
	r := &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: m[5]}
	if m[2] != "" {
		_, _ = fmt.Sscanf(m[2]+" "+m[3]+" "+m[4], "%d %d %d", &r.EnhancedCode[0], &r.EnhancedCode[1], &r.EnhancedCode[2])
	}
	return r
}
