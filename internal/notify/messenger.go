package notify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode/utf16"

	"mailprobe/internal/cut"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// messenger is a service that receives webhooks in a format of its own.
type messenger struct {
	name string
	// address is the service's, empty where the file has to name it.
	address string
	// needs and takes are the keys that it requires and permits besides those that every
	// webhook has.
	needs, takes []string
	// single is set where a message is about one check.
	single bool
	// request makes the path after the address and the body for a message.
	request func(w *webhook, m *Message) (path string, body any)
}

// The limits of the services, as they document them.
const (
	slackText       = 40_000     // characters of text, of which the rest is cut off there
	discordContent  = 2_000      // characters of content
	telegramText    = 4_096      // characters of text
	ntfyMessage     = 4_096      // bytes of message, of which longer ones become a file
	ntfyTitle       = 250        // bytes of title
	matrixEvent     = 60_000     // bytes of content in an event, which has 64 KiB (Matrix 1.11, client-server API §"Size limits")
	teamsMessage    = 24_000     // bytes of a message, of some 28 KB
	pagerdutyLine   = 1_024      // characters of a summary
	pagerdutyDetail = 100 * 1024 // bytes of details in an event, which has 512 KB
)

// messengers are the kinds of webhook.
var messengers = []messenger{
	{name: "slack", request: toSlack},
	{name: "discord", request: toDiscord},
	{name: "teams", request: toTeams},
	{name: "telegram", address: "https://api.telegram.org", needs: []string{"token_env", "chat"}, request: toTelegram},
	{name: "ntfy", address: "https://ntfy.sh", needs: []string{"topic"}, takes: []string{"token_env"}, request: toNtfy},
	{name: "matrix", needs: []string{"token_env", "room"}, request: toMatrix},
	{name: "pagerduty", address: "https://events.pagerduty.com/v2/enqueue", needs: []string{"key_env"}, single: true, request: toPagerduty},
}

func serviceNames() []string {
	var names []string
	for _, s := range messengers {
		names = append(names, s.name)
	}
	return names
}

// toSlack escapes the three characters that begin mentions and links.
func toSlack(_ *webhook, m *Message) (string, any) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "```", "'''")
	head := "*" + escape.Replace(cut.Bytes(oneLine(m.Subject), 3_000)) + "*\n```\n"
	text := fit(m.Text, slackText, func(s string) int { return units(head + escape.Replace(s) + "\n```") })
	return "", map[string]any{"text": head + escape.Replace(text) + "\n```", "unfurl_links": false}
}

// toDiscord permits no mentions.
func toDiscord(_ *webhook, m *Message) (string, any) {
	plain := strings.NewReplacer("```", "'''")
	frame := func(s string) string { return "```\n" + plain.Replace(s) + "\n```" }
	text := fit(m.Text, discordContent, func(s string) int { return units(frame(s)) })
	return "?wait=true", map[string]any{"content": frame(text), "allowed_mentions": map[string]any{"parse": []string{}}}
}

// toTeams sends an adaptive card of plain text, which is not read as Markdown.
func toTeams(_ *webhook, m *Message) (string, any) {
	card := func(text string) any {
		run := func(s, weight, font string) any {
			return map[string]any{"type": "RichTextBlock", "inlines": []any{
				map[string]any{"type": "TextRun", "text": s, "weight": weight, "fontType": font},
			}}
		}
		return map[string]any{"type": "message", "attachments": []any{map[string]any{
			"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
			"content": map[string]any{
				"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
				"body":    []any{run(cut.Bytes(oneLine(m.Subject), 1_000), "bolder", "default"), run(text, "default", "monospace")},
				"msteams": map[string]any{"width": "Full"},
			},
		}}}
	}
	return "", card(fit(m.Text, teamsMessage, func(s string) int { return encoded(card(s)) }))
}

// toTelegram sends plain text, without a preview of what looks like a link.
func toTelegram(w *webhook, m *Message) (string, any) {
	return "/bot" + w.token + "/sendMessage", map[string]any{
		"chat_id": w.Chat, "text": fit(m.Text, telegramText, units), "link_preview_options": map[string]any{"is_disabled": true},
	}
}

// toNtfy publishes as JSON, in which titles may have any letter.
func toNtfy(w *webhook, m *Message) (string, any) {
	priority := map[probe.Status]int{probe.Critical: 5, probe.Warning: 4}[m.Status]
	body := func(text string) any {
		return map[string]any{"topic": w.Topic, "title": cut.Bytes(oneLine(m.Subject), ntfyTitle), "priority": max(priority, 3), "message": text}
	}
	// As JSON it may be twice as long.
	return "", body(fit(m.Text, ntfyMessage, func(s string) int { return max(len(s), encoded(body(s))/2+1) }))
}

// toMatrix sends an event whose transaction identifier is the message's: the server
// takes a repetition for what it is.
func toMatrix(w *webhook, m *Message) (string, any) {
	path := "/_matrix/client/v3/rooms/" + url.PathEscape(w.Room) + "/send/m.room.message/" + url.PathEscape(m.ID)
	content := func(s string) any {
		return map[string]any{"msgtype": "m.text", "body": s, "m.mentions": map[string]any{}}
	}
	return path, content(fit(m.Text, matrixEvent, func(s string) int { return encoded(content(s)) }))
}

// toPagerduty opens an alert of an incident, or closes it.
func toPagerduty(w *webhook, m *Message) (string, any) {
	e := m.Events[0]
	key, action := e.Incident, "trigger"
	if key == "" {
		key = m.ID
	}
	if e.Kind == Recovery {
		action = "resolve"
	}
	severity := map[probe.Status]string{probe.Critical: "critical", probe.Warning: "warning", probe.Unknown: "error"}[e.Status]
	if severity == "" {
		severity = "info"
	}
	details := func(s string) any { return map[string]any{"text": s} }
	source := oneLine(e.Target)
	if source == "" {
		source = oneLine(m.Host)
	}
	return "", map[string]any{
		"routing_key": w.key, "event_action": action, "dedup_key": cut.Bytes(key, 255),
		"payload": map[string]any{
			"summary": fit(oneLine(m.Subject), pagerdutyLine, units), "source": cut.Bytes(source, 1_000), "severity": severity,
			"timestamp": m.Time, "component": cut.Bytes(oneLine(e.Check), 1_000), "class": e.Cause,
			"custom_details": details(fit(m.Text, pagerdutyDetail, func(s string) int { return encoded(details(s)) })),
		},
	}
}

// units counts characters as those services do whose limit is one of characters: in
// units of UTF-16.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// encoded is how many bytes a value has as JSON.
func encoded(v any) int {
	text, _ := json.Marshal(v) // plain values
	return len(text)
}

// oneLine makes one line of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// keys are the values of a webhook that only some services have.
func (w *webhook) keys() map[string]string {
	return map[string]string{"token_env": w.TokenEnv, "key_env": w.KeyEnv, "chat": w.Chat, "room": w.Room, "topic": w.Topic}
}

// readService checks the keys of a webhook for its kind, and reads its secrets from the
// environment.
func (p *parser) readService(at settings.Pair, w *webhook) {
	kind := -1
	if w.Kind != "" {
		if kind = slices.IndexFunc(messengers, func(s messenger) bool { return s.name == w.Kind }); kind < 0 {
			p.Fault(p.ValueOf(at, "kind"), "there is no kind of webhook %q; %s", w.Kind, settings.Meant(w.Kind, serviceNames()))
			return
		}
		w.service = &messengers[kind]
	}
	p.checkKeys(at, w)
	if w.service == nil {
		return
	}
	if w.URL == "" {
		w.URL = w.service.address
	}
	if w.Template != "" || w.TemplateFile != "" || w.Method != http.MethodPost {
		p.Fault(at.Value, "webhook: the kind %s has its own template and method", w.Kind)
	}
	w.token, w.key = p.secretOf(at, "token_env", w.TokenEnv), p.secretOf(at, "key_env", w.KeyEnv)
	if w.Kind == "matrix" {
		w.Method = http.MethodPut
	}
}

// checkKeys reports keys that the kind requires and that it does not permit.
func (p *parser) checkKeys(at settings.Pair, w *webhook) {
	var needs, takes []string
	what := "a webhook without a kind"
	if w.service != nil {
		needs, takes, what = w.service.needs, w.service.takes, "the kind "+w.Kind
	}
	given := w.keys()
	for _, name := range needs {
		if given[name] == "" {
			p.Fault(at.Value, "webhook: %s needs %s", what, name)
		}
	}
	for name, value := range given {
		if value != "" && !slices.Contains(needs, name) && !slices.Contains(takes, name) {
			p.Fault(p.ValueOf(at, name), "webhook: %s has no %s", what, name)
		}
	}
}

// secretOf is the value of an environment variable that a key names.
func (p *parser) secretOf(at settings.Pair, key, name string) string {
	if name == "" {
		return ""
	}
	value := os.Getenv(name)
	if value == "" {
		p.Fault(p.ValueOf(at, key), "%s: the environment has no %s", key, name)
	}
	return value
}

// address returns the URL that a message is sent to.
func (w *webhook) address(path string) (string, error) {
	base, err := url.Parse(w.URL)
	if err != nil {
		return "", err
	}
	if query, ok := strings.CutPrefix(path, "?"); ok {
		if base.RawQuery != "" {
			query = base.RawQuery + "&" + query
		}
		base.RawQuery = query
		return base.String(), nil
	}
	if path != "" {
		return strings.TrimSuffix(w.URL, "/") + path, nil
	}
	return w.URL, nil
}

// authorize adds the token where the service takes it in a header field.
func (w *webhook) authorize(h http.Header) {
	if w.token != "" && w.Kind != "telegram" {
		h.Set("Authorization", fmt.Sprintf("Bearer %s", w.token))
	}
}
