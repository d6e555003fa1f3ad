package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/template"
	"time"

	"mailprobe/internal/plainjson"
	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// webhook sends a message by HTTP.
type webhook struct {
	URL, Method  string
	Headers      map[string]string
	Template     string
	TemplateFile string
	Timeout      time.Duration
	Attempts     int
	// Kind is the name of a messenger, empty for none. URLEnv, TokenEnv and KeyEnv are
	// names of environment variables. The messenger determines which of these and of the
	// following are permitted.
	Kind, URLEnv, TokenEnv, KeyEnv string
	Chat, Room, Topic              string

	body       *template.Template // nil for the message as JSON
	service    *messenger         // nil without a kind
	token, key string
}

// webhookPause is the wait before the second attempt; it doubles with each.
const webhookPause = time.Second

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 4 << 10

func (w *webhook) fields(p *parser) []settings.Field {
	return []settings.Field{
		{Name: "kind", About: "the service that receives it, in whose format and limits it is sent; without a kind the message is sent as JSON", Into: &w.Kind, Schema: settings.Enum(serviceNames()...)},
		{Name: "url", About: "the address to send to; telegram, ntfy and pagerduty have one, matrix has that of the homeserver", Into: &w.URL},
		{Name: "url_env", About: "the environment variable that holds the address", Into: &w.URLEnv},
		{Name: "token_env", About: "the environment variable that holds the token: of a telegram bot, of a matrix user, of ntfy where it requires one", Into: &w.TokenEnv},
		{Name: "key_env", About: "pagerduty: the environment variable that holds the routing key", Into: &w.KeyEnv},
		{Name: "chat", About: "telegram: the chat's number, or @NAME of a channel", Into: &w.Chat},
		{Name: "room", About: "matrix: the room's identifier, such as !abc:example.org", Into: &w.Room},
		{Name: "topic", About: "ntfy: the topic", Into: &w.Topic},
		{Name: "method", About: "the method (POST)", Into: &w.Method},
		{Name: "headers", About: "further header fields", Into: func(at settings.Pair) { w.Headers = p.readHeaders(at) }, Schema: settings.Named},
		{Name: "template", About: "the body, a Go text/template of the message, in which {{json .Text}} quotes a text for JSON (the message as JSON)", Into: &w.Template, Long: true},
		{Name: "template_file", About: "the file that holds the template", Into: &w.TemplateFile},
		{Name: "timeout", About: "the time for one attempt (10s)", Into: &w.Timeout},
		{Name: "attempts", About: "how often it is tried in a run (3)", Into: &w.Attempts},
	}
}

func webhookSchema() settings.Schema {
	return settings.Schema{"oneOf": []settings.Schema{settings.Text(), settings.Object((&webhook{}).fields(&parser{}), nil)}}
}

// readWebhook reads the mapping of a webhook, or its address alone.
func (p *parser) readWebhook(at settings.Pair) sender {
	w := &webhook{Method: http.MethodPost, Timeout: 10 * time.Second, Attempts: 3}
	where := at.Value
	if at.Value.IsScalar() {
		w.URL, _ = p.Text(at.Value, "webhook")
	} else {
		p.Read(at.Value, "webhook", w.fields(p), nil, nil)
		where = p.ValueOf(at, "url")
	}
	if w.URLEnv != "" {
		if where = p.ValueOf(at, "url_env"); w.URL != "" {
			p.Fault(where, "webhook: url and url_env exclude each other")
		}
		w.URL = p.secretOf(at, "url_env", w.URLEnv)
	}
	p.readService(at, w)
	switch {
	case w.URL == "" && (w.URLEnv != "" || w.Kind != "" && w.service == nil): // reported already
	case w.URL == "" && at.Value.IsMapping() && where == at.Value:
		p.Fault(at.Key, "the webhook has no address: add url: or url_env:")
	default:
		p.checkURL(where, w.URL)
	}
	if !isToken(w.Method) {
		p.Fault(where, "%q is not a method such as POST", w.Method)
	}
	if err := w.parseTemplate(p); err != nil {
		p.Fault(at.Value, "webhook: %v", err)
	} else if w.unquoted() {
		p.Warn(p.ValueOf(at, "template"), "a quotation mark in the text of a server would break the JSON of this template; {{json .Text}} quotes it, quotation marks included")
	}
	return w
}

// readHeaders reads header fields, and warns of secrets that stand in the file.
func (p *parser) readHeaders(at settings.Pair) map[string]string {
	headers := map[string]string{}
	for _, h := range p.Pairs(at.Value, "headers") {
		text, ok := p.Text(h.Value, h.Key.Written())
		if !isToken(h.Key.Written()) {
			p.Fault(h.Key, "%q is not the name of a header field such as X-Team", h.Key.Written())
		}
		if ok && text == h.Value.Written() && settings.NamesSecret(h.Key.Written()) {
			p.Warn(h.Value, "%s stands in the file; ${NAME} takes it from the environment", h.Key.Written())
		}
		headers[h.Key.Written()] = text
	}
	return headers
}

// isToken reports whether a text is a token of HTTP, as methods and names of header
// fields are (RFC 9110 §5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r)
	})
}

func (w *webhook) parseTemplate(p *parser) error {
	text := w.Template
	if w.TemplateFile != "" {
		raw, err := os.ReadFile(p.Beside(w.TemplateFile))
		if err != nil {
			return err
		}
		text = string(raw)
	}
	if text == "" {
		return nil
	}
	body, err := template.New("webhook").Funcs(template.FuncMap{"json": quoteJSON}).Parse(text)
	if err == nil {
		err = body.Execute(io.Discard, &Message{Events: []Event{{}}})
	}
	w.body = body
	if err != nil {
		return errors.New(goTypes.Replace(err.Error()))
	}
	return nil
}

// goTypes replaces Go's names of types in errors of templates.
var goTypes = strings.NewReplacer(" in type *notify.Message", " of a message", " in type notify.Event", " of an event")

// quoteJSON writes a value as JSON, for templates.
func quoteJSON(v any) (string, error) {
	text, err := plainjson.Marshal(v)
	return string(text), err
}

// limit implements sender.
func (w *webhook) limit() time.Duration {
	total := w.Timeout
	for attempt := 1; attempt < w.Attempts; attempt++ {
		total += w.Timeout + webhookPause<<min(attempt-1, 10)
	}
	return total
}

// send implements sender. The header field Idempotency-Key is the same in every attempt.
func (w *webhook) send(ctx context.Context, m *Message, n Network, p handover) error {
	address, body, err := w.render(m)
	if err != nil {
		return err
	}
	doubt := false
	for attempt := range max(w.Attempts, 1) {
		if attempt > 0 && !probe.Pause(ctx, webhookPause<<min(attempt-1, 10)) {
			break
		}
		load := &payload{text: body, begin: p.begin}
		var again bool
		again, err = w.post(ctx, m, n, address, load)
		begun, unrecorded := load.end()
		switch {
		case unrecorded != nil && doubt: // by an earlier attempt
			return uncertain{unrecorded}
		case unrecorded != nil:
			return unsent{unrecorded}
		case !again:
			return err
		}
		doubt = doubt || begun && !errors.As(err, new(*answerError))
	}
	if doubt {
		return uncertain{err}
	}
	return err
}

// single implements sender.
func (w *webhook) single() bool { return w.service != nil && w.service.single }

// render returns the URL and the body for a message.
func (w *webhook) render(m *Message) (address string, body []byte, err error) {
	switch {
	case w.service != nil:
		path, value := w.service.request(w, m)
		if address, err = w.address(path); err == nil {
			body, err = plainjson.Marshal(value)
		}
		return address, body, err
	case w.body == nil:
		body, err = plainjson.Marshal(m)
		return w.URL, body, err
	}
	var b bytes.Buffer
	err = w.body.Execute(&b, m)
	return w.URL, b.Bytes(), err
}

// post makes one request, and reports whether another may succeed.
func (w *webhook) post(ctx context.Context, m *Message, n Network, address string, load *payload) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, w.Method, address, nil)
	if err == nil {
		err = load.into(request)
	}
	if err != nil {
		return false, plainError(err)
	}
	w.authorize(request.Header)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Idempotency-Key", m.ID)
	for name, value := range w.Headers {
		request.Header.Set(name, value)
	}
	client := *n.client()
	client.CheckRedirect = keepMessage
	response, err := client.Do(request)
	if err != nil {
		return true, plainError(err)
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests, answerOf(response, request.URL, append(headerKeys(w.Headers), w.token, w.key))
}

// keepMessage follows a redirect only if the message is sent again: after most of them a
// client sends a GET without it (RFC 9110 §15.4). It does not follow to another host, which
// must not get the keys in the header fields and the body.
func keepMessage(next *http.Request, via []*http.Request) error {
	first := via[0]
	safe := next.URL.Scheme == first.URL.Scheme && next.URL.Host == first.URL.Host ||
		next.URL.Scheme == "https" && next.URL.Hostname() == first.URL.Hostname()
	if next.Method != first.Method || len(via) >= 10 || !safe {
		return http.ErrUseLastResponse
	}
	next.Header.Del("Referer") // the address may hold a key
	return nil
}

const userAgent = "mailprobe"

// answerError is an answer that is not 2xx.
type answerError struct {
	code int
	text string
}

// Error quotes the answer.
func (e *answerError) Error() string {
	text := fmt.Sprintf("the server answered %d %s: %.200q", e.code, http.StatusText(e.code), e.text)
	if e.code < 400 {
		text += "; give the address that it leads to"
	}
	return text
}

// final are the answers by which a server refuses this message, and would refuse it
// again (RFC 9110 §15.5).
var final = []int{
	http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
}

// answerOf reads an answer and returns an error unless it is 2xx. Many servers repeat the
// URL or a key, which are masked.
func answerOf(r *http.Response, asked *url.URL, keys []string) error {
	answer, _ := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if r.StatusCode < 300 {
		return nil
	}
	text := masked(strings.TrimSpace(string(answer)), []*url.URL{asked, r.Request.URL}, keys)
	err := &answerError{r.StatusCode, text}
	switch {
	case slices.Contains(final, r.StatusCode):
		return refused{err}
	case r.StatusCode == http.StatusTooManyRequests: // it holds for every message
		return err
	}
	return declined{err}
}
