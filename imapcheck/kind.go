package imapcheck

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/search"
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
only, so nothing is ever deleted or marked as read.

The age of the newest message, newest_age, is measured if there is a threshold on
it: the time since it came into the mailbox.

--subject, --from, --header and --since search for messages by their headers, and
--search counts all: how many match, and how old the newest and the oldest are. A
search that finds nothing is CRITICAL, unless there is a threshold on matches.
--body-expect and --body-reject judge the text of what was found.`,
		Example: `  mailprobe imap imap.example.org
  mailprobe imap -u alice --password-file pw imaps://imap.example.org
  mailprobe imap -u alice --netrc --warn newest_age=24h imap.example.org
  mailprobe imap -u alice --netrc --subject '^Backup' --since 24h --body-expect OK imap.example.org
  mailprobe imap -u alice --netrc --crit quota_percent=95 imap.example.org
  mailprobe imap -u alice --netrc --mailbox Archive --auth plain imap.example.org`,
		Schemes: []probe.Scheme{
			{Name: "imap", Port: 143},
			{Name: "imaps", Port: 993, TLS: true},
		},
		Steps:    append(stepNames(), transport.VersionsStep, probe.RepeatStep),
		Offers:   probe.Listing{Fact: "capabilities", Separator: " "},
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
	// Mailbox is the one to open, where Mailboxes are not given.
	Mailbox string
	// Mailboxes are several to open.
	Mailboxes []string
	// Search says which messages to search for in them.
	Search search.Options

	// Commands are lines of the user's own.
	Commands transport.Commands

	probe *probe.Options
}

// NewCheck makes a check whose flags are not declared yet.
func NewCheck(options *probe.Options) *Check { return &Check{probe: options} }

func newCheck(options *probe.Options) (probe.Checker, []probe.Option) {
	c := NewCheck(options)
	c.Mailbox = inbox
	mailbox := probe.Option{Name: "mailbox", List: true, Value: &c.Mailboxes, Usage: "open the mailbox of this `name` instead of INBOX (repeatable)"}
	return c, slices.Concat(options.ReplyOptions(), options.RepeatOption(), c.declareLogin(), c.TLS.DeclareInspection(), c.TLS.DeclareEnforced("a log-in"),
		probe.Under("mailbox", append([]probe.Option{mailbox}, c.Search.Declare()...)...), probe.Under("session", c.Commands.Declare(stepNames())...))
}

// DeclareSession returns the options that say how a session begins, and in which
// mailbox.
func (c *Check) DeclareSession() []probe.Option {
	c.Mailbox = inbox
	return append(c.declareLogin(), probe.Option{Name: "mailbox", Topic: "mailbox", Value: &c.Mailbox, Usage: "open the mailbox of this `name`"})
}

// declareLogin returns the options of TLS and the log-in.
func (c *Check) declareLogin() []probe.Option {
	const note = "; login is the command LOGIN, or AUTHENTICATE LOGIN where that is disabled"
	return slices.Concat(c.TLS.Declare(), c.TLS.DeclareLogin(), c.DeclareAuth(sasl.Mechanisms(), note))
}

// names returns the names of the mailboxes to open.
func (c *Check) names() []string {
	if len(c.Mailboxes) > 0 {
		return c.Mailboxes
	}
	return []string{c.Mailbox}
}

// IsMailboxName reports whether a text can be the name of a mailbox.
func IsMailboxName(text string) bool {
	return text != "" && !strings.ContainsAny(text, "\r\n\x00") && utf8.ValidString(text)
}

// Prepare reads the files that the flags name.
func (c *Check) Prepare(ctx context.Context) error {
	for i, name := range c.names() {
		if !IsMailboxName(name) {
			return probe.OptionErrorf("%s %q is not the name of a mailbox such as INBOX", probe.OptionName("mailbox"), name)
		}
		if slices.Contains(c.names()[:i], name) {
			return probe.OptionErrorf("%s %q is given twice: each mailbox is looked at once", probe.OptionName("mailbox"), name)
		}
	}
	if err := c.prepareCommands(); err != nil {
		return err
	}
	if err := c.TLS.Prepare(); err != nil {
		return err
	}
	if err := c.TLS.PrepareRepeat(c.probe); err != nil {
		return err
	}
	if err := c.Search.Prepare(); err != nil {
		return err
	}
	return c.Account.Prepare(ctx, c.probe)
}

// PrepareTarget implements probe.TargetPreparer.
func (c *Check) PrepareTarget(t probe.Target) error {
	if err := c.TLS.PrepareTarget(t); err != nil {
		return err
	}
	return c.Search.PrepareTarget(&c.LoginOptions, t)
}
