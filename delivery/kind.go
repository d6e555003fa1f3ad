package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"mailprobe/imapcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// DefaultTimeout is the time for the whole way, from the first log-in to the
// deletion.
const DefaultTimeout = 2 * time.Minute

// sessionTimeout bounds one session with the mailbox, so that a server that hangs
// once does not take all of the time.
const sessionTimeout = 30 * time.Second

// Kind is the check of the way of the mail.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "deliver",
		Short: "send a message and follow it into the mailbox",
		Long: `Send a marked message to --to by the server --via, find it in the mailbox --fetch,
and tell how long it took, which way it went and whether it arrived unchanged.

The mailbox is logged in to first: with wrong credentials nothing is sent. Then
only messages that are new are looked at, by their header, until the one comes
that has the token and the HMAC of this run. It is fetched, compared, and deleted
unless --keep is given; no other message is fetched, deleted or shown.

A message that does not come in time is remembered in the state directory. The
next run for the same mailbox looks for it first, tells how late it was, and
deletes it. So it does with a second copy of a message that had been found.`,
		Example: `  mailprobe deliver --to alice@example.org --via submission://bob@mx1.example.org --via-password-file bob.pw \
      --fetch pop3s://alice@pop.example.org --fetch-password-file alice.pw
  mailprobe deliver --to alice@example.org --via smtp://mx2.example.org --fetch pop3s://alice@pop.example.org --fetch-netrc --warn delivered=30s
  mailprobe deliver --to alice@example.org --via lmtp://mx2.example.org --fetch pop3s://alice@pop.example.org --fetch-netrc --size 5MB --8bit`,
		Schemes: slices.Concat(smtpcheck.Kind().Schemes, pop3check.Kind().Schemes, imapcheck.Kind().Schemes),
		Steps:   stepNames(),
		Causes:  allCauses,
		New:     newCheck,
	}
}

// Check is the check with its flags.
type Check struct {
	// To is the recipient, From the sender; empty for the user who submits, or
	// else the recipient.
	To, From string
	// Via is the server that takes the message, Fetch the one with the mailbox.
	Via, Fetch string
	// Keep leaves the message in the mailbox.
	Keep bool
	// State is the state directory; empty for the usual one.
	State string

	draft   draft
	options *probe.Options
	via     *side
	fetch   *side

	submission *smtpcheck.Check
	viaOptions *probe.Options
	viaTo      probe.Target

	pop3         *pop3check.Check
	imap         *imapcheck.Check
	imapFlags    *pflag.FlagSet
	fetchOptions *probe.Options
	fetchFrom    probe.Target
	door         door

	store store
	key   []byte
}

func newCheck(flags *pflag.FlagSet, options *probe.Options) probe.Checker {
	c := &Check{options: options, viaOptions: &probe.Options{}, fetchOptions: &probe.Options{}}
	c.submission = smtpcheck.NewCheck(c.viaOptions)
	c.pop3, c.imap = pop3check.NewCheck(c.fetchOptions), imapcheck.NewCheck(c.fetchOptions)
	flags.StringVarP(&c.To, "to", "t", "", "the recipient's `address`")
	flags.StringVarP(&c.From, "from", "f", "", "the sender's `address`; by default the user of --via, or else the recipient")
	flags.StringVar(&c.Via, "via", "", "the `server` to hand the message to: submission://, submissions://, smtp://, smtps:// or lmtp://")
	flags.StringVar(&c.Fetch, "fetch", "", "the `server` with the mailbox: pop3s://, pop3://, imaps:// or imap://")
	flags.BoolVar(&c.Keep, "keep", false, "leave the message in the mailbox")
	flags.Var(&c.draft.Size, "size", "send a body of at least this size, such as 500kB or 5MB")
	flags.BoolVar(&c.draft.EightBit, "8bit", false, "send letters beyond ASCII as they are")
	flags.BoolVar(&c.draft.LongLines, "long-lines", false, "send lines as long as is legal, 998 bytes")
	flags.StringVar(&c.State, "state", "", "keep what must be remembered in this `directory`, instead of the user's own")
	c.via = adopt(flags, "via", c.submission.BindSession)
	c.fetch = adopt(flags, "fetch", c.pop3.BindSession)
	c.imapFlags = c.fetch.or(flags, c.imap.BindSession)
	if timeout := flags.Lookup("timeout"); timeout != nil {
		timeout.DefValue, timeout.Usage = DefaultTimeout.String(), "time for the whole way"
	}
	options.Timeout = 0
	return c
}

// Target is the recipient.
func (c *Check) Target() probe.Target { return probe.Target{Text: strings.Trim(c.To, "<>")} }

// Prepare checks the flags and reads the files they name.
func (c *Check) Prepare(ctx context.Context) error {
	c.options.Timeout = cmp.Or(c.options.Timeout, DefaultTimeout)
	if err := c.prepareServers(); err != nil {
		return err
	}
	if err := c.prepareAddresses(); err != nil {
		return err
	}
	*c.viaOptions, *c.fetchOptions = *c.options, *c.options
	c.fetchOptions.Timeout = min(c.options.Timeout, sessionTimeout)
	c.submission.From, c.submission.To, c.submission.Send = c.From, []string{c.To}, true
	if err := c.submission.Prepare(ctx); err != nil {
		return c.via.explain(err)
	}
	if err := c.prepareDoor(ctx); err != nil {
		return err
	}
	return c.prepareState()
}

func (c *Check) prepareServers() (err error) {
	switch {
	case c.To == "":
		return errors.New("--to is missing: the address to send to, such as --to alice@example.org")
	case c.Via == "":
		return errors.New("--via is missing: the server to hand the message to, such as --via submission://mx1.example.org")
	case c.Fetch == "":
		return errors.New("--fetch is missing: the server with the mailbox, such as --fetch pop3s://alice@pop.example.org")
	case c.options.AllAddresses:
		return errors.New("--all-addresses would send a message to each of them: name one in --via")
	}
	if c.viaTo, err = smtpcheck.Kind().ParseTarget(c.Via); err != nil {
		return fmt.Errorf("--via: %w", err)
	}
	if c.fetchFrom, err = fetchKind().ParseTarget(c.Fetch); err != nil {
		return fmt.Errorf("--fetch: %w", err)
	}
	return nil
}

// fetchKind is what --fetch can name.
func fetchKind() probe.Kind {
	return probe.Kind{Name: "--fetch", Schemes: slices.Concat(pop3check.Kind().Schemes, imapcheck.Kind().Schemes)}
}

// prepareDoor makes ready the protocol by which the mailbox is read.
func (c *Check) prepareDoor(ctx context.Context) error {
	if strings.HasPrefix(c.fetchFrom.Scheme.Name, "imap") {
		c.door = &imapDoor{c.imap, c.fetch, c.fetchFrom}
		if err := c.fetch.pass(c.imapFlags); err != nil {
			return err
		}
		return c.fetch.explain(c.imap.Prepare(ctx))
	}
	c.door = &pop3Door{c.pop3, c.fetch, c.fetchFrom, c.isPlausible}
	if err := c.fetch.pass(c.fetch.own); err != nil {
		return err
	}
	return c.fetch.explain(c.pop3.Prepare(ctx))
}

// isPlausible tells whether a message may be the one that was sent, by its size:
// servers add to the header, and may encode the body anew.
func (c *Check) isPlausible(size int64) bool {
	const small, grown = 512, 64 << 10
	return size >= max(small, int64(c.draft.Size)) && size <= 4*int64(c.draft.Size)+grown
}

func (c *Check) prepareAddresses() (err error) {
	if c.To, err = smtpcheck.ParseAddress(c.To); err != nil || !strings.Contains(c.To, "@") {
		return fmt.Errorf("--to: %w", cmp.Or(err, fmt.Errorf("%q is not an address such as alice@example.org", c.To)))
	}
	if c.From == "" {
		c.From = c.defaultSender()
	}
	if c.From, err = smtpcheck.ParseAddress(c.From); err != nil || !strings.Contains(c.From, "@") {
		return fmt.Errorf("--from: %w", cmp.Or(err, fmt.Errorf("%q is not an address such as bob@example.org; a bounce must find its way back", c.From)))
	}
	return nil
}

// defaultSender is the user who submits, where that name is an address: servers
// often permit no other. Else the message comes from the recipient, in whose
// mailbox a bounce can then be seen.
func (c *Check) defaultSender() string {
	if user := cmp.Or(c.viaTo.User, c.submission.Account.User); strings.Contains(user, "@") {
		return user
	}
	return c.To
}

func (c *Check) prepareState() error {
	dir, err := probe.StateDir(c.State)
	if err != nil {
		return err
	}
	c.store = store{dir}
	if c.key, err = c.store.key(); err != nil {
		return fmt.Errorf("the state directory: %w; --state names another", err)
	}
	return nil
}

// mailboxName names the mailbox in records: its server, whose it is, and which of
// those by IMAP.
func (c *Check) mailboxName() string {
	user := cmp.Or(c.fetchFrom.User, c.pop3.Account.User)
	u := url.URL{Scheme: strings.TrimSuffix(c.fetchFrom.Scheme.Name, "s"), Host: c.fetchFrom.Host}
	if user != "" {
		u.User = url.User(user)
	}
	if _, ok := c.door.(*imapDoor); ok && !strings.EqualFold(c.imap.Mailbox, "INBOX") {
		u.Path = "/" + c.imap.Mailbox
	}
	return u.String()
}
