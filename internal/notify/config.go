package notify

import (
	"slices"
	"strings"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// Config is the part of a file that configures notifications.
type Config struct {
	// Notifiers send events, each to one receiver.
	Notifiers []*Notifier
	// Heartbeat is a dead man's switch that each run calls, nil for none.
	Heartbeat *Heartbeat
	// Textfile is the file for the textfile collector of the node exporter, empty for none.
	Textfile string
}

// parser reads a document into a configuration.
type parser struct {
	*settings.Document
	config *Config
}

// Fields returns the keys of a file that configure notifications.
func (c *Config) Fields(d *settings.Document) []settings.Field {
	p := &parser{d, c}
	return []settings.Field{
		{Name: "notify", About: "who is notified of changes", Into: p.readNotify, Schema: notifySchema},
		{Name: "heartbeat", About: "a dead man's switch: the address of a service of which /start is called when a run begins, /0 to /3 when it ends, or the requests of another service", Into: p.readHeartbeat, Schema: heartbeatSchema},
		{Name: "textfile", About: "the file for the textfile collector of the node exporter", Into: p.readTextfile, Schema: settings.Text},
	}
}

// CheckOnly finds words of `only` that select no check.
func (c *Config) CheckOnly(d *settings.Document, selects func(word string) bool) {
	for _, n := range c.Notifiers {
		for i, word := range n.Only {
			if i < len(n.only) && !selects(word) {
				d.Fault(n.only[i], "%q is no name, tag or group of a check", word)
			}
		}
	}
}

func (p *parser) readTextfile(at settings.Pair) {
	if text, ok := p.Text(at.Value, "textfile"); ok {
		p.config.Textfile = p.Beside(text)
		if err := atomicfile.Check(p.config.Textfile); err != nil {
			p.Fault(at.Value, "textfile: %v", err)
		}
	}
}

// readNotify reads the list of notifiers; a single one need not be a list.
func (p *parser) readNotify(at settings.Pair) {
	for _, n := range at.Value.Items() {
		if !n.IsMapping() {
			p.Fault(n, "a notifier is a mapping with one of email, webhook and command")
			continue
		}
		notifier := &Notifier{On: EventKinds(), AtLeast: probe.OK}
		before := len(p.Problems)
		p.Read(n, "a notifier", p.notifierFields(notifier), nil, nil)
		if notifier.sender == nil && len(p.Problems) == before {
			p.Fault(n, "the notifier has none of email, webhook and command")
		}
		if notifier.Name != "" && slices.ContainsFunc(p.config.Notifiers, func(o *Notifier) bool { return o.Name == notifier.Name }) {
			p.Fault(n, "two notifiers are named %s; give each a name: of its own", notifier.Name)
		}
		p.config.Notifiers = append(p.config.Notifiers, notifier)
	}
}

func (p *parser) notifierFields(n *Notifier) []settings.Field {
	named := func(read func(settings.Pair) sender) settings.Reader {
		return func(at settings.Pair) {
			if n.sender != nil {
				p.Fault(at.Key, "a notifier has one of email, webhook and command; make two notifiers of it")
			}
			n.sender = read(at)
			if n.Name == "" {
				n.Name = at.Name
				if w, ok := n.sender.(*webhook); ok && w.Kind != "" {
					n.Name = w.Kind
				}
			}
		}
	}
	return []settings.Field{
		{Name: "name", About: "its name in errors (email, webhook, command or the kind of the webhook)", Into: &n.Name},
		{Name: "email", About: "send a mail", Into: named(p.readEmail), Schema: emailSchema},
		{Name: "webhook", About: "send the message by HTTP, as JSON or by a template", Into: named(p.readWebhook), Schema: webhookSchema},
		{Name: "command", About: "start a command, with the message as JSON on its standard input", Into: named(p.readCommand), Schema: settings.OneOrMore},
		{Name: "on", About: "the kinds of event to notify of (all)", Into: func(at settings.Pair) { n.On = p.readEventKinds(at) }, Schema: kindsSchema},
		{Name: "only", About: "names, tags or groups of the checks to notify of (all)", Into: func(at settings.Pair) { n.Only, n.only = p.Texts(at.Value, "only"), at.Value.Items() }, Schema: settings.OneOrMore},
		{Name: "status", About: "the least bad status to notify of: warning or critical (any)", Into: func(at settings.Pair) { n.AtLeast = p.readStatus(at) }, Schema: settings.Enum("warning", "critical")},
		{Name: "each", About: "send every event in a message of its own, but those with one cause at one address, or with one certificate, together", Into: &n.Each},
	}
}

func notifySchema() settings.Schema {
	return settings.ListOf(settings.Object((&parser{}).notifierFields(&Notifier{}), nil))
}

func kindsSchema() settings.Schema { return settings.ListOf(settings.Enum(EventKinds()...)()) }

func (p *parser) readEventKinds(at settings.Pair) []EventKind {
	var kinds []EventKind
	for i, text := range p.Texts(at.Value, "on") {
		kind := EventKind(text)
		if !slices.Contains(EventKinds(), kind) {
			p.Fault(at.Value.Items()[i], "there is no event %q; %s", text, settings.Meant(text, eventWords()))
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func eventWords() []string {
	var words []string
	for _, k := range EventKinds() {
		words = append(words, string(k))
	}
	return words
}

func (p *parser) readStatus(at settings.Pair) probe.Status {
	text, ok := p.Text(at.Value, "status")
	var s probe.Status
	if err := s.UnmarshalText([]byte(strings.ToUpper(text))); ok && (err != nil || s != probe.Warning && s != probe.Critical) {
		p.Fault(at.Value, "status is warning or critical")
	}
	return s
}
