package notify

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailprobe/internal/settings"
	"mailprobe/mailtest"
	"mailprobe/probe"
)

// read reads the keys of notifications in a file.
func read(t testing.TB, text string) (*Config, settings.Problems) {
	t.Helper()
	d, top := settings.Parse("checks.yaml", []byte(text))
	var c Config
	if !top.IsZero() {
		d.Read(top, "the file", c.Fields(d), nil, nil)
	}
	return &c, d.Problems
}

// post sends one message by the first notifier of a file.
func post(t *testing.T, notify string) (handed int, err error) { return postBy(t, Network{}, notify) }

func postBy(t *testing.T, by Network, notify string) (handed int, err error) {
	t.Helper()
	config, problems := read(t, "notify:\n  - "+notify)
	if len(problems.Errors()) > 0 {
		t.Fatal(problems)
	}
	m := &Message{ID: "0123", Host: "here", Status: probe.Critical, Subject: "CRITICAL a: it is <down>", Text: "all of it\n",
		Events: []Event{{Kind: Failure, Check: "a", Status: probe.Critical}}}
	err = config.Notifiers[0].sender.send(t.Context(), m, by, handover{func() error { handed++; return nil }, func() {}})
	return handed, err
}

// direct is an HTTP transport that calls a handler, so that a test in simulated time need
// not wait for sockets.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d.ServeHTTP(w, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

// through is a network on which a handler answers everything.
func through(h http.HandlerFunc) Network { return Network{HTTP: &http.Client{Transport: direct{h}}} }

// TestSecondWay: where the first server is down, or refuses, the second takes the
// mail, once.
func TestSecondWay(t *testing.T) {
	start := func(f mailtest.Faults) *mailtest.Host {
		host, err := mailtest.Start(mailtest.Config{Faults: f, Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = host.Close() })
		return host
	}
	second := start(mailtest.Faults{})
	for name, faults := range map[string]mailtest.Faults{
		"refused connection": {Refuse: true}, "full disk": {Storage: true}, "hangs up at DATA": {Drop: "RCPT"},
	} {
		before := len(second.Messages("ops"))
		_, err := post(t, fmt.Sprintf(`email: {through: "%s", from: me@example.org, to: ops@example.org, tls: "off", second: {through: "%s", tls: "off"}}`,
			start(faults).SMTPURL(), second.SMTPURL()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := second.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := len(second.Messages("ops")) - before; got != 1 {
			t.Errorf("%s: %d mails by the second way", name, got)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(second.Messages("ops")[0].Text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Subject": "mailprobe: CRITICAL a: it is <down>", "Message-Id": "<0123@here>", "X-Mailprobe-Status": "CRITICAL", "Auto-Submitted": "auto-generated",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

// TestMailInDoubt: where the server hangs up after the dot, nobody knows whether it
// has the mail; the second way must not be tried.
func TestMailInDoubt(t *testing.T) {
	host, err := mailtest.Start(mailtest.Config{Faults: mailtest.Faults{Drop: "BODY"}, Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	handed, err := post(t, fmt.Sprintf(`email: {through: "%[1]s", from: me@example.org, to: ops@example.org, tls: "off", second: {through: "%[1]s"}}`, host.SMTPURL()))
	if !errors.As(err, new(uncertain)) || handed != 1 {
		t.Errorf("handed over %d times, %v", handed, err)
	}
}

func TestWebhook(t *testing.T) {
	const address = "http://hook.example.org"
	t.Setenv("HOOK", address)
	synctest.Test(t, func(t *testing.T) {
		var got []string
		answer := func(n int) int { return http.StatusOK }
		by := through(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, r.Header.Get("Idempotency-Key")+" "+r.Header.Get("X-Key")+" "+string(body))
			w.WriteHeader(answer(len(got)))
		})
		templated := `webhook: {url: "${HOOK}", headers: {X-Key: "${HOOK}"}, template: '{"text": {{json .Subject}}, "n": {{len .Events}}}'}`
		if _, err := postBy(t, by, templated); err != nil || got[0] != "0123 "+address+` {"text": "CRITICAL a: it is <down>", "n": 1}` {
			t.Errorf("%q, %v", got, err)
		}
		got = nil
		answer = func(n int) int { return []int{503, 429, 200}[n-1] }
		begin := time.Now()
		if _, err := postBy(t, by, `webhook: "${HOOK}"`); err != nil || len(got) != 3 || got[0] != got[2] || time.Since(begin) != 3*time.Second {
			t.Errorf("%d requests in %s, %v", len(got), time.Since(begin), err)
		}
		got = nil
		answer = func(int) int { return http.StatusForbidden }
		if _, err := postBy(t, by, `webhook: "${HOOK}"`); err == nil || len(got) != 1 || !strings.Contains(err.Error(), "403 Forbidden") {
			t.Errorf("%d requests, %v", len(got), err)
		}
	})
}

// TestWebhookDown: that a server is down leaves no doubt, and does not show its address.
func TestWebhookDown(t *testing.T) {
	web := httptest.NewServer(nil)
	web.Close()
	if _, err := post(t, `webhook: {url: "`+web.URL+`/secret-path", attempts: 1}`); err == nil || errors.As(err, new(uncertain)) || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("a server that is down: %v", err)
	}
}

// TestWebhookRedirected: a redirect that would drop the message is a failure, one
// that keeps it is followed.
func TestWebhookRedirected(t *testing.T) {
	var got []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(strings.Trim(r.URL.Path, "/")); err == nil {
			http.Redirect(w, r, "/elsewhere", code)
			return
		}
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+string(body))
	}))
	defer web.Close()
	for _, code := range []string{"301", "302", "303"} {
		if _, err := post(t, "webhook: "+web.URL+"/"+code); err == nil || !strings.Contains(err.Error(), "give the address that it leads to") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := post(t, "webhook: {url: "+web.URL+"/308, template: hello}"); err != nil {
		t.Error(err)
	}
	if !slices.Equal(got, []string{"POST hello"}) {
		t.Errorf("requests: %q", got)
	}
}

// TestAnswerWithParts: nor does one that repeats parts of the address, or header fields.
func TestAnswerWithParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := through(func(w http.ResponseWriter, r *http.Request) {
			parts := strings.Split(r.URL.Path, "/")
			http.Error(w, "services: no such hook "+parts[len(parts)-1]+", "+r.URL.Query().Get("key")+", "+r.Header.Get("X-Key")+", "+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), http.StatusForbidden)
		})
		const address, headers = "https://hook.example.org/services/T0/hiddenA1?room=a&key=hidden%2FB2", `{X-Key: hiddenC3, Authorization: Bearer hiddenD4}`
		_, hook := postBy(t, by, `webhook: {url: "`+address+`", attempts: 1, headers: `+headers+`}`)
		beat := (&Heartbeat{URL: address, Headers: map[string]string{"X-Key": "hiddenC3", "Authorization": "Bearer hiddenD4"}}).call(t.Context(), by, address, "")
		for _, err := range []error{hook, beat} {
			if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "services: no such hook ***, ***, ***, ***") {
				t.Error(err)
			}
		}
	})
}

// TestAnswerWithAddress: a server that repeats the address does not make it known.
func TestAnswerWithAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := through(func(w http.ResponseWriter, r *http.Request) {
			_, password, _ := r.BasicAuth()
			http.Error(w, "Cannot POST "+r.URL.Path+" for "+password+", query "+r.URL.RawQuery, http.StatusNotFound)
		})
		const address = "http://me:hidden1@hook.example.org/hidden2?key=hidden3"
		_, hook := postBy(t, by, `webhook: "`+address+`"`)
		for _, err := range []error{hook, Service(address).call(t.Context(), by, Service(address).Start, "")} {
			if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "Cannot POST *** for ***") {
				t.Error(err)
			}
		}
	})
}

func TestWebhookInDoubt(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler) // taken, and not answered
	}))
	defer web.Close()
	if _, err := post(t, `webhook: {url: "`+web.URL+`", attempts: 1}`); !errors.As(err, new(uncertain)) {
		t.Errorf("%v", err)
	}
}

// TestInterrupted: a receiver that was handed a message before an interrupt may confirm it,
// within some seconds; another one gets nothing any more.
func TestInterrupted(t *testing.T) {
	config, _ := read(t, `notify: {webhook: {url: "http://hook.example.org/", attempts: 2}}`)
	m := &Message{ID: "0123", Status: probe.Critical}
	for name, tt := range map[string]struct {
		takes time.Duration
		code  int
		want  string
		took  time.Duration
	}{
		"confirmed":         {ConfirmFor - time.Second, 200, "", ConfirmFor - time.Second},
		"not confirmed":     {time.Hour, 200, "interrupted", ConfirmFor},
		"asks to try again": {time.Second, 503, "context canceled", 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			asked := 0
			by := through(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					return
				}
				asked++
				interrupt()
				probe.Pause(r.Context(), tt.takes)
				w.WriteHeader(tt.code)
			})
			begin := time.Now()
			err := config.Notifiers[0].attempt(ctx, by, m, unrecorded)
			if took := time.Since(begin); asked != 1 || took != tt.took || err == nil != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: asked %d times, %v in %s", name, asked, err, took)
			}
			if err := config.Notifiers[0].attempt(ctx, by, m, unrecorded); err == nil || asked != 1 {
				t.Errorf("%s: asked %d times, %v", name, asked, err)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if _, err := post(t, "command: cat > "+out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	var m Message
	if bad := json.Unmarshal(text, &m); err != nil || bad != nil || m.ID != "0123" || len(m.Events) != 1 {
		t.Errorf("%q, %v, %v", text, err, bad)
	}
	if _, err := post(t, "command: [sh, -c, 'echo no paper >&2; exit 3']"); err == nil || !strings.Contains(err.Error(), "exit status 3: no paper") {
		t.Errorf("a command that fails: %v", err)
	}
}

// A body that is read on after its request is over is not sent, and nothing is noted.
func TestPayloadOver(t *testing.T) {
	begun := 0
	load := &payload{text: []byte("x"), begin: func() error { begun++; return nil }}
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1/", nil)
	if err == nil {
		err = load.into(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	if any, unrecorded := load.end(); any || unrecorded != nil {
		t.Errorf("%t, %v", any, unrecorded)
	}
	if n, err := r.Body.Read(make([]byte, 9)); n != 0 || !errors.Is(err, errOver) || begun != 0 {
		t.Errorf("%d bytes, %v, begun %d times", n, err, begun)
	}
}

// TestFates: which failures are for good, and which pass.
func TestFates(t *testing.T) {
	for code, want := range map[int]bool{
		400: true, 404: true, 413: true, 422: true, 401: false, 403: false, 408: false, 429: false, 500: false, 503: false,
	} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", code) }))
		_, err := post(t, `webhook: {url: "`+web.URL+`", attempts: 1}`)
		web.Close()
		if err == nil || errors.As(err, new(refused)) != want {
			t.Errorf("%d: for good %t: %v", code, !want, err)
		}
	}
	for code, want := range map[int]bool{1: false, 64: false, 65: true, 67: true, 69: true, 70: false, 75: false, 127: false} {
		if _, err := post(t, fmt.Sprintf("command: exit %d", code)); err == nil || errors.As(err, new(refused)) != want {
			t.Errorf("exit %d: for good %t: %v", code, !want, err)
		}
	}
	for reply, want := range map[string]bool{"554 5.7.1 message content rejected": true, "552 5.3.4 too big": true, "SIZE 100": true, "451 4.7.1 later": false} {
		_, err := post(t, fmt.Sprintf(`email: {through: "%s", from: me@example.org, to: ops@example.org, tls: "off"}`, afterData(t, reply)))
		if err == nil || errors.As(err, new(refused)) != want || !errors.As(err, new(declined)) == !want {
			t.Errorf("%s: for good %t: %v", reply, !want, err)
		}
	}
}

// afterData is the address of an SMTP server that answers every message alike, or that
// offers to take a size.
func afterData(t *testing.T, reply string) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answerMail(conn, reply)
		}
	}()
	return listener.Addr().String()
}

func answerMail(conn net.Conn, reply string) {
	defer func() { _ = conn.Close() }()
	fmt.Fprint(conn, "220 mx ESMTP\r\n")
	data := false
	for in := bufio.NewScanner(conn); in.Scan(); {
		switch line := in.Text(); {
		case data && line == ".":
			data = false
			fmt.Fprint(conn, reply+"\r\n")
		case data:
		case line == "DATA":
			data = true
			fmt.Fprint(conn, "354 go on\r\n")
		case line == "QUIT":
			fmt.Fprint(conn, "221 bye\r\n")
			return
		case strings.HasPrefix(line, "EHLO") && strings.HasPrefix(reply, "SIZE"):
			fmt.Fprint(conn, "250-mx\r\n250 "+reply+"\r\n")
		default:
			fmt.Fprint(conn, "250 ok\r\n")
		}
	}
}

// TestRedirects: a heartbeat that is redirected is none, and a message with keys goes to
// no other host.
func TestRedirects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, code := range []int{301, 302, 303, 307, 308} {
			by := through(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Host == "other.example.org" {
					t.Errorf("%d: another host got the key %q", code, r.Header.Get("X-Key"))
				}
				http.Redirect(w, r, "http://other.example.org/log-in", code)
			})
			if err := Service("http://hook.example.org/id").End(t.Context(), by, Beat{Status: probe.OK}); err == nil {
				t.Errorf("%d: a redirect counts as a beat", code)
			}
			if _, err := postBy(t, by, `webhook: {url: "http://hook.example.org", attempts: 1, headers: {X-Key: "${HOME}"}}`); err == nil || !strings.Contains(err.Error(), "give the address that it leads to") {
				t.Errorf("%d: %v", code, err)
			}
		}
	})
}
