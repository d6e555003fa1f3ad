package blackbox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mailprobe/internal/settings"
)

// entry is one of query_response: what is expected of a line, then sent.
type entry struct {
	node          settings.Node
	expect, send  string
	startTLS, odd bool // odd: it has what no dialogue by lines has
	labels        settings.Node
}

// readTCP makes the check of the protocol that a module speaks, and reports whether it is
// one.
func (r *reader) readTCP(m *module, at settings.Pair, keys map[string]settings.Pair) bool {
	entries := r.readEntries(keys["query_response"].Value)
	p := protocolOf(m.name, entries)
	implicit := isTrue(keys["tls"].Value)
	startTLS := slices.ContainsFunc(entries, func(e entry) bool { return e.startTLS })
	switch {
	case len(entries) == 0:
		m.kind = "smtp"
		m.set("stop_after", map[bool]string{true: "tls", false: "connect"}[implicit])
		m.comments = append(m.comments, "A connection alone"+map[bool]string{true: " with its TLS handshake", false: ""}[implicit]+", to any port.")
	case p == nil:
		r.note(m, at.Key, "its dialogue speaks neither SMTP nor POP3 nor IMAP, so it has no counterpart")
		return false
	default:
		m.kind = p.kind
	}
	switch {
	case implicit:
		m.set("tls", "implicit")
	case startTLS:
		m.set("tls", "require")
	default:
		m.set("tls", "off")
	}
	r.readFamily(m, keys)
	r.readSource(m, keys["source_ip_address"].Value)
	if implicit || startTLS {
		r.readTLS(m, r.pairs(keys["tls_config"].Value, "tls_config"))
	}
	if p != nil {
		r.readDialogue(m, p, entries)
	}
	return true
}

func (r *reader) readEntries(n settings.Node) []entry {
	if n.IsZero() || n.IsNull() {
		return nil
	}
	var all []entry
	for _, item := range n.Items() {
		e := entry{node: item}
		keys := r.pairs(item, "an entry of query_response")
		e.expect, e.send = text(keys["expect"].Value), strings.TrimRight(text(keys["send"].Value), "\r\n")
		e.startTLS = isTrue(keys["starttls"].Value)
		e.labels = keys["labels"].Value
		_, e.odd = keys["expect_bytes"]
		all = append(all, e)
	}
	return all
}

// protocol is one of those that mailprobe speaks.
type protocol struct {
	kind string
	// word is what the name of a module has in it that speaks it.
	word *regexp.Regexp
	// sent and expected match what tells it from others, and answer any reply of it.
	sent, expected, answer *regexp.Regexp
	// greeting, hello and startTLS are the steps; goodbye is the last.
	greeting, hello, startTLS, goodbye string
	// implied matches expectations that say no more than the protocol does.
	implied map[string]*regexp.Regexp
	// any matches those of every step.
	any *regexp.Regexp
}

// protocols are in the order in which they are tried.
var protocols = sync.OnceValue(func() []protocol {
	return []protocol{
		{
			kind: "imap", word: regexp.MustCompile(`(?i)imap`),
			sent:     regexp.MustCompile(`(?i)^[^ ]{1,16} (capability|starttls|logout|noop|id|login|authenticate)\b`),
			expected: regexp.MustCompile(`(?i)imap|\* ?OK|^\^?\\\*`),
			answer:   regexp.MustCompile(`(?i)imap|\bOK\b|\bNO\b|\bBAD\b|\bBYE\b`),
			greeting: "greeting", hello: "capability", startTLS: "starttls", goodbye: "logout",
			any: regexp.MustCompile(`^\^?(\\\* ?|\* ?|[a-z0-9.\\]+ ?)?OK ?\$?$`),
		},
		{
			kind: "pop3", word: regexp.MustCompile(`(?i)pop`),
			sent:     regexp.MustCompile(`(?i)^(capa|stls|user|pass|apop|stat)\b`),
			expected: regexp.MustCompile(`\+OK`), answer: regexp.MustCompile(`\+OK|-ERR`),
			greeting: "greeting", hello: "capa", startTLS: "stls", goodbye: "quit",
			any: regexp.MustCompile(`^\^?\\?\+?OK ?\$?$`),
		},
		{
			kind: "smtp", word: regexp.MustCompile(`(?i)smtp|submission|lmtp|\bmx\b|^mail$`),
			sent:     regexp.MustCompile(`(?i)^(ehlo|helo|lhlo|mail from|rcpt to|starttls|vrfy)\b`),
			expected: regexp.MustCompile(`(?i)smtp`), answer: regexp.MustCompile(`^\^?\(?[245][0-9]`),
			greeting: "greeting", hello: "ehlo", startTLS: "starttls", goodbye: "quit",
			implied: map[string]*regexp.Regexp{
				"greeting": implied("220"), "ehlo": implied("250"), "ehlo-tls": implied("250"), "starttls": implied("220"),
				"mail": implied("250"), "rcpt": implied("25[01]"), "quit": implied("221"),
			},
			any: regexp.MustCompile(`^\^?250[- ]STARTTLS\$?$`),
		},
	}
})

// implied matches an expectation of a code.
func implied(code string) *regexp.Regexp {
	return regexp.MustCompile(`^\^?` + code + `[ -]?(\.[*+])?\$?$`)
}

// protocolOf returns the protocol of a dialogue, nil for none that is known.
func protocolOf(name string, entries []entry) *protocol {
	if slices.ContainsFunc(entries, func(e entry) bool { return e.odd }) {
		return nil
	}
	expects := slices.ContainsFunc(entries, func(e entry) bool { return e.expect != "" })
	for _, p := range protocols() {
		speaks := slices.ContainsFunc(entries, func(e entry) bool { return p.sent.MatchString(e.send) })
		hears := slices.ContainsFunc(entries, func(e entry) bool { return e.expect != "" && p.answer.MatchString(e.expect) })
		if speaks && (hears || !expects && p.word.MatchString(name)) {
			return &p
		}
	}
	for _, p := range protocols() {
		if slices.ContainsFunc(entries, func(e entry) bool { return e.send != "" && !isGoodbye(e.send) }) {
			break // it speaks something else
		}
		if slices.ContainsFunc(entries, func(e entry) bool { return e.expect != "" && p.expected.MatchString(e.expect) }) || p.word.MatchString(name) {
			return &p
		}
	}
	return nil
}

// isGoodbye reports whether a line ends a session of SMTP and POP3, and many others.
func isGoodbye(line string) bool { return strings.EqualFold(strings.TrimSpace(line), "QUIT") }

// readDialogue keeps the expectations of a dialogue that say more than the protocol does,
// each for the step whose reply it is about.
func (r *reader) readDialogue(m *module, p *protocol, entries []entry) {
	step, secure := p.greeting, false
	for _, e := range entries {
		if e.expect != "" {
			r.readExpect(m, p, step, e)
		}
		if !e.labels.IsZero() {
			r.note(m, e.labels, "labels of what matched (probe_expect_info) have no counterpart; mailprobe_connection_info says what is known of a connection")
		}
		if e.startTLS {
			secure = true
			if !strings.HasPrefix(step, p.startTLS) {
				r.note(m, e.node, "TLS comes after %s alone, whatever was sent before", strings.ToUpper(p.startTLS))
			}
			step = ""
		}
		if e.send == "" {
			continue
		}
		var ok bool
		if step, ok = r.readSend(m, p, e, secure); !ok {
			return
		}
	}
}

// readExpect keeps an expectation. Here the whole reply is matched, so that ^ and $ are
// those of its lines.
func (r *reader) readExpect(m *module, p *protocol, step string, e entry) {
	_, err := regexp.Compile(e.expect)
	switch implied := p.implied[strings.TrimRight(step, "-0123456789")]; {
	case err != nil || strings.ContainsAny(e.expect, "\x00\r\n"):
		r.note(m, e.node, "its expectation is no regular expression and was left out")
	case step == "":
		r.note(m, e.node, "an expectation after the TLS handshake, before anything is sent, has no reply to match and was left out")
	case implied != nil && implied.MatchString(e.expect), p.any.MatchString(e.expect):
	default:
		m.set("expect", step+"=(?m)"+e.expect)
	}
}

var angled = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(?:mail from|rcpt to): ?<([^<>${}[:cntrl:] ]*)>$`)
})

// readSend returns the step that a line is sent in; ok is false where the dialogue goes on
// with what has no counterpart.
func (r *reader) readSend(m *module, p *protocol, e entry, secure bool) (step string, ok bool) {
	line := strings.TrimSpace(e.send)
	if p.kind == "imap" { // the tag comes first
		_, line, _ = strings.Cut(line, " ")
	}
	verb, rest, _ := strings.Cut(line, " ")
	hello := p.hello
	if secure {
		hello += "-tls"
	}
	switch verb = strings.ToUpper(verb); {
	case verb == "EHLO" || verb == "HELO":
		r.readHelo(m, e, verb, strings.TrimSpace(rest))
		return hello, true
	case verb == "CAPA" || verb == "CAPABILITY":
		return hello, true
	case verb == "STARTTLS" || verb == "STLS":
		return p.startTLS, true
	case verb == "QUIT" || verb == "LOGOUT":
		return p.goodbye, true
	}
	if found := angled().FindStringSubmatch(line); p.kind == "smtp" && found != nil {
		if verb == "MAIL" {
			m.set("from", found[1])
			return "mail", true
		}
		if found[1] != "" {
			m.set("to", found[1])
			return recipientStep(m), true
		}
	}
	if slices.Contains([]string{"AUTH", "USER", "PASS", "APOP", "LOGIN", "AUTHENTICATE"}, verb) {
		r.note(m, e.node, "what it sends from here on was left out, as it logs in: set user and password_file, and \"targets:\", the servers that may get them")
	} else {
		r.note(m, e.node, "what it sends from here on has no counterpart")
	}
	return "", false
}

// recipientStep returns the step of the last recipient: rcpt, rcpt-2 and so on.
func recipientStep(m *module) string {
	i := slices.IndexFunc(m.options, func(o option) bool { return o.key == "to" })
	if n := len(m.options[i].values); n > 1 {
		return fmt.Sprintf("rcpt-%d", n)
	}
	return "rcpt"
}

var heloName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]+$`) })

func (r *reader) readHelo(m *module, e entry, verb, name string) {
	if verb == "HELO" {
		r.note(m, e.node, "EHLO is sent, and HELO only where the server does not know that")
	}
	if slices.ContainsFunc(m.options, func(o option) bool { return o.key == "helo" }) {
		return
	}
	if !heloName().MatchString(name) {
		r.note(m, e.node, "the name it gives in %s was left out", verb)
		return
	}
	m.set("helo", name)
}
