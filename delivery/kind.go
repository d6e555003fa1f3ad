package delivery

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"mailprobe/compose"
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

// maxSize bounds the message, which is held in memory as sent and as received, in bytes.
const maxSize = 64 << 20

// Kind is the check of the way of the mail.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "deliver",
		Short: "send a message and follow it into the mailbox",
		Long: `Send a marked message to --to by the server --via, find it in the mailbox --fetch,
and measure how long it took, which way it went and whether it arrived unchanged.

The mailbox is logged in to first: with wrong credentials nothing is sent. Then
only messages that are new are looked at, by their header, until the one comes
that has the token and the HMAC of this run. It is fetched, compared, and deleted
unless --keep is given; no other message is fetched, deleted or shown.

A message that does not come in time is remembered in the state directory. The
next run for the same mailbox looks for it first, reports how late it was,
and deletes it. It treats a duplicate the same way.`,
		Example: `  mailprobe deliver --to alice@example.org --via submission://bob@mx1.example.org --via-password-file bob.pw \
      --fetch pop3s://alice@pop.example.org --fetch-password-file alice.pw
  mailprobe deliver --to alice@example.org --via smtp://mx2.example.org --fetch pop3s://alice@pop.example.org --fetch-netrc --warn delivered=30s
  mailprobe deliver --to alice@example.org --via lmtp://mx2.example.org --fetch pop3s://alice@pop.example.org --fetch-netrc --size 5MB --8bit`,
		Schemes:  slices.Concat(smtpcheck.Kind().Schemes, pop3check.Kind().Schemes, imapcheck.Kind().Schemes),
		Steps:    stepNames(),
		Causes:   allCauses,
		Measures: measures,
		Timeout:  "time for the whole way",
		New:      newCheck,
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
	// Junk are further mailboxes to look at.
	Junk []string
	// SendOnly sends, and leaves the message to a run with Judge, which judges the messages
	// of the runs before.
	SendOnly, Judge bool
	// ExpectReply looks for the reply of the recipient in place of the message.
	ExpectReply bool
	// State is the state directory; empty for the usual one.
	State string

	draft   draft
	own     compose.Draft
	ownSize int64 // of a message of own content, in bytes
	options *probe.Options
	via     *side
	fetch   *side

	submission *smtpcheck.Check
	viaOptions *probe.Options
	viaTo      probe.Target

	pop3         *pop3check.Check
	imap         *imapcheck.Check
	fetchOptions *probe.Options
	fetchFrom    probe.Target
	door         door

	half  half
	store store
	key   []byte
}

func newCheck(options *probe.Options) (probe.Checker, []probe.Option) {
	c := &Check{options: options, viaOptions: &probe.Options{}, fetchOptions: &probe.Options{}}
	c.submission = smtpcheck.NewCheck(c.viaOptions)
	c.pop3, c.imap = pop3check.NewCheck(c.fetchOptions), imapcheck.NewCheck(c.fetchOptions)
	c.via, c.fetch = &side{prefix: "via-"}, &side{prefix: "fetch-"}
	options.Timeout = DefaultTimeout
	return c, slices.Concat(c.declare(), probe.Under("message", c.declareOwn()...), c.via.declare(c.submission.DeclareSession()),
		c.fetch.declareEither(c.pop3.DeclareSession(), c.imap.DeclareSession()))
}

// declare returns the options of the delivery itself.
func (c *Check) declare() []probe.Option {
	return []probe.Option{
		{Name: "to", Short: "t", Type: probe.TypeAddress, Value: &c.To, Usage: "the recipient's `address`"},
		{Name: "from", Short: "f", Type: probe.TypeAddress, Value: &c.From, Usage: "the sender's `address`; by default the user of --via, or else the recipient"},
		{Name: "via", Type: probe.TypeServer, Value: &c.Via, Usage: "the `server` to hand the message to: submission://, submissions://, smtp://, smtps:// or lmtp://"},
		{Name: "fetch", Type: probe.TypeServer, Value: &c.Fetch, Usage: "the `server` with the mailbox: pop3s://, pop3://, imaps:// or imap://"},
		{Name: "junk", List: true, Value: &c.Junk, Usage: "look into this `mailbox`, too; a message that arrives there was delivered as spam (IMAP, repeatable)"},
		{Name: "send-only", Type: probe.TypeBool, Value: &c.SendOnly, Usage: "send, and leave the message to a run with --judge"},
		{Name: "judge", Type: probe.TypeBool, Value: &c.Judge, Usage: "send nothing, and judge the messages of the runs before by when they arrived: each has the time of --timeout"},
		{Name: "expect-reply", Type: probe.TypeBool, Value: &c.ExpectReply, Usage: "the recipient answers by itself: look for its reply, in the mailbox of the sender"},
		{Name: "keep", Type: probe.TypeBool, Value: &c.Keep, Usage: "leave the message in the mailbox"},
		{Name: "size", Type: probe.TypeSize, Value: &c.draft.Size, Usage: "send a body of at least this `size`, such as 500kB or 5MB"},
		{Name: "8bit", Type: probe.TypeBool, Value: &c.draft.EightBit, Usage: "send non-ASCII text as 8bit"},
		{Name: "long-lines", Type: probe.TypeBool, Value: &c.draft.LongLines, Usage: "send lines as long as is legal, 998 bytes"},
		{Name: "state", Type: probe.TypeDirectory, Value: &c.State, Usage: "the state `directory` (default as for mailprobe check)"},
	}
}

// Target is the recipient.
func (c *Check) Target() probe.Target { return probe.Target{Text: strings.Trim(c.To, "<>")} }

// Prepare checks the flags and reads the files they name.
func (c *Check) Prepare(ctx context.Context) error {
	c.options.Timeout = cmp.Or(c.options.Timeout, DefaultTimeout)
	if err := c.prepareServers(); err != nil {
		return err
	}
	if err := c.prepareHalves(); err != nil {
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
	if err := c.submission.LoginOptions.PrepareTarget(c.viaTo); err != nil {
		return c.via.explain(err)
	}
	if err := c.prepareDoor(ctx); err != nil {
		return err
	}
	if err := c.prepareOwn(); err != nil {
		return err
	}
	return c.prepareState()
}

func (c *Check) prepareServers() (err error) {
	switch {
	case c.draft.Size > maxSize:
		return probe.OptionErrorf("%s: %d bytes are more than the 64 MiB that a message may have", probe.OptionName("size"), c.draft.Size)
	case c.To == "":
		return probe.OptionErrorf("%s is missing: the address to send to, such as alice@example.org", probe.OptionName("to"))
	case c.Via == "":
		return probe.OptionErrorf("%s is missing: the server to hand the message to, such as submission://mx1.example.org", probe.OptionName("via"))
	case c.Fetch == "":
		return probe.OptionErrorf("%s is missing: the server with the mailbox, such as pop3s://alice@pop.example.org", probe.OptionName("fetch"))
	case c.options.AllAddresses:
		return probe.OptionErrorf("%s would send a message to each of them: name one in %s", probe.OptionName("all-addresses"), probe.OptionName("via"))
	}
	if c.viaTo, err = smtpcheck.Kind().ParseTarget(c.Via); err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("via"), c.via.explain(err))
	}
	if c.fetchFrom, err = fetchKind().ParseTarget(c.Fetch); err != nil {
		return probe.OptionErrorf("%s: %w", probe.OptionName("fetch"), c.fetch.explain(err))
	}
	return nil
}

// fetchKind is what --fetch can name.
func fetchKind() probe.Kind {
	return probe.Kind{Name: "deliver", Schemes: slices.Concat(pop3check.Kind().Schemes, imapcheck.Kind().Schemes)}
}

// prepareDoor makes ready the protocol by which the mailbox is read.
func (c *Check) prepareDoor(ctx context.Context) error {
	prepare, login, protocol := c.pop3.Prepare, &c.pop3.LoginOptions, 0
	if strings.HasPrefix(c.fetchFrom.Scheme.Name, "imap") {
		prepare, login, protocol = c.imap.Prepare, &c.imap.LoginOptions, 1
		c.door = &imapDoor{c.imap, c.fetch, c.fetchFrom, c.Junk}
	} else {
		c.door = &pop3Door{c.pop3, c.fetch, c.fetchFrom, c.isPlausible}
	}
	if err := c.fetch.speaks(protocol); err != nil {
		return err
	}
	if err := prepare(ctx); err != nil {
		return c.fetch.explain(err)
	}
	if err := c.prepareJunk(protocol); err != nil {
		return err
	}
	return c.fetch.explain(login.PrepareTarget(c.fetchFrom))
}

// isPlausible reports whether a message may be the one that was sent, by its size:
// servers add to the header, and may encode the body anew.
func (c *Check) isPlausible(size int64) bool {
	const small, grown = 512, 64 << 10
	least := max(small, c.draft.Size)
	if c.ExpectReply { // which need not quote the message
		least = 0
	}
	return size >= least && size <= 4*max(c.draft.Size, c.ownSize)+grown
}

func (c *Check) prepareAddresses() (err error) {
	if c.To, err = smtpcheck.ParseAddress(c.To); err != nil || !strings.Contains(c.To, "@") {
		return probe.OptionErrorf("%s: %w", probe.OptionName("to"), cmp.Or(err, fmt.Errorf("%q is not an address such as alice@example.org", c.To)))
	}
	if c.From == "" {
		c.From = c.defaultSender()
	}
	if c.From, err = smtpcheck.ParseAddress(c.From); err != nil || !strings.Contains(c.From, "@") {
		return probe.OptionErrorf("%s: %w", probe.OptionName("from"), cmp.Or(err, fmt.Errorf("%q is not an address such as bob@example.org; a bounce must find its way back", c.From)))
	}
	return c.prepareReply()
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
		return probe.OptionErrorf("the state directory: %w; %s names another", err, probe.OptionName("state"))
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
