package pop3check

import (
	"context"
	"slices"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/transport"
)

// Kind is the check of a POP3 server.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "pop3",
		Short: "check a POP3 server step by step",
		Long: `Walk a POP3 session with each target: greeting, CAPA, STLS, and with -u the
log-in, STAT, LIST, UIDL and, if asked for, a message. Every step is timed, every
answer of the server quoted, and every failure explained.

Without -u the session ends before the log-in. Nothing is ever deleted or marked:
where a message was fetched by --retrieve, the session ends without QUIT, since
at QUIT, servers record what was read. --top leaves no trace in any case.

The age of the newest message, newest_age, is measured when the header is fetched
anyway; a threshold on it makes the check fetch the header by TOP.

--subject, --from, --header and --since search for messages by their headers, and
--search counts all: how many match, and how old the newest and the oldest are. A
search that finds nothing is CRITICAL, unless there is a threshold on matches.
--body-expect and --body-reject judge the text of what was found.`,
		Example: `  mailprobe pop3 pop.example.org
  mailprobe pop3 -u alice --password-file pw pop3s://pop.example.org
  mailprobe pop3 -u alice --netrc --warn newest_age=24h pop.example.org
  mailprobe pop3 -u alice --netrc --subject '^Backup' --since 24h --body-expect OK pop.example.org
  mailprobe pop3 -u alice --netrc --retrieve latest pop.example.org
  mailprobe pop3 -u alice --netrc --auth scram-sha-256 pop.example.org`,
		Schemes: []probe.Scheme{
			{Name: "pop3", Port: 110},
			{Name: "pop3s", Port: 995, TLS: true},
		},
		Steps:    append(stepNames(), transport.VersionsStep, probe.RepeatStep),
		Offers:   probe.Listing{Fact: "capabilities", Separator: ", "},
		Measures: measures,
		Causes:   Causes,
		Diagnose: Diagnose,
		Examples: Examples,
		New:      newCheck,
	}
}

// Check is the check with its flags.
type Check struct {
	// TLS says how to use TLS.
	TLS transport.Options
	// LoginOptions say who logs in, and by what.
	transport.LoginOptions
	// Retrieve is the message to fetch.
	Retrieve Message
	// Top is the message to look into.
	Top Glance
	// Search says which messages to search for.
	Search search.Options

	// Commands are lines of the user's own.
	Commands transport.Commands

	probe *probe.Options
}

// NewCheck makes a check whose flags are not declared yet.
func NewCheck(options *probe.Options) *Check { return &Check{probe: options} }

func newCheck(options *probe.Options) (probe.Checker, []probe.Option) {
	c := NewCheck(options)
	return c, slices.Concat(options.ReplyOptions(), options.RepeatOption(), c.DeclareSession(), c.TLS.DeclareInspection(), c.TLS.DeclareEnforced("a log-in"), probe.Under("mailbox", append([]probe.Option{
		{Name: "retrieve", Value: &c.Retrieve, Word: "N|latest|none", Usage: "fetch the message of this number, the latest, or none", Choices: []string{"latest", "none"}},
		{Name: "top", Value: &c.Top, Word: "N=LINES", Usage: "fetch the header and LINES lines of message N, or of the latest; to find the latest, the headers of other messages are read", Choices: []string{"latest=0"}},
	}, c.Search.Declare()...)...), probe.Under("session", c.Commands.Declare(stepNames())...))
}

// DeclareSession returns the options that say how a session begins: TLS and the log-in.
func (c *Check) DeclareSession() []probe.Option {
	return slices.Concat(c.TLS.Declare(), c.TLS.DeclareLogin(), c.DeclareAuth(mechanisms(), ""))
}

// Alone implements probe.Exclusive: a server locks the mailbox of who logs in for the time of
// the session (RFC 1939 §4).
func (c *Check) Alone(t probe.Target) string {
	id, wanted, err := c.Account.For(t.Host, t.User)
	if err != nil || !wanted {
		return ""
	}
	return "pop3 " + id.User + " " + t.Host
}

// Prepare reads the files that the flags name.
func (c *Check) Prepare(ctx context.Context) error {
	if err := c.Commands.Prepare(c.language()); err != nil {
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
