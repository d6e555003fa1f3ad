package mailtest

import (
	"io"
	"log"
	"net"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-sasl"
)

// serveIMAP runs the IMAP server.
func (h *Host) serveIMAP(p *port, listener net.Listener) {
	options := &imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{host: h, service: p.service, conn: c}, nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}},
		InsecureAuth: h.config.InsecureAuth,
		// Clients report their own errors.
		Logger: log.New(io.Discard, "", 0),
	}
	if !p.service.implicitTLS() {
		options.TLSConfig = h.tlsConfig(p.service)
	}
	h.running.Go(func() { _ = imapserver.New(options).Serve(listener) })
}

// imapSession is one client's session. What it sees of the mailbox is what was
// there when it last looked; the numbers of messages count in that.
type imapSession struct {
	host     *Host
	service  Service
	conn     *imapserver.Conn
	box      *mailbox // after the log-in
	view     []Message
	selected bool
	readOnly bool // by EXAMINE
}

// Close ends the session.
func (s *imapSession) Close() error { return nil }

// dropped hangs up if the faults say so at this verb.
func (s *imapSession) dropped(verb string) error {
	if !s.host.dropsAt(s.service, verb) {
		return nil
	}
	_ = s.conn.NetConn().Close()
	return net.ErrClosed
}

// Login opens the user's mailbox.
func (s *imapSession) Login(user, password string) error {
	if err := s.dropped("LOGIN"); err != nil {
		return err
	}
	if s.box = s.host.logIn(user, password); s.box == nil {
		return imapserver.ErrAuthFailed
	}
	return nil
}

// AuthenticateMechanisms are those of SASL.
func (s *imapSession) AuthenticateMechanisms() []string { return mechanisms() }

// Authenticate begins a log-in by SASL.
func (s *imapSession) Authenticate(mechanism string) (sasl.Server, error) {
	if err := s.dropped("AUTHENTICATE"); err != nil {
		return nil, err
	}
	if server := newMechanism(mechanism, s.Login); server != nil {
		return server, nil
	}
	return nil, no("", "SASL mechanism not supported")
}

// no is a refusal.
func no(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

// inbox is the only mailbox there is (RFC 3501 §5.1).
const inbox = "INBOX"

func onlyInbox(name string) error {
	if strings.EqualFold(name, inbox) {
		return nil
	}
	return no(imap.ResponseCodeNonExistent, "INBOX is the only mailbox")
}

// Select opens the INBOX.
func (s *imapSession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	if err := s.dropped("SELECT"); err != nil {
		return nil, err
	}
	if err := onlyInbox(name); err != nil {
		return nil, err
	}
	s.view, s.selected, s.readOnly = s.box.list(), true, options.ReadOnly
	return &imap.SelectData{
		Flags:          flags(),
		PermanentFlags: flags(),
		NumMessages:    uint32(len(s.view)),
		UIDNext:        imap.UID(s.box.uidNext()),
		UIDValidity:    s.box.validity,
	}, nil
}

func flags() []imap.Flag {
	return []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
}

// Unselect leaves the INBOX.
func (s *imapSession) Unselect() error {
	s.view, s.selected = nil, false
	return nil
}

// List names the INBOX.
func (s *imapSession) List(w *imapserver.ListWriter, reference string, patterns []string, _ *imap.ListOptions) error {
	for _, pattern := range patterns {
		if imapserver.MatchList(inbox, '/', reference, pattern) {
			return w.WriteList(&imap.ListData{Mailbox: inbox, Delim: '/'})
		}
	}
	return nil
}

// Status counts the INBOX without opening it.
func (s *imapSession) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	if err := s.dropped("STATUS"); err != nil {
		return nil, err
	}
	if err := onlyInbox(name); err != nil {
		return nil, err
	}
	messages, unseen, recent := s.box.list(), uint32(0), uint32(0)
	for i := range messages {
		if !messages[i].has(string(imap.FlagSeen)) {
			unseen++
		}
	}
	count := uint32(len(messages))
	data := &imap.StatusData{Mailbox: inbox, UIDNext: imap.UID(s.box.uidNext()), UIDValidity: s.box.validity}
	data.NumMessages, data.NumUnseen, data.NumRecent = &count, &unseen, &recent
	return data, nil
}

// errOnlyInbox refuses what would need another mailbox, or another way into this.
var errOnlyInbox = no(imap.ResponseCodeCannot, "this server has the INBOX alone, and mail comes into it by SMTP")

var errReadOnly = no(imap.ResponseCodeNoPerm, "the mailbox was opened by EXAMINE")

// Create is refused.
func (s *imapSession) Create(string, *imap.CreateOptions) error { return errOnlyInbox }

// Delete is refused.
func (s *imapSession) Delete(string) error { return errOnlyInbox }

// Rename is refused.
func (s *imapSession) Rename(string, string, *imap.RenameOptions) error { return errOnlyInbox }

// Subscribe is refused but for the INBOX.
func (s *imapSession) Subscribe(name string) error { return onlyInbox(name) }

// Unsubscribe is refused.
func (s *imapSession) Unsubscribe(string) error { return errOnlyInbox }

// Append is refused.
func (s *imapSession) Append(string, imap.LiteralReader, *imap.AppendOptions) (*imap.AppendData, error) {
	return nil, errOnlyInbox
}

// Copy is refused.
func (s *imapSession) Copy(imap.NumSet, string) (*imap.CopyData, error) { return nil, errOnlyInbox }
