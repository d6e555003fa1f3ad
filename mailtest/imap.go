package mailtest

import (
	"io"
	"log"
	"net"
	"slices"
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
	account  *mailbox // after the log-in: the INBOX
	box      *mailbox // that was selected
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
	if s.account = s.host.logIn(user, password); s.account == nil {
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

// The mailboxes there are: the one that everybody has (RFC 3501 §5.1), and the one for
// Faults.Junk.
const (
	inbox = "INBOX"
	junk  = "Junk"
)

// mailbox returns the mailbox of a name.
func (s *imapSession) mailbox(name string) (*mailbox, error) {
	switch {
	case strings.EqualFold(name, inbox):
		return s.account, nil
	case name == junk:
		return s.account.junk, nil
	}
	return nil, no(imap.ResponseCodeNonExistent, "INBOX and Junk are the only mailboxes")
}

// Select opens a mailbox.
func (s *imapSession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	if err := s.dropped("SELECT"); err != nil {
		return nil, err
	}
	box, err := s.mailbox(name)
	if err != nil {
		return nil, err
	}
	s.box = box
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

// Unselect leaves the mailbox.
func (s *imapSession) Unselect() error {
	s.view, s.selected = nil, false
	return nil
}

// List names the mailboxes.
func (s *imapSession) List(w *imapserver.ListWriter, reference string, patterns []string, _ *imap.ListOptions) error {
	for _, name := range []string{inbox, junk} {
		matches := func(pattern string) bool { return imapserver.MatchList(name, '/', reference, pattern) }
		if !slices.ContainsFunc(patterns, matches) {
			continue
		}
		if err := w.WriteList(&imap.ListData{Mailbox: name, Delim: '/'}); err != nil {
			return err
		}
	}
	return nil
}

// Status counts a mailbox without opening it.
func (s *imapSession) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	if err := s.dropped("STATUS"); err != nil {
		return nil, err
	}
	box, err := s.mailbox(name)
	if err != nil {
		return nil, err
	}
	messages, unseen, recent := box.list(), uint32(0), uint32(0)
	for i := range messages {
		if !messages[i].has(string(imap.FlagSeen)) {
			unseen++
		}
	}
	count := uint32(len(messages))
	data := &imap.StatusData{Mailbox: name, UIDNext: imap.UID(box.uidNext()), UIDValidity: box.validity}
	data.NumMessages, data.NumUnseen, data.NumRecent = &count, &unseen, &recent
	return data, nil
}

// errFixed refuses what would need another mailbox, or another way into one.
var errFixed = no(imap.ResponseCodeCannot, "this server has INBOX and Junk alone, and mail comes into them by SMTP")

var errReadOnly = no(imap.ResponseCodeNoPerm, "the mailbox was opened by EXAMINE")

// Create is refused.
func (s *imapSession) Create(string, *imap.CreateOptions) error { return errFixed }

// Delete is refused.
func (s *imapSession) Delete(string) error { return errFixed }

// Rename is refused.
func (s *imapSession) Rename(string, string, *imap.RenameOptions) error { return errFixed }

// Subscribe is refused but for the mailboxes there are.
func (s *imapSession) Subscribe(name string) error {
	_, err := s.mailbox(name)
	return err
}

// Unsubscribe is refused.
func (s *imapSession) Unsubscribe(string) error { return errFixed }

// Append is refused.
func (s *imapSession) Append(string, imap.LiteralReader, *imap.AppendOptions) (*imap.AppendData, error) {
	return nil, errFixed
}

// Copy is refused.
func (s *imapSession) Copy(imap.NumSet, string) (*imap.CopyData, error) { return nil, errFixed }
