package suite

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"mailprobe/probe"
)

// Notifier tells somebody of events.
type Notifier struct {
	// Name is unique among the notifiers of a file.
	Name string
	// On are the kinds of event it wants.
	On []EventKind
	// Only are names, tags or groups of the checks it wants; empty for all.
	Only []string
	// AtLeast is the least bad status it wants, before or after the event.
	AtLeast probe.Status
	// Each sends every event by itself instead of those of a run together.
	Each bool

	sender sender
	only   []*yaml.Node
	node   *yaml.Node
}

// sender is a way to tell.
type sender interface {
	send(ctx context.Context, m *Message, n Network, p passage) error
	// limit is the time that sending may take.
	limit() time.Duration
	// single reports whether a message can hold no more than one event.
	single() bool
}

// refused is the failure of a sender whose receiver will not take this message,
// however often it is sent.
type refused struct{ error }

// Unwrap returns the cause.
func (r refused) Unwrap() error { return r.error }

// declined is the failure of a sender whose receiver answered, but does not take the
// message now.
type declined struct{ error }

// Unwrap returns the cause.
func (d declined) Unwrap() error { return d.error }

// uncertain is the failure of a sender that cannot know whether the receiver has
// the message.
type uncertain struct{ error }

// Unwrap returns the cause.
func (u uncertain) Unwrap() error { return u.error }

// unsent is the failure of a sender that could not have it noted that it would send.
type unsent struct{ error }

// Unwrap returns the cause.
func (u unsent) Unwrap() error { return u.error }

// partly is the failure of a sender that told some and not others: to send again
// would tell the first ones twice.
type partly struct{ error }

// Network is how notifiers and the heartbeat reach the world. The zero value is
// the way of the operating system.
type Network struct {
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	DNS  probe.Resolver
	HTTP *http.Client
}

// client is for a request that carries no more than one message.
func (n Network) client() *http.Client {
	if n.HTTP != nil {
		return n.HTTP
	}
	return http.DefaultClient
}

// wants tells whether a notifier is to be told of an event.
func (n *Notifier) wants(e Event) bool {
	if e.own != "" { // of mailprobe itself everybody is told, but who is the trouble
		return e.own != ownNotifier+n.Name && slices.Contains(n.On, e.Kind)
	}
	if !slices.Contains(n.On, e.Kind) || n.AtLeast.Worse(e.Status) && n.AtLeast.Worse(e.Was) {
		return false
	}
	return len(n.Only) == 0 || slices.ContainsFunc(n.Only, e.item.Is)
}

// Is tells whether a word is the name, the group or a tag of an item's check, or
// the item's own.
func (i *Item) Is(word string) bool {
	return word == i.ID || word == i.Check.Name || word == i.Check.Group && word != "" || slices.Contains(i.Check.Tags, word)
}

// readNotify reads the list of notifiers; a single one need not be a list.
func (p *parser) readNotify(at pair) {
	for _, n := range nodesOf(at.value) {
		n = resolve(n)
		if n.Kind != yaml.MappingNode {
			p.fault(n, "a notifier is a mapping with one of email, webhook and command")
			continue
		}
		notifier := &Notifier{On: EventKinds(), AtLeast: probe.OK, node: n}
		before := len(p.problems)
		p.read(n, "a notifier", p.notifierFields(notifier), nil, nil)
		if notifier.sender == nil && len(p.problems) == before {
			p.fault(n, "the notifier has none of email, webhook and command")
		}
		if notifier.Name != "" && slices.ContainsFunc(p.suite.Notifiers, func(o *Notifier) bool { return o.Name == notifier.Name }) {
			p.fault(n, "two notifiers are named %s; give each a name: of its own", notifier.Name)
		}
		p.suite.Notifiers = append(p.suite.Notifiers, notifier)
	}
}

func (p *parser) notifierFields(n *Notifier) []field {
	named := func(read func(pair) sender) reader {
		return func(at pair) {
			if n.sender != nil {
				p.fault(at.key, "the notifier has another way to send already; make two notifiers of it")
			}
			n.sender = read(at)
			if n.Name == "" {
				n.Name = at.name
				if w, ok := n.sender.(*webhook); ok && w.Kind != "" {
					n.Name = w.Kind
				}
			}
		}
	}
	return []field{
		{name: "name", about: "a name for messages about it (the way it sends by, or the service of a webhook)", into: &n.Name},
		{name: "email", about: "send a mail", into: named(p.readEmail), schema: emailSchema(p)},
		{name: "webhook", about: "send JSON or a template of yours by HTTP", into: named(p.readWebhook), schema: webhookSchema(p)},
		{name: "command", about: "start a command, which gets JSON on its standard input", into: named(p.readCommand), schema: oneOrMore()},
		{name: "on", about: "the kinds of event to tell of (all)", into: func(at pair) { n.On = p.readEventKinds(at) }, schema: listOf(schema{"enum": EventKinds()})},
		{name: "only", about: "names, tags or groups of the checks to tell of (all)", into: func(at pair) { n.Only, n.only = p.texts(at.value, "only"), nodesOf(at.value) }, schema: oneOrMore()},
		{name: "status", about: "the least bad status to tell of: warning or critical (any)", into: func(at pair) { n.AtLeast = p.readStatus(at) }, schema: schema{"enum": []string{"warning", "critical"}}},
		{name: "each", about: "send every event by itself; those for one cause at one address are one", into: &n.Each},
	}
}

func (p *parser) readEventKinds(at pair) []EventKind {
	var kinds []EventKind
	for i, text := range p.texts(at.value, "on") {
		kind := EventKind(text)
		if !slices.Contains(EventKinds(), kind) {
			p.fault(resolve(nodesOf(at.value)[i]), "there is no event %q; %s", text, meant(text, eventWords()))
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

func (p *parser) readStatus(at pair) probe.Status {
	text, ok := p.text(at.value, "status")
	var s probe.Status
	if err := s.UnmarshalText([]byte(strings.ToUpper(text))); ok && (err != nil || s != probe.Warning && s != probe.Critical) {
		p.fault(at.value, "status is warning or critical")
	}
	return s
}

// checkFilters finds words that no check has.
func (p *parser) checkFilters() {
	items := p.suite.Items()
	for _, n := range p.suite.Notifiers {
		for i, word := range n.Only {
			if !slices.ContainsFunc(items, func(item *Item) bool { return item.Is(word) }) && i < len(n.only) {
				p.fault(resolve(n.only[i]), "%q is no name, tag or group of a check", word)
			}
		}
	}
}

// readHeartbeat reads the address of the dead man's switch.
func (p *parser) readHeartbeat(at pair) {
	if text, ok := p.text(at.value, "heartbeat"); ok {
		p.suite.Heartbeat = text
		p.checkURL(at.value, text)
	}
}

// checkURL wants the address of a web server.
func (p *parser) checkURL(n *yaml.Node, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		p.fault(n, "this is no address such as https://example.org/path")
		return
	}
	if text == n.Value && (u.User != nil || looksSecret(u)) {
		p.warn(n, "the address holds what is probably a secret; ${NAME} takes it from the environment")
	}
}

// looksSecret tells whether a path or a query has a word that nobody would read
// aloud: long, with digits and letters mixed.
func looksSecret(u *url.URL) bool {
	words := strings.FieldsFunc(u.Path+"/"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/?&=", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return len(w) >= 20 && strings.ContainsAny(w, "0123456789") && strings.ContainsFunc(w, func(r rune) bool { return r > '9' })
	})
}

// Message is what a notifier sends: the events of a run, or one of them. Its JSON
// names are a promise.
type Message struct {
	// ID is unique; the same message sent again has the same.
	ID string `json:"id"`
	// Time is that of the run, Host the machine it ran on.
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	// Title is that of the file.
	Title string `json:"title,omitempty"`
	// Status is the worst of all checks of the file now.
	Status probe.Status `json:"status"`
	// Subject says it in a line, Text in full.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	// Events are what happened.
	Events []Event `json:"events"`
	// Repeated tells that the receiver may have the message already.
	Repeated bool `json:"repeated,omitempty"`
}

// newMessage puts events into words.
func newMessage(s *Suite, events []Event, status probe.Status, text string, now time.Time) *Message {
	host, _ := os.Hostname()
	return &Message{Time: now, Host: host, Title: s.Title, Status: status, Subject: subject(events), Text: text, Events: events}
}

// subject says in a line what has happened.
func subject(events []Event) string {
	if groups := grouped(events); len(groups) == 1 {
		e := events[0]
		e.others = events[1:]
		return fmt.Sprintf("%s %s: %s", e.headline(), e.title(), e.verdict())
	}
	var bad, good int
	for _, e := range events {
		if e.Kind == Recovery {
			good++
		} else {
			bad++
		}
	}
	var words bytes.Buffer
	if bad > 0 {
		fmt.Fprintf(&words, "%s", probe.Count(bad, "check")+" not well")
	}
	if good > 0 {
		if bad > 0 {
			words.WriteString(", ")
		}
		words.WriteString(probe.Count(good, "check") + " well again")
	}
	return words.String()
}
