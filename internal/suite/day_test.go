package suite

import (
	"bytes"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mailprobe/internal/notify"
	"mailprobe/mailtest"
	"mailprobe/probe"
)

// outage is a time of the day at which a check is not well.
type outage struct {
	from, till string
	status     probe.Status
}

// statusAt is the status of a check at a time.
func statusAt(outages []outage, now time.Time) probe.Status {
	clock := now.Format("15:04")
	for _, o := range outages {
		if clock >= o.from && clock < o.till {
			return o.status
		}
	}
	return probe.OK
}

// TestDay is a day of cron every five minutes, with two outages, a single failure
// that is over by the next run, and a mail server that is down for a while itself:
// what is printed, mailed and posted is exactly what has changed, word for word.
func TestDay(t *testing.T) {
	if testing.Short() {
		t.Skip("288 runs")
	}
	local := time.Local
	time.Local = time.UTC // what is told is told in local time
	t.Cleanup(func() { time.Local = local })
	host, err := mailtest.Start(mailtest.Config{Accounts: []mailtest.Account{{User: "ops", Password: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	hook := &receiver{}
	web := httptest.NewServer(hook)
	defer web.Close()

	outages := []outage{
		{"03:10", "04:00", probe.Critical},
		{"09:00", "09:05", probe.Critical}, // one run: not told
		{"14:30", "14:45", probe.Warning},
		{"14:45", "15:00", probe.Critical},
		{"15:00", "15:10", probe.Warning},
		{"17:00", "23:30", probe.Warning},
	}
	file := fmt.Sprintf(`
checks:
  - {name: mx, kind: fake, target: mx.example.org}
  - {name: other, kind: fake, target: other.example.org}
notify:
  - email: {through: "%s", to: ops@example.org, from: probe@example.org, tls: "off"}
  - webhook: {url: "%s", attempts: 1}
    on: [failure, recovery]
`, host.SMTPURL(), web.URL)
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	store := openHistory(t, clock)
	f := reporting(func(host string) probe.Status {
		if host == "mx.example.org" {
			return statusAt(outages, now)
		}
		return probe.OK
	})
	var printed, told []string
	for end := now.Add(24 * time.Hour); now.Before(end); now = now.Add(5 * time.Minute) {
		down := now.Format("15:04") >= "14:30" && now.Format("15:04") < "14:55"
		if err := host.SetFaults(mailtest.Faults{Refuse: down}); err != nil {
			t.Fatal(err)
		}
		r := run(t, f.parse(t, file), Options{Store: store, Now: clock, Remind: 4 * time.Hour})
		if r.Status != statusAt(outages, now) {
			t.Errorf("at %s the status is %s", now.Format("15:04"), r.Status)
		}
		if len(r.Problems) > 0 && !down {
			t.Errorf("at %s: %v", now.Format("15:04"), r.Problems)
		}
		if text := r.Announcement(); text != "" {
			printed = append(printed, now.Format("15:04 ")+strings.TrimSpace(strings.Split(text, ":")[0]))
			told = append(told, text)
		}
	}
	want := []string{
		"03:15 CRITICAL  mx", "04:00 RECOVERED  mx",
		"14:35 WARNING  mx", "14:50 CRITICAL (worse)  mx", "15:00 WARNING (better)  mx", "15:10 RECOVERED  mx",
		"17:05 WARNING  mx", "21:05 STILL WARNING  mx", "23:30 RECOVERED  mx",
	}
	equal(t, "printed", printed, want)
	if err := host.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	var mailed []string
	for _, m := range host.Messages("ops") {
		mailed = append(mailed, header(m.Text, "Subject"))
	}
	equal(t, "mailed", mailed, subjects("CRITICAL", "RECOVERED mx: OK again after 50 min", "WARNING", "CRITICAL (worse)", "WARNING (better)",
		"RECOVERED mx: OK again after 40 min", "WARNING", "STILL WARNING", "RECOVERED mx: OK again after 6 h 30 min"))
	equal(t, "told first", told[:2], []string{firstFailure, firstRecovery})
	var bodies []string
	for _, m := range host.Messages("ops") {
		bodies = append(bodies, body(t, m.Text))
	}
	equal(t, "the text of the mails", bodies, told)
	equal(t, "posted", hook.words(), []string{"failure", "recovery", "failure", "recovery", "failure", "recovery"})
	incidents(t, store, 3)
}

// What is reported of the first failure, and of its end.
const (
	firstFailure = `CRITICAL  mx: look: the server answered "452 full"
    check     fake mx.example.org
    since     Mon 2 Nov 2026 03:10:00 UTC, 5 min ago; before that OK
    cause     full
    who acts  the server's administrator
    hint      make room
    passed    greeting

2 checks: 1 CRITICAL, 1 OK
  passed: other
`
	firstRecovery = `RECOVERED  mx: OK again after 50 min
    check     fake mx.example.org
    since     Mon 2 Nov 2026 04:00:00 UTC; before that failing since Mon 2 Nov
              2026 03:10:00 UTC
    now       greeting
    before    CRITICAL: look: the server answered "452 full"
    passed    greeting, look

2 checks: 2 OK
  passed: other
`
)

func subjects(words ...string) []string {
	for i, w := range words {
		words[i] = "mailprobe: " + w
		if !strings.HasPrefix(w, "RECOVERED") {
			words[i] += ` mx: look: the server answered "452 full"`
		}
	}
	return words
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// header is a field of a message, unfolded.
func header(message []byte, name string) string {
	head, _, _ := strings.Cut(string(message), "\r\n\r\n")
	for line := range strings.Lines(strings.ReplaceAll(strings.ReplaceAll(head, "\r\n ", " "), "\r\n\t", " ")) {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// body is the text of a message, decoded.
func body(t *testing.T, message []byte) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	var in io.Reader = m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		in = quotedprintable.NewReader(in)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// receiver is a web server that keeps what it is sent.
type receiver struct {
	mu       sync.Mutex
	messages []notify.Message
	keys     []string
	answer   func(n int) int // the code for the n-th request, from 1; nil for 200
	requests int
}

func (h *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.requests++
	if h.answer != nil {
		if code := h.answer(h.requests); code != http.StatusOK {
			http.Error(w, "not now", code)
			return
		}
	}
	m, err := readMessage(request.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.messages = append(h.messages, m)
	h.keys = append(h.keys, request.Header.Get("Idempotency-Key"))
}

func (h *receiver) words() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var words []string
	for _, m := range h.messages {
		for _, e := range m.Events {
			words = append(words, string(e.Kind))
		}
	}
	return words
}
