package suite

import (
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mailprobe/probe"
)

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

// checkURL reports whether a text is the address of a web server.
func (p *parser) checkURL(n *yaml.Node, text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		p.fault(n, "this is no address such as https://example.org/path")
		return false
	}
	if !strings.Contains(n.Value, "${") && (u.User != nil || looksSecret(u)) {
		p.warn(n, "the address holds what is probably a secret; ${NAME} takes it from the environment")
	}
	return true
}

// looksSecret tells whether a path or a query has a word that nobody would read
// aloud: long, with digits and letters mixed.
func looksSecret(u *url.URL) bool {
	words := strings.FieldsFunc(u.Path+"/"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/?&=", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return len(w) >= 20 && strings.ContainsAny(w, "0123456789") && strings.ContainsFunc(w, func(r rune) bool { return r > '9' })
	})
}

// readHeartbeat reads a dead man's switch: the address of a service, or a mapping.
func (p *parser) readHeartbeat(at pair) {
	if at.value.Kind == yaml.ScalarNode {
		if text, ok := p.text(at.value, "heartbeat"); ok && p.checkTemplate(at.value, text) {
			p.suite.Heartbeat = &Heartbeat{URL: text}
			if !placeholder().MatchString(text) {
				p.suite.Heartbeat = Service(text)
			}
		}
		return
	}
	h := &Heartbeat{}
	p.read(at.value, "heartbeat", p.heartbeatFields(h), nil, nil)
	if at.value.Kind == yaml.MappingNode && h.URL == "" {
		p.fault(at.key, "the heartbeat has no address: add url:")
	}
	p.suite.Heartbeat = h
}

func (p *parser) heartbeatFields(h *Heartbeat) []field {
	template := func(into *string) reader {
		return func(at pair) {
			var ok bool
			if *into, ok = p.text(at.value, at.name); ok {
				p.checkTemplate(at.value, *into)
			}
		}
	}
	body := func(at pair) {
		h.Body, _ = p.long(at.value, at.name)
		p.checkPlaceholders(at.value, h.Body)
	}
	method := func(at pair) {
		if h.Method, _ = p.text(at.value, at.name); h.Method != "" && !isToken(h.Method) {
			p.fault(at.value, "%q is not a method such as POST", h.Method)
		}
	}
	return []field{
		{name: "url", about: "the address to call when a run has ended; {status}, {exit}, {summary} and {report} stand for its result, {up|down} for one of two words: the first while all is OK or WARNING", into: template(&h.URL), schema: schema{"type": "string"}},
		{name: "start", about: "the address to call when a run begins (none)", into: template(&h.Start), schema: schema{"type": "string"}},
		{name: "method", about: "the method (GET, with a body POST)", into: method, schema: schema{"type": "string"}},
		{name: "body", about: "the body, with the same placeholders as the url; in JSON they are escaped", into: body, schema: schema{"type": "string"}},
		{name: "headers", about: "further header fields", into: func(at pair) { h.Headers = p.readHeaders(at) }, schema: schema{"type": "object", "additionalProperties": scalar()}},
	}
}

func heartbeatSchema(p *parser) schema {
	return schema{"oneOf": []schema{{"type": "string"}, object(p.heartbeatFields(&Heartbeat{}), nil, "url")}}
}

// checkTemplate checks the template of an address, and reports whether it is one.
func (p *parser) checkTemplate(n *yaml.Node, text string) bool {
	return p.checkPlaceholders(n, text) && p.checkURL(n, sample(text))
}

func (p *parser) checkPlaceholders(n *yaml.Node, text string) bool {
	wrong := unknownPlaceholder(text)
	if wrong != "" {
		p.fault(n, "there is no placeholder {%s}; %s", wrong, meant(wrong, placeholders))
	}
	return wrong == ""
}
