package smtpcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"mailprobe/probe"
	"mailprobe/sasl"
	"mailprobe/transport"
)

// Kind is the check of an SMTP, submission or LMTP server.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "smtp",
		Short: "walk an SMTP session and judge every step",
		Long: `Walk an SMTP session with each target: greeting, EHLO, STARTTLS, log-in,
sender, recipient and, with --send, a whole message. Every step is timed, every
answer of the server quoted, and every failure explained.

Without -t the session ends before MAIL. Without --send it ends after RCPT, and
nothing is handed over.`,
		Example: `  mailprobe smtp mx1.example.org
  mailprobe smtp --tls=require -t alice@example.org mx1.example.org
  mailprobe smtp -u alice --password-file pw submission://mail.example.org
  mailprobe smtp --mx example.org
  mailprobe smtp --open-relay mx1.example.org`,
		Schemes: []probe.Scheme{
			{Name: "smtp", Port: 25},
			{Name: "submission", Port: 587},
			{Name: "smtps", Port: 465, TLS: true},
			{Name: "submissions", Port: 465, TLS: true},
			{Name: "lmtp", Port: 24},
		},
		Steps:    stepNames(),
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
	// To are the recipients; without any the session stops before MAIL.
	To []string
	// Send hands over a message; Draft says which.
	Send  bool
	Draft Draft
	// StopAfter is the name of the last step before QUIT.
	StopAfter string
	// MX takes targets for domains and checks all of their exchangers.
	MX bool
	// Pipeline sends MAIL, RCPT and DATA together (RFC 2920).
	Pipeline bool
	// SMTPUTF8 asks for internationalized mail (RFC 6531), DSN for delivery
	// status notifications (RFC 3461).
	SMTPUTF8, DSN bool
	// Size declares a message of so many bytes (RFC 1870); 0 declares none.
	Size int64
	// Xclient are attributes "NAME=VALUE" for a Postfix that permits them.
	Xclient []string
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
	whole   []byte // the message of --message
}

// NewCheck makes a check whose flags are not declared yet.
func NewCheck(options *probe.Options) *Check { return &Check{probe: options} }

func newCheck(flags *pflag.FlagSet, options *probe.Options) probe.Checker {
	c := NewCheck(options)
	options.BindReplies(flags)
	c.BindSession(flags)
	c.bindEnvelope(flags)
	flags.StringVar(&c.StopAfter, "stop-after", "", "say QUIT after this `step`")
	flags.BoolVar(&c.MX, "mx", false, "targets are domains: check every address of every exchanger")
	flags.BoolVar(&c.Pipeline, "pipeline", false, "send MAIL, RCPT and DATA together, if the server offers PIPELINING")
	flags.BoolVar(&c.SMTPUTF8, "smtputf8", false, "ask for SMTPUTF8 in MAIL")
	flags.BoolVar(&c.DSN, "dsn", false, "ask for delivery status notifications of success and failure")
	flags.Int64Var(&c.Size, "size", 0, "declare a message of so many `bytes` in MAIL")
	flags.StringArrayVar(&c.Xclient, "xclient", nil, "send XCLIENT with `NAME=VALUE` (repeatable)")
	flags.BoolVar(&c.OpenRelay, "open-relay", false, "ask whether a foreign sender may write to a foreign recipient; nothing is sent")
	flags.StringVar(&c.Vrfy, "vrfy", "", "ask whether the server knows an `address`")
	return c
}

// BindSession declares the flags that say how a session begins: TLS, the log-in
// and the name in EHLO.
func (c *Check) BindSession(flags *pflag.FlagSet) {
	c.TLS.Bind(flags)
	c.TLS.BindLogin(flags)
	c.TLS.BindProxy(flags)
	c.BindAuth(flags, sasl.Mechanisms(), "")
	flags.StringVar(&c.Helo, "helo", "", "the `name` to give in EHLO, instead of this host's")
}

func (c *Check) bindEnvelope(flags *pflag.FlagSet) {
	flags.StringVarP(&c.From, "from", "f", "", "the sender's `address`, instead of the null sender <>")
	flags.StringArrayVarP(&c.To, "to", "t", nil, "a recipient's `address` (repeatable)")
	flags.BoolVar(&c.Send, "send", false, "really hand over a message")
	flags.StringVar(&c.Draft.File, "message", "", "send the message in this `file`, - for standard input")
	flags.StringVar(&c.Draft.Subject, "subject", "", "the `subject` of the message")
	flags.StringArrayVar(&c.Draft.Headers, "header", nil, "a further header `field`, \"Name: value\" (repeatable)")
	flags.StringVar(&c.Draft.Body, "body", "", "the `text` of the message")
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
	if err := c.Account.Prepare(ctx, c.probe.Prompt); err != nil {
		return err
	}
	var err error
	if c.Send {
		c.whole, err = c.Draft.prepare(c.probe.Stdin)
	}
	return err
}

func (c *Check) prepareFlags() error {
	if c.MX {
		c.probe.AllAddresses = true
	}
	switch {
	case c.StopAfter != "" && !slices.Contains(stepNames(), c.StopAfter):
		return fmt.Errorf("--stop-after: there is no step %q; the steps are %s", c.StopAfter, strings.Join(stepNames(), ", "))
	case c.Send && len(c.To) == 0:
		return errors.New("--send needs a recipient: add -t ADDRESS")
	case !c.Send && (c.Draft.File != "" || c.Draft.Subject != "" || c.Draft.Body != "" || len(c.Draft.Headers) > 0):
		return errors.New("--message, --subject, --header and --body have an effect only with --send")
	case c.OpenRelay && c.Send:
		return errors.New("--open-relay never sends: leave out --send")
	case c.OpenRelay && (c.Account.User != "" || c.Mechanism != ""):
		return errors.New("--open-relay asks what the server does for strangers, not for those who logged in: leave out --user and --auth")
	case c.Size < 0:
		return fmt.Errorf("--size %d is negative", c.Size)
	}
	return c.prepareHelo()
}

func (c *Check) prepareHelo() error {
	if c.Helo == "" {
		c.machine = machineName()
	}
	if strings.ContainsFunc(c.Helo, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return fmt.Errorf("--helo %q is not a host name or an address such as [192.0.2.1]", c.Helo)
	}
	return nil
}

func (c *Check) prepareAddresses() error {
	var err error
	if c.From, err = ParseAddress(c.From); err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	for i, to := range c.To {
		if c.To[i], err = ParseAddress(to); err != nil {
			return fmt.Errorf("--to: %w", err)
		}
		if c.To[i] == "" {
			return errors.New("--to: a recipient cannot be empty")
		}
	}
	if c.Vrfy, err = ParseAddress(c.Vrfy); err != nil {
		return fmt.Errorf("--vrfy: %w", err)
	}
	for i, x := range c.Xclient {
		if c.Xclient[i], err = xclientAttribute(x); err != nil {
			return err
		}
	}
	return nil
}

// xclientAttribute encodes the value of NAME=VALUE as xtext (RFC 1891 §5), which
// is how Postfix wants it.
func xclientAttribute(text string) (string, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fmt.Errorf("--xclient %q is not NAME=VALUE such as ADDR=192.0.2.1", text)
	}
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return strings.ToUpper(name) + "=" + b.String(), nil
}
