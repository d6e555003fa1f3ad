package domain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/transport"
)

// Kind is the check of a domain.
func Kind() probe.Kind {
	return probe.Kind{
		Name:  "domain",
		Short: "check the mail of a domain: DNSSEC, MX, SPF, DKIM, DMARC, MTA-STS, DANE",
		Long: `Check how a domain receives mail, who may send for it, and where reports go:
DNSSEC, exchangers, reverse names, SPF, DKIM keys, DMARC, MTA-STS, TLS reporting,
DANE, CAA, BIMI, SRV records and the settings of mail programs. Every answer is
validated here, whatever the resolver claims. Records to publish are at the end.

What is optional and absent is skipped, unless --require names it.

The steps are zone, delegation, mx, exchanger, dane, mta-sts, caa, srv, autoconfig,
ptr, spf, dkim, dmarc, dnsbl, bimi, dmarc-reports and tlsrpt.`,
		Example: `  mailprobe domain example.org
  mailprobe domain --selector s2026 --require dnssec,dkim example.org
  mailprobe domain --only spf -o jsonl - < domains
  mailprobe domain --zone /etc/bind/db.example.org example.org
  mailprobe domain --dnsbl zen.spamhaus.org --sending 192.0.2.25 example.org`,
		Target:   "the name of a domain",
		Steps:    stepNames(),
		Measures: measures,
		Causes:   Causes,
		New:      newCheck,
	}
}

// Check is the check with its options.
type Check struct {
	// Selectors are those of DKIM keys to check; Message is the file of a message whose
	// signatures name more.
	Selectors []string
	Message   string
	// Sending are the addresses that send the domain's mail; none for the exchangers'.
	Sending []string
	// Required are the optional things that must be there.
	Required requirements
	// Lists are DNS block lists to ask about the sending addresses.
	Lists []string
	// Only and Skipped are names of steps: to do no others, and to leave out.
	Only, Skipped stepList
	// Anchors is the file of the keys to trust instead of the root's.
	Anchors string
	// ZoneFile is the file of a zone that is not published yet, to be checked as it will be.
	ZoneFile string
	// NoSessions leaves out everything but DNS and the policy that comes by HTTPS.
	NoSessions bool

	probe   *probe.Options
	client  *dnssec.Client
	zones   zoneFiles
	smtp    *smtpcheck.Check // walks the sessions with exchangers
	shared  sharedSessions
	sending []netip.Addr
	keys    []selector
}

func newCheck(options *probe.Options) (probe.Checker, []probe.Option) {
	c := &Check{probe: options, smtp: smtpcheck.NewCheck(options)}
	return c, slices.Concat(c.declareSteps(), c.declareSession())
}

// declareSteps returns the options on what is checked.
func (c *Check) declareSteps() []probe.Option {
	return []probe.Option{
		{Name: "selector", List: true, Value: &c.Selectors, Usage: "check the DKIM key of this `selector` (repeatable)"},
		{Name: "message", Type: probe.TypeFile, Value: &c.Message, Usage: "check the DKIM keys that the signatures of the message in this `file` name, - for standard input"},
		{Name: "sending", List: true, Value: &c.Sending, Usage: "an IP `address` that sends the domain's mail, instead of its exchangers' (repeatable)"},
		{Name: "require", List: true, Value: &c.Required, Word: "WORD,...", Choices: requirementNames,
			Usage: "Critical unless these are there: " + strings.Join(requirementNames, ", ")},
		{Name: "dnsbl", List: true, Value: &c.Lists, Usage: "ask this DNS block list, by its `zone`, about the sending addresses (repeatable)"},
		{Name: "only", List: true, Value: &c.Only, Choices: stepNames(), Word: "STEP,...", Usage: "do these steps and no others"},
		{Name: "skip", List: true, Value: &c.Skipped, Choices: stepNames(), Word: "STEP,...", Usage: "leave these steps out"},
		{Name: "trust-anchor", Type: probe.TypeFile, Value: &c.Anchors, Usage: "trust the DNSKEY or DS records in this `file` instead of the root's keys"},
		{Name: "zone", Type: probe.TypeFile, Value: &c.ZoneFile, Usage: "check the domain as it will be with the zone in this `file`, and the file for mistakes, before it is published; - for standard input"},
		{Name: "no-sessions", Type: probe.TypeBool, Value: &c.NoSessions, Usage: "do not connect to the exchangers, nor ask for the settings of mail programs"},
	}
}

// declareSession returns those of kind smtp's options that hold for the sessions with the
// exchangers, of which each has a certificate for its own name.
func (c *Check) declareSession() []probe.Option {
	return slices.DeleteFunc(c.smtp.DeclareSession(), func(o probe.Option) bool {
		return !slices.Contains([]string{"ca-file", "tls-min", "client-cert", "client-key", "helo"}, o.Name)
	})
}

// requirementNames are the optional things that --require takes.
var requirementNames = []string{"dnssec", "dane", "mta-sts", "tlsrpt", "dkim", "enforce", "ipv6", "bimi"}

// requirements are some of requirementNames.
type requirements []string

// Set adds names that commas separate.
func (r *requirements) Set(text string) error {
	return addWords((*[]string)(r), text, requirementNames)
}

// String returns the names with commas between them.
func (r *requirements) String() string { return strings.Join(*r, ",") }

// stepList are some names of steps.
type stepList []string

// Set adds names that commas separate.
func (l *stepList) Set(text string) error { return addWords((*[]string)(l), text, stepNames()) }

// String returns the names with commas between them.
func (l *stepList) String() string { return strings.Join(*l, ",") }

// addWords adds words that commas separate, each of which must be known.
func addWords(list *[]string, text string, known []string) error {
	for word := range strings.SplitSeq(text, ",") {
		word = strings.ToLower(strings.TrimSpace(word))
		if !slices.Contains(known, word) {
			return fmt.Errorf("%q is none of %s", word, strings.Join(known, ", "))
		}
		*list = append(*list, word)
	}
	return nil
}

// requires reports whether the user requires a thing.
func (c *Check) requires(name string) bool { return slices.Contains(c.Required, name) }

// Prepare implements probe.Checker.
func (c *Check) Prepare(ctx context.Context) error {
	if c.probe.AllAddresses {
		return probe.OptionErrorf("%s has no meaning for a domain, of whose exchangers every address is checked anyway", probe.OptionName("all-addresses"))
	}
	if c.ZoneFile == "" && slices.Contains(c.Only, zoneStep) {
		return probe.OptionErrorf("%s zone is about the file that %s names", probe.OptionName("only"), probe.OptionName("zone"))
	}
	if !slices.ContainsFunc(parts(), func(p part) bool { return c.does(p.name) }) {
		return probe.OptionErrorf("%s, %s and %s leave no step to do", probe.OptionName("only"), probe.OptionName("skip"), probe.OptionName("no-sessions"))
	}
	for _, prepare := range []func() error{c.prepareClient, c.prepareZone, c.prepareSending, c.prepareLists, c.prepareKeys} {
		if err := prepare(); err != nil {
			return err
		}
	}
	return c.prepareSMTP(ctx)
}

// prepareClient makes the client that all targets share.
func (c *Check) prepareClient() error {
	options := dnssec.Options{Dial: c.probe.Dial}
	if c.probe.Resolver != "" {
		options.Servers = []string{c.probe.Resolver}
	}
	var err error
	if options.Anchors, err = transport.ReadAnchors(c.Anchors); err != nil {
		return err
	}
	c.client = dnssec.New(options)
	c.zones.published = dnssec.New(options)
	c.probe.DNS = transport.Resolver{Client: c.client}
	return nil
}

// maxFile bounds what is read of the file of a message.
const maxFile = 1 << 20

// openFile opens a file that an option names, - for standard input.
func (c *Check) openFile(name string, option probe.OptionName) (io.ReadCloser, error) {
	switch {
	case name != "-":
		return os.Open(name)
	case c.probe.Stdin == nil:
		return nil, errors.New("there is no standard input to read")
	}
	return io.NopCloser(c.probe.Stdin), c.probe.ClaimStdin(option)
}

func (c *Check) prepareSending() error {
	for _, text := range c.Sending {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return probe.OptionErrorf("%s: %q is not an IP address such as 192.0.2.25", probe.OptionName("sending"), text)
		}
		c.sending = append(c.sending, addr.Unmap())
	}
	return nil
}

func (c *Check) prepareLists() error {
	for i, zone := range c.Lists {
		if c.Lists[i] = strings.ToLower(strings.Trim(zone, ".")); !isHost(c.Lists[i]) {
			return probe.OptionErrorf("%s: %q is not the zone of a block list such as zen.spamhaus.org", probe.OptionName("dnsbl"), zone)
		}
	}
	return nil
}

// PrepareTarget implements probe.TargetPreparer.
func (c *Check) PrepareTarget(t probe.Target) error {
	if _, err := netip.ParseAddr(t.Host); err == nil {
		return fmt.Errorf("%s is an address; domain takes the name of a domain", t.Text)
	}
	return c.checkInZone(t)
}
