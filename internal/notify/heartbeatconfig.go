package notify

import (
	"mailprobe/internal/settings"
)

// readHeartbeat reads a dead man's switch: the address of a service, or a mapping.
func (p *parser) readHeartbeat(at settings.Pair) {
	if at.Value.IsScalar() {
		if text, ok := p.Text(at.Value, "heartbeat"); ok && p.checkTemplate(at.Value, text) {
			p.config.Heartbeat = &Heartbeat{URL: text}
			if !placeholder().MatchString(text) {
				p.config.Heartbeat = Service(text)
			}
		}
		return
	}
	h := &Heartbeat{}
	p.Read(at.Value, "heartbeat", p.heartbeatFields(h), nil, nil)
	if at.Value.IsMapping() && h.URL == "" {
		p.Fault(at.Key, "the heartbeat has no address: add url:")
	}
	p.config.Heartbeat = h
}

func (p *parser) heartbeatFields(h *Heartbeat) []settings.Field {
	template := func(into *string) settings.Reader {
		return func(at settings.Pair) {
			var ok bool
			if *into, ok = p.Text(at.Value, at.Name); ok {
				p.checkTemplate(at.Value, *into)
			}
		}
	}
	start := func(at settings.Pair) {
		if template(&h.Start)(at); placeholder().MatchString(h.Start) {
			p.Fault(at.Value, "start takes no placeholder: a run that begins has no result")
		}
	}
	body := func(at settings.Pair) {
		h.Body, _ = p.Long(at.Value, at.Name)
		p.checkPlaceholders(at.Value, h.Body)
	}
	method := func(at settings.Pair) {
		if h.Method, _ = p.Text(at.Value, at.Name); h.Method != "" && !isToken(h.Method) {
			p.Fault(at.Value, "%q is not a method such as POST", h.Method)
		}
	}
	return []settings.Field{
		{Name: "url", About: "the address to call when a run has ended; {status}, {exit}, {summary} and {report} stand for its result, and {up|down} for the first word while all checks are OK or WARNING, else the second", Into: template(&h.URL), Schema: settings.Text},
		{Name: "start", About: "the address to call when a run begins (none)", Into: start, Schema: settings.Text},
		{Name: "method", About: "the method (GET, with a body POST)", Into: method, Schema: settings.Text},
		{Name: "body", About: "the body, with the same placeholders as the url; in JSON they are escaped", Into: body, Schema: settings.Text},
		{Name: "headers", About: "further header fields", Into: func(at settings.Pair) { h.Headers = p.readHeaders(at) }, Schema: settings.Named},
	}
}

func heartbeatSchema() settings.Schema {
	mapping := settings.Object((&parser{}).heartbeatFields(&Heartbeat{}), nil, "url")
	return settings.Schema{"oneOf": []settings.Schema{settings.Text(), mapping}}
}

// checkTemplate reports whether a text is the template of an address, adding an error if not.
func (p *parser) checkTemplate(n settings.Node, text string) bool {
	return p.checkPlaceholders(n, text) && p.checkURL(n, sample(text))
}

func (p *parser) checkPlaceholders(n settings.Node, text string) bool {
	wrong := unknownPlaceholder(text)
	if wrong != "" {
		p.Fault(n, "there is no placeholder {%s}; %s", wrong, settings.Meant(wrong, placeholders))
	}
	return wrong == ""
}
