package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/probe"
)

// The limits of a request.
const (
	maxBody  = 64 << 10 // bytes
	maxValue = 1024     // bytes of a parameter
)

// query are the parameters of a request.
type query struct{ values url.Values }

// parameters returns the parameters of a request, which may have those of these names, each
// once.
func parameters(r *http.Request, names ...string) (query, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return query{}, wrong("the parameters are not percent-encoded")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch all := values[name]; {
		case !slices.Contains(names, name):
			return query{}, wrong("there is no parameter %s; %s", quoted(name), meant(name, names))
		case len(all) > 1:
			return query{}, wrong("%s is given twice", name)
		case len(all[0]) > maxValue:
			return query{}, wrong("%s has more than %d bytes", name, maxValue)
		}
	}
	return query{values}, nil
}

// meant suggests the right name, or lists all.
func meant(name string, names []string) string {
	if len(names) == 0 {
		return "there are none here"
	}
	return probe.Meant(name, names, "there are "+strings.Join(names, ", "))
}

// text returns a parameter, empty where it is not given.
func (q query) text(name string) string { return q.values.Get(name) }

// number returns a number from 1 to most, other where it is not given.
func (q query) number(name string, other, most int) (int, error) {
	text := q.text(name)
	if text == "" {
		return other, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, wrong("%s is a number from 1 to %d, not %s", name, most, quoted(text))
	}
	return n, nil
}

// truth returns whether a parameter is true; given is false where it is not given.
func (q query) truth(name string) (is, given bool, err error) {
	switch text := q.text(name); text {
	case "":
		return false, false, nil
	case "true", "false":
		return text == "true", true, nil
	default:
		return false, false, wrong("%s is true or false, not %s", name, quoted(text))
	}
}

// span returns a time of at most so long, other where it is not given.
func (q query) span(name string, other, most time.Duration) (time.Duration, error) {
	text := q.text(name)
	if text == "" {
		return other, nil
	}
	return parseSpan(name, text, most)
}

// parseSpan reads a time such as 90s.
func parseSpan(name, text string, most time.Duration) (time.Duration, error) {
	d, err := probe.ParseDuration(text)
	if err != nil || d > most {
		return 0, wrong("%s is a time up to %s, such as 30s or 2h, not %s", name, probe.FormatSpan(most), quoted(text))
	}
	return d, nil
}

// moment returns a time in the past: by RFC 3339, or how long ago it was; other where it is
// not given.
func (q query) moment(name string, now, other time.Time) (time.Time, error) {
	text := q.text(name)
	if text == "" {
		return other, nil
	}
	if ago, err := probe.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		hint := ""
		if strings.Contains(text, " ") {
			hint = "; a + in a URL is written %2B"
		}
		return t, wrong("%s is a time such as 2026-11-28T03:10:00Z, or how long ago it was, such as 24h, not %s%s", name, quoted(text), hint)
	}
	return t.UTC(), nil
}

// period returns the parameters since and until.
func (q query) period(now time.Time, usual time.Duration) (since, until time.Time, err error) {
	if since, err = q.moment("since", now, now.Add(-usual)); err != nil {
		return since, until, err
	}
	if until, err = q.moment("until", now, now); err != nil {
		return since, until, err
	}
	if until.Before(since) {
		return since, until, wrong("until is before since")
	}
	return since, until, nil
}

// readBody reads an object of JSON into a struct, and refuses members that it does not
// have.
func readBody(r *http.Request, into any, names ...string) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		return &problem{status: http.StatusUnsupportedMediaType, detail: "the body is JSON: send it with Content-Type: application/json"}
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return wrong("the body ends in the middle")
	case len(text) > maxBody:
		return &problem{status: http.StatusRequestEntityTooLarge, detail: "the body has more than 64 KiB"}
	}
	if err := checkMembers(text, names); err != nil {
		return err
	}
	var misfit *json.UnmarshalTypeError
	if err := json.Unmarshal(text, into); errors.As(err, &misfit) {
		return wrong("%s is a text, not a %s", misfit.Field, misfit.Value)
	} else if err != nil {
		return wrong("the body is no object of JSON")
	}
	return nil
}

// checkMembers complains of a text that is no object of JSON, and of members that it may
// not have or has twice: encoding/json would take the last one.
func checkMembers(text []byte, names []string) error {
	object := wrong("the body is no object of JSON")
	in := json.NewDecoder(bytes.NewReader(text))
	if open, err := in.Token(); err != nil || open != json.Delim('{') || !json.Valid(text) {
		return object
	}
	seen := map[string]bool{}
	for in.More() {
		key, err := in.Token()
		name, isKey := key.(string)
		var value json.RawMessage
		switch {
		case err != nil || !isKey || in.Decode(&value) != nil:
			return object
		case !slices.Contains(names, name):
			return wrong("there is no member %s; %s", quoted(name), meant(name, names))
		case seen[name]:
			return wrong("%s is given twice", name)
		}
		seen[name] = true
	}
	return nil
}
