package notify

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// hostile is what a server may say to break a format, or to reach people who watch
// another: quotation marks, mentions, markup, broken characters, all of it without end.
var hostile = strings.Repeat("\"}],\"x\":[{\\ <!channel> @everyone **b** ```\n[l](http://evil) \u202e\x00\x1b[31m\xff\xfe \U0001F4A3é\u2028", 4000)

// hooks are notifiers of all kinds.
var hooks = map[string]string{
	"slack":     `{kind: slack, url_env: HOOK_URL, attempts: 1}`,
	"discord":   `{kind: discord, url_env: HOOK_URL, attempts: 1}`,
	"teams":     `{kind: teams, url_env: HOOK_URL, attempts: 1}`,
	"telegram":  `{kind: telegram, url_env: HOOK_URL, token_env: HOOK_TOKEN, chat: "-100", attempts: 1}`,
	"ntfy":      `{kind: ntfy, url_env: HOOK_URL, token_env: HOOK_TOKEN, topic: mail, attempts: 1}`,
	"matrix":    `{kind: matrix, url_env: HOOK_URL, token_env: HOOK_TOKEN, room: "!a:example.org", attempts: 1}`,
	"pagerduty": `{kind: pagerduty, url_env: HOOK_URL, key_env: HOOK_TOKEN, attempts: 1}`,
}

// hook makes the notifier of a kind.
func hook(t testing.TB, kind, address string) *Notifier {
	t.Helper()
	t.Setenv("HOOK_URL", address)
	t.Setenv("HOOK_TOKEN", "t0ken")
	c, problems := read(t, "notify: {webhook: "+hooks[kind]+"}")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c.Notifiers[0]
}

// message is one whose every text is of a server.
func message(text string, kind EventKind) *Message {
	return &Message{ID: "0123", Host: "here", Status: probe.Critical, Subject: text, Text: text, Events: []Event{{
		Kind: kind, Check: "a", Target: text, Summary: text, Status: probe.Critical, Incident: "i1", Cause: "full",
	}}}
}

// part follows a path of names and numbers into JSON.
func part(v any, path ...any) any {
	for _, p := range path {
		switch at := p.(type) {
		case string:
			object, _ := v.(map[string]any)
			v = object[at]
		case int:
			list, _ := v.([]any)
			if at >= len(list) {
				return nil
			}
			v = list[at]
		}
	}
	return v
}

// TestMessengers: for every service the request has its form and is within its limits,
// whatever a server said, and the token is where it belongs.
func TestMessengers(t *testing.T) {
	card := []any{"attachments", 0, "content", "body", 1, "inlines", 0, "text"}
	for kind, c := range map[string]struct {
		request string
		at      []any
		limit   int
		size    func(string) int
		bearer  bool
	}{
		"slack":     {"POST /x", []any{"text"}, 40_000, units, false},
		"discord":   {"POST /x?wait=true", []any{"content"}, 2_000, units, false},
		"teams":     {"POST /x", card, 28_000, func(s string) int { return len(s) }, false},
		"telegram":  {"POST /x/bott0ken/sendMessage", []any{"text"}, 4_096, units, false},
		"ntfy":      {"POST /x", []any{"message"}, 4_096, func(s string) int { return len(s) }, true},
		"matrix":    {"PUT /x/_matrix/client/v3/rooms/%21a:example.org/send/m.room.message/0123", []any{"body"}, 65_536, encodedText, true},
		"pagerduty": {"POST /x", []any{"payload", "summary"}, 1_024, units, false},
	} {
		for what, text := range map[string]string{"short": "it is down", "hostile": hostile} {
			var request, bearer string
			var body []byte
			web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				request, bearer = r.Method+" "+r.RequestURI, r.Header.Get("Authorization")
				body, _ = io.ReadAll(r.Body)
			}))
			err := hook(t, kind, web.URL+"/x").sender.send(t.Context(), message(text, Failure), Network{}, unrecorded)
			web.Close()
			var v any
			if bad := json.Unmarshal(body, &v); err != nil || bad != nil || !utf8.Valid(body) {
				t.Errorf("%s, %s: %v, %v: %.200s", kind, what, err, bad, body)
				continue
			}
			got, _ := part(v, c.at...).(string)
			if request != c.request || (bearer == "Bearer t0ken") != c.bearer {
				t.Errorf("%s: %s with %q", kind, request, bearer)
			}
			if c.size(got) > c.limit || !strings.Contains(got, map[string]string{"short": "it is down", "hostile": cut.Mark}[what]) {
				t.Errorf("%s, %s: %d of %d: %.80q", kind, what, c.size(got), c.limit, got)
			}
			if kind == "teams" && len(body) > 28_000 || kind == "matrix" && len(body) > 65_536 || kind == "pagerduty" && len(body) > 512<<10 {
				t.Errorf("%s, %s: %d bytes", kind, what, len(body))
			}
			if what == "hostile" && c.size(got) < c.limit/3 {
				t.Errorf("%s: only %d of %d", kind, c.size(got), c.limit)
			}
		}
	}
}

func encodedText(s string) int { return encoded(s) }

// TestNoMentions: a server cannot have people called by a chat.
func TestNoMentions(t *testing.T) {
	for kind, not := range map[string]string{"slack": "<!channel>", "discord": `"parse":["`, "teams": `"type":"TextBlock"`} {
		w := hook(t, kind, "https://example.org").sender.(*webhook)
		_, body, err := w.render(message("<!channel> @everyone", Failure))
		if err != nil || bytes.Contains(body, []byte(not)) {
			t.Errorf("%s: %v: %s", kind, err, body)
		}
	}
	_, body, _ := hook(t, "discord", "https://example.org").sender.(*webhook).render(message("@everyone", Failure))
	if !bytes.Contains(body, []byte(`"allowed_mentions":{"parse":[]}`)) {
		t.Errorf("%s", body)
	}
}

// TestKeyNotRepeated: a service that repeats the token in its answer does not make it
// known.
func TestKeyNotRepeated(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no bot t0ken here", http.StatusUnauthorized)
	}))
	defer web.Close()
	err := hook(t, "telegram", web.URL).sender.send(t.Context(), message("x", Failure), Network{}, unrecorded)
	if err == nil || strings.Contains(err.Error(), "t0ken") || !strings.Contains(err.Error(), "no bot *** here") {
		t.Error(err)
	}
}

// FuzzMessengers: whatever a text is, what is sent is JSON within the limits.
func FuzzMessengers(f *testing.F) {
	f.Add("452 full")
	f.Add(hostile[:4000])
	f.Fuzz(func(t *testing.T, text string) {
		for i := range messengers {
			w := &webhook{URL: "https://example.org", Kind: messengers[i].name, service: &messengers[i], token: "t", key: "k", Room: "!r", Chat: "1", Topic: "t"}
			_, body, err := w.render(message(text, Failure))
			if err != nil || !json.Valid(body) || !utf8.Valid(body) || len(body) > 512<<10 {
				t.Errorf("%s: %v, %d bytes", w.Kind, err, len(body))
			}
			if n := units(text); n > 0 && len(body) < 20 {
				t.Errorf("%s: %s", w.Kind, body)
			}
		}
	})
}

// TestFit: a text is cut at the end of a character, as late as its limit allows.
func TestFit(t *testing.T) {
	for text, want := range map[string]string{
		"abcdefgh": "abcdefgh", "abcdefghi": "abcde...", "ääääää": "ää...", "a\U0001F4A3\U0001F4A3\U0001F4A3": "a\U0001F4A3...", "\xff": "\uFFFD",
	} {
		if got := fit(text, 8, func(s string) int { return len(s) }); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := units("a\U0001F4A3"); got != 3 {
		t.Errorf("%d units", got)
	}
}
