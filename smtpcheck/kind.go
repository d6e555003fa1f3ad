package smtpcheck

import (
	"context"
	"crypto/tls"
	"net/netip"
	"slices"
	"strings"

	"mailprobe/compose"
	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// Kind is the check of an SMTP, submission or LMTP server.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "smtp",
		Short: "check an SMTP server step by step",
		Long: `Walk an SMTP session with each target: greeting, EHLO, STARTTLS, log-in,
sender, recipient and, with --send, a whole message. Every step is timed, every
answer of the server quoted, and every failure explained.

With --mx targets are domains, whose exchangers are looked up and validated by
DNSSEC. With --dane the server's certificate is verified by its TLSA records.

Without -t the session ends before MAIL. Without --send it ends after RCPT, and
nothing is handed over.`,
		Example: `  mailprobe smtp mx1.example.org
  mailprobe smtp --tls=require -t alice@example.org mx1.example.org
  mailprobe smtp -u alice --password-file pw submission://mail.example.org
  mailprobe smtp --mx --dane example.org
  mailprobe smtp --send -t alice@example.org --attach report.pdf mx1.example.org
  mailprobe smtp --open-relay mx1.example.org`,
		Schemes: []probe.Scheme{
			{Name: "smtp", Port: 25},
			{Name: "submission", Port: 587},
			{Name: "smtps", Port: 465, TLS: true},
			{Name: "submissions", Port: 465, TLS: true},
			{Name: "lmtp", Port: 24},
		},
		Steps:    append(stepNames(), transport.VersionsStep, probe.RepeatStep),
		Offers:   probe.Listing{Fact: "extensions", Separator: ", "},
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
	// Helo is the name to give in EHLO; empty means this host's full name, or the
	// address of the connection where it has none.
	Helo string
	// From is the sender, empty for the null sender.
	From string
	// To, Cc and Bcc are the recipients; without any the session stops before MAIL. The
	// header of a message names those of To and Cc.
	To, Cc, Bcc []string
	// Send hands over a message; Draft says which.
	Send  bool
	Draft compose.Draft
	// Chunking sends it in chunks (RFC 3030).
	Chunking bool
	// StopAfter is the name of the last step before QUIT.
	StopAfter string
	// MX takes targets for domains and checks all of their exchangers.
	MX bool
	// Pipeline sends MAIL, RCPT and DATA together (RFC 2920).
	Pipeline bool
	// Parameters are what MAIL and RCPT ask for besides.
	Parameters
	// Xclient and Xforward are attributes "NAME=VALUE" for a Postfix that permits them: it
	// takes this client for another, or logs and passes on where the mail came from.
	Xclient, Xforward []string
	// Commands are lines of the user's own.
	Commands transport.Commands
	// OpenRelay asks whether the server relays for anyone.
	OpenRelay bool
	// Vrfy is an address to verify.
	Vrfy string
	// BeforeMessage is called last before the message, after which the server may
	// have it; its error ends the session without. Nil for nothing.
	BeforeMessage func() error
	// AfterMessage is called as soon as the server has taken the message on, before
	// the session ends. Nil for nothing.
	AfterMessage func()

	probe   *probe.Options
	machine string // this machine's full name, where it has one
}

// NewCheck makes a check whose flags are not declared yet.
func NewCheck(options *probe.Options) *Check { return &Check{probe: options} }

func newCheck(options *probe.Options) (probe.Checker, []probe.Option) {
	c := NewCheck(options)
	return c, slices.Concat(options.ReplyOptions(), options.RepeatOption(), c.DeclareSession(),
		c.TLS.DeclareInspection(), c.TLS.DeclareEnforced("MAIL, or with --user AUTH,"),
		probe.Under("session", append(c.declareExtras(), c.Commands.Declare(stepNames())...)...),
		probe.Under("message", append(c.declareEnvelope(), c.Parameters.Declare()...)...))
}

// Observed returns a check that walks a session up to EHLO over TLS as this one does, once
// that is prepared, and calls handshaken with the state of the connection when TLS is up.
func (c *Check) Observed(handshaken func(*tls.ConnectionState)) *Check {
	other := NewCheck(c.probe)
	other.TLS, other.Helo, other.machine = c.TLS, c.Helo, c.machine
	other.TLS.Handshaken = handshaken
	return other
}

// DeclareSession returns the options that say how a session begins: TLS, the log-in
// and the name in EHLO.
func (c *Check) DeclareSession() []probe.Option {
	return slices.Concat(c.TLS.Declare(transport.DANE), c.TLS.DeclareDANE(), c.TLS.DeclareLogin(), c.DeclareAuth(sasl.Mechanisms(), ""),
		probe.Under("session", append(c.TLS.DeclareProxy(), probe.Option{Name: "helo", Value: &c.Helo, Usage: "the `name` to give in EHLO, instead of this host's"})...))
}

func (c *Check) declareEnvelope() []probe.Option {
	return append([]probe.Option{
		{Name: "from", Short: "f", Type: probe.TypeAddress, Value: &c.From, Usage: "the sender's `address`, instead of the null sender <>"},
		{Name: "to", Short: "t", Type: probe.TypeAddress, List: true, Value: &c.To, Usage: "a recipient's `address`, or several with commas (repeatable)"},
		{Name: "cc", Type: probe.TypeAddress, List: true, Value: &c.Cc, Usage: "a recipient's `address` for the field Cc (repeatable)"},
		{Name: "bcc", Type: probe.TypeAddress, List: true, Value: &c.Bcc, Usage: "a recipient's `address` that the message does not name (repeatable)"},
		{Name: "send", Type: probe.TypeBool, Value: &c.Send, Usage: "send a message"},
	}, c.Draft.Declare()...)
}

func (c *Check) declareExtras() []probe.Option {
	return []probe.Option{
		{Name: "stop-after", Type: probe.TypeChoice, Value: &c.StopAfter, Choices: lastSteps(), Usage: "say QUIT after this `step`"},
		{Name: "mx", Type: probe.TypeBool, Value: &c.MX, Usage: "targets are domains: check every address of every exchanger"},
		{Name: "pipeline", Type: probe.TypeBool, Value: &c.Pipeline, Usage: "send MAIL, RCPT and DATA together, if the server offers PIPELINING"},
		{Name: "chunking", Type: probe.TypeBool, Value: &c.Chunking, Usage: "send the message in chunks by BDAT instead of DATA"},
		{Name: "xclient", Type: probe.TypeMapping, List: true, Value: &c.Xclient, Usage: "send XCLIENT with `NAME=VALUE` (repeatable)"},
		{Name: "xforward", Type: probe.TypeMapping, List: true, Value: &c.Xforward, Choices: xforwardNames(), Usage: "send XFORWARD with `NAME=VALUE` (repeatable)"},
		{Name: "open-relay", Type: probe.TypeBool, Value: &c.OpenRelay, Usage: "test whether the server relays from a foreign sender to a foreign recipient; no message is sent"},
		{Name: "vrfy", Type: probe.TypeAddress, Value: &c.Vrfy, Usage: "ask whether the server knows an `address`"},
	}
}

// Prepare checks the flags and reads the files they name.
func (c *Check) Prepare(ctx context.Context) error {
	if err := c.prepareFlags(); err != nil {
		return err
	}
	if err := c.prepareAddresses(); err != nil {
		return err
	}
	if err := c.TLS.Prepare(); err != nil {
		return err
	}
	if err := c.TLS.PrepareRepeat(c.probe); err != nil {
		return err
	}
	if err := c.TLS.PrepareDNS(c.probe, c.MX); err != nil {
		return err
	}
	if c.Send {
		if err := c.Draft.Prepare(c.probe); err != nil {
			return err
		}
	}
	return c.Account.Prepare(ctx, c.probe)
}

func (c *Check) prepareFlags() error {
	if c.MX {
		c.probe.AllAddresses = true
	}
	switch given := c.Draft.Given(); {
	case c.Send && len(c.recipients()) == 0:
		return probe.OptionErrorf("%s needs a recipient: add %s ADDRESS", probe.OptionName("send"), probe.OptionName("to"))
	case !c.Send && given != "":
		return probe.OptionErrorf("%s has an effect only with %s", given, probe.OptionName("send"))
	case !c.Send && c.Chunking:
		return probe.OptionErrorf("%s has an effect only with %s", probe.OptionName("chunking"), probe.OptionName("send"))
	case c.Send && c.probe.Repeat > 1:
		return probe.OptionErrorf("%s would send as many messages: leave out %s", probe.OptionName(probe.RepeatStep), probe.OptionName("send"))
	case c.OpenRelay && c.Send:
		return probe.OptionErrorf("%s never sends: leave out %s", probe.OptionName("open-relay"), probe.OptionName("send"))
	case c.OpenRelay && (c.Account.User != "" || c.Mechanism != ""):
		return probe.OptionErrorf("%s asks what the server does for strangers, not for those who logged in: leave out %s and %s", probe.OptionName("open-relay"), probe.OptionName("user"), probe.OptionName("auth"))
	}
	if err := c.Parameters.prepare(c.TLS.TLS, len(c.recipients()) > 0); err != nil {
		return err
	}
	if err := c.prepareCommands(); err != nil {
		return err
	}
	return c.prepareHelo()
}

// PrepareTarget implements probe.TargetPreparer. A domain has exchangers of other names.
func (c *Check) PrepareTarget(t probe.Target) error {
	if err := c.TLS.PrepareTarget(t); err != nil {
		return err
	}
	switch _, err := netip.ParseAddr(t.Host); {
	case err == nil && c.TLS.TLS == transport.DANE:
		return probe.OptionErrorf("%s=dane needs the name of a server, as addresses have no TLSA records: %s is none", probe.OptionName("tls"), t.Host)
	case c.MX:
		return nil
	case t.User != "" && !strings.Contains(t.Text, "://") && !c.Account.HasSecret():
		return probe.OptionErrorf("%s looks like a mail address, and the target is a server: did you mean %s and %s %[1]s, with the target %[4]s?",
			t.Text, probe.OptionName("mx"), probe.OptionName("to"), t.Host)
	}
	return c.LoginOptions.PrepareTarget(t)
}

func (c *Check) prepareHelo() error {
	if c.Helo == "" {
		c.machine = machineName()
	}
	if strings.ContainsFunc(c.Helo, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return probe.OptionErrorf("%s %q is not a host name or an address such as [192.0.2.1]", probe.OptionName("helo"), c.Helo)
	}
	return nil
}

func (c *Check) prepareAddresses() error {
	var err error
	if c.From, err = ParseAddress(c.From); err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("from"), err)
	}
	for i, list := range [][]string{c.To, c.Cc, c.Bcc} {
		if err := prepareRecipients([]probe.OptionName{"to", "cc", "bcc"}[i], list); err != nil {
			return err
		}
	}
	if c.Vrfy, err = ParseAddress(c.Vrfy); err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("vrfy"), err)
	}
	return c.prepareAttributes()
}

// prepareRecipients checks the addresses of an option, and takes off their brackets.
func prepareRecipients(option probe.OptionName, list []string) error {
	for i, to := range list {
		address, err := ParseAddress(to)
		if err != nil {
			return probe.OptionErrorf("%s: %w", option, err)
		}
		if list[i] = address; address == "" {
			return probe.OptionErrorf("%s: a recipient cannot be empty", option)
		}
	}
	return nil
}
