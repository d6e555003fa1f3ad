package imapcheck

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// Kind is the check of an IMAP server.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "imap",
		Short: "check an IMAP server step by step",
		Long: `Walk an IMAP session with each target: greeting, CAPABILITY, STARTTLS, and with
-u the log-in, STATUS and EXAMINE of a mailbox, and its quota where the server
offers QUOTA. To a server that offers ID, the name and version of this program are
sent after the log-in. Every step is timed, every answer of the server quoted, and every
failure explained.

Without -u the session ends before the log-in. The mailbox is opened for reading
only and no message is fetched, so nothing is ever deleted or marked as read.

The age of the newest message, newest_age, is measured if there is a threshold on
it: the time since it came into the mailbox.`,
		Example: `  mailprobe imap imap.example.org
  mailprobe imap -u alice --password-file pw imaps://imap.example.org
  mailprobe imap -u alice --netrc --warn newest_age=24h imap.example.org
  mailprobe imap -u alice --netrc --crit quota_percent=95 imap.example.org
  mailprobe imap -u alice --netrc --mailbox Archive --auth plain imap.example.org`,
		Schemes: []probe.Scheme{
			{Name: "imap", Port: 143},
			{Name: "imaps", Port: 993, TLS: true},
		},
		Steps:    append(stepNames(), transport.VersionsStep),
		Measures: measures,
		Causes:   Causes,
		Diagnose: Diagnose,
		Examples: Examples,
		New:      newCheck,
	}
}

// inbox is the mailbox that everybody has (RFC 3501 §5.1).
const inbox = "INBOX"

// Check is the check with its flags.
type Check struct {
	// TLS says how to use TLS.
	TLS transport.Options
	// LoginOptions say who logs in, and by what.
	transport.LoginOptions
	// Mailbox is the one to open.
	Mailbox string

	probe *probe.Options
}

// NewCheck makes a check whose flags are not declared yet.
func NewCheck(options *probe.Options) *Check { return &Check{probe: options} }

func newCheck(options *probe.Options) (probe.Checker, []probe.Option) {
	c := NewCheck(options)
	return c, slices.Concat(options.ReplyOptions(), c.DeclareSession(), c.TLS.DeclareInspection())
}

// DeclareSession returns the options that say how a session begins, and in which
// mailbox.
func (c *Check) DeclareSession() []probe.Option {
	c.Mailbox = inbox
	const note = "; login is the command LOGIN, or AUTHENTICATE LOGIN where that is disabled"
	return slices.Concat(c.TLS.Declare(), c.TLS.DeclareLogin(), c.DeclareAuth(sasl.Mechanisms(), note), []probe.Option{
		{Name: "mailbox", Value: &c.Mailbox, Usage: "open the mailbox of this `name`"},
	})
}

// Prepare reads the files that the flags name.
func (c *Check) Prepare(ctx context.Context) error {
	if c.Mailbox == "" || strings.ContainsAny(c.Mailbox, "\r\n\x00") || !utf8.ValidString(c.Mailbox) {
		return probe.OptionErrorf("%s %q is not the name of a mailbox such as INBOX", probe.OptionName("mailbox"), c.Mailbox)
	}
	if err := c.TLS.Prepare(); err != nil {
		return err
	}
	return c.Account.Prepare(ctx, c.probe)
}
