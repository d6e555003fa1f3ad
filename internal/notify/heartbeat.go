package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/plainjson"
	"mailprobe/probe"
)

// Heartbeat is a dead man's switch: a service that expects to be called by every run of
// the whole file, and raises an alarm when it is not.
//
// URL, Start and Body are templates. They may hold {status}, {exit}, {summary} and
// {report}, which a Beat fills in, and {GOOD|BAD}: the first of the two words while the
// status is OK or WARNING, else the second. In a URL the values are percent-encoded,
// and in a body that is JSON they are escaped for a string.
type Heartbeat struct {
	// URL is called when a run ends, Start when it begins; an empty Start is not called.
	URL, Start string
	// Method is GET or another one; empty is POST with a body, else GET.
	Method string
	// Body is sent with URL. Start is called without one.
	Body string
	// Headers are further header fields.
	Headers map[string]string
}

// Beat is how a run has ended.
type Beat struct {
	// Status is the worst of all checks.
	Status probe.Status
	// Summary says it in a line, Report in full.
	Summary, Report string
}

// The limits of calling a heartbeat.
const (
	// HeartbeatTimeout bounds one request.
	HeartbeatTimeout = 10 * time.Second
	// StartGrace is how long the end of a run waits for the request of its start.
	StartGrace = 1500 * time.Millisecond

	maxBeatLine = 300    // bytes of a summary
	maxReport   = 90_000 // bytes of a report: services keep some 100 kB
)

// Service returns the heartbeat of an address as healthchecks.io and services like it
// have it: /start is called when a run begins, and /0 to /3 when it ends, by its exit
// code, with the report as body.
func Service(address string) *Heartbeat {
	path, query, hasQuery := strings.Cut(address, "?")
	call := func(word string) string {
		to := strings.TrimSuffix(path, "/") + "/" + word
		if hasQuery {
			to += "?" + query
		}
		return to
	}
	return &Heartbeat{URL: call("{exit}"), Start: call("start"), Method: http.MethodPost, Body: "{report}"}
}

// Begin calls Start in the background. The function it returns ends that: it waits for an
// answer for a time, and returns what went wrong.
func (h *Heartbeat) Begin(ctx context.Context, by Network) (end func(grace time.Duration) error) {
	if h == nil || h.Start == "" {
		return func(time.Duration) error { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- h.call(ctx, by, h.Start, "") }()
	return func(grace time.Duration) error {
		defer cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(grace):
			return errors.New("heartbeat: the start was not answered before the end of the run")
		}
	}
}

// End calls URL.
func (h *Heartbeat) End(ctx context.Context, by Network, b Beat) error {
	b.Summary, b.Report = cut.Bytes(oneLine(b.Summary), maxBeatLine), cut.Prefix(b.Report, maxReport)
	escape := func(s string) string { return s }
	if isJSON(h.Body) {
		escape = escapeJSON
	}
	return h.call(ctx, by, fill(h.URL, b, percent), fill(h.Body, b, escape))
}

// call makes a request, and another one where it fails.
func (h *Heartbeat) call(ctx context.Context, by Network, address, body string) error {
	err := h.request(ctx, by, address, body)
	if err != nil && probe.Pause(ctx, time.Second) {
		err = h.request(ctx, by, address, body)
	}
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

func (h *Heartbeat) request(ctx context.Context, by Network, address, body string) error {
	ctx, cancel := context.WithTimeout(ctx, HeartbeatTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, h.method(), address, strings.NewReader(body))
	if err != nil {
		return plainError(err)
	}
	request.Header.Set("User-Agent", userAgent)
	switch {
	case isJSON(h.Body):
		request.Header.Set("Content-Type", "application/json; charset=utf-8")
	case h.method() == http.MethodPost:
		request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	for name, value := range h.Headers {
		request.Header.Set(name, value)
	}
	// A redirect leads to another page, such as one to log in with.
	client := *by.client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := client.Do(request)
	if err != nil {
		return plainError(err)
	}
	defer func() { _ = response.Body.Close() }()
	return answerOf(response, request.URL, headerKeys(h.Headers))
}

func (h *Heartbeat) method() string {
	byBody := http.MethodGet
	if h.Body != "" {
		byBody = http.MethodPost
	}
	return strings.ToUpper(cmp.Or(h.Method, byBody))
}

// placeholder is a name, or two words for good and bad, in braces. A misspelt name, with
// blanks or capital letters, is one too: it is reported, not sent.
var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{ *[A-Za-z]+ *\}|\{[\w-]+\|[\w-]+\}`) })

// placeholders are the names that there are.
var placeholders = []string{"status", "exit", "summary", "report"}

// fill replaces the placeholders of a template.
func fill(template string, b Beat, escape func(string) string) string {
	return placeholder().ReplaceAllStringFunc(template, func(p string) string {
		name := p[1 : len(p)-1]
		good, bad, isChoice := strings.Cut(name, "|")
		switch {
		case isChoice && (b.Status == probe.OK || b.Status == probe.Warning):
			return good
		case isChoice:
			return bad
		case name == "status":
			return escape(b.Status.String())
		case name == "exit":
			return fmt.Sprint(b.Status.ExitCode())
		case name == "summary":
			return escape(b.Summary)
		case name == "report":
			return escape(b.Report)
		}
		return p
	})
}

// unknownPlaceholder returns a name in braces that is none, empty where there is none.
func unknownPlaceholder(template string) string {
	for _, p := range placeholder().FindAllString(template, -1) {
		if name := p[1 : len(p)-1]; !strings.Contains(name, "|") && !slices.Contains(placeholders, name) {
			return name
		}
	}
	return ""
}

// sample fills the placeholders of a template for a look at the result.
func sample(template string) string {
	return fill(template, Beat{Status: probe.Critical, Summary: "x", Report: "x"}, percent)
}

// percent encodes a value for any part of a URL.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// isJSON reports whether a template makes JSON.
func isJSON(template string) bool { return template != "" && json.Valid([]byte(sample(template))) }

// escapeJSON returns a text as it stands between the quotation marks of a JSON string.
func escapeJSON(s string) string {
	text, _ := plainjson.Marshal(s) // a string can always be encoded
	return string(text[1 : len(text)-1])
}
