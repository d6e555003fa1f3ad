package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/internal/history"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
	"mailprobe/internal/suite"
)

// answer is what a handler answers.
type answer struct {
	// status is 200 where it is 0.
	status int
	// body is written as JSON; text is that already.
	body any
	text []byte
	// location is where what was made is found, relative to the request.
	location string
}

// problem is an error as it is answered (RFC 9457).
type problem struct {
	status int
	// detail says in one line what is wrong and what would be right.
	detail string
	// allow are the methods that there are, retry the seconds to wait.
	allow string
	retry int
}

// Error implements error.
func (p *problem) Error() string { return p.detail }

// wrong returns the error of a request that cannot be understood.
func wrong(format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf(format, args...)}
}

// quoted quotes what a request has.
func quoted(text string) string { return cut.Quoted(report.Clean(text), 60) }

// asProblem returns an error as it is answered.
func asProblem(err error) *problem {
	if p := new(problem); errors.As(err, &p) {
		return p
	}
	status := http.StatusServiceUnavailable // the history
	switch {
	case errors.Is(err, suite.ErrNoItem), errors.Is(err, suite.ErrNotSilenced), errors.Is(err, suite.ErrNoIncident):
		status = http.StatusNotFound
	case errors.Is(err, suite.ErrSelectsNothing), errors.Is(err, suite.ErrNotUsable):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, suite.ErrPassive), errors.Is(err, suite.ErrNoFleet), errors.Is(err, history.ErrClosed):
		status = http.StatusConflict
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &problem{status: status, detail: "it took too long; try again", retry: 5}
	}
	return &problem{status: status, detail: strings.ReplaceAll(report.Clean(err.Error()), "\n", " ")}
}

// serve answers requests by a handler.
func serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := h(r)
		text := []byte(nil)
		if err == nil {
			text, err = a.encode()
		}
		if err != nil {
			asProblem(err).write(w)
			return
		}
		a.write(w, r, text)
	}
}

// encode returns the body of an answer.
func (a *answer) encode() ([]byte, error) {
	if a.text != nil {
		return a.text, nil
	}
	var b bytes.Buffer
	err := plainjson.Write(&b, a.body)
	return b.Bytes(), err
}

// write answers; a request for what the client has already, by its tag, without the body
// (RFC 9110 §13.1.2).
func (a *answer) write(w http.ResponseWriter, r *http.Request, text []byte) {
	head := w.Header()
	head.Set("Content-Type", "application/json")
	head.Set("Cache-Control", "no-cache")
	if a.location != "" {
		head.Set("Location", a.location)
	}
	if reads := r.Method == http.MethodGet || r.Method == http.MethodHead; reads && a.status == 0 {
		sum := sha256.Sum256(text)
		tag := `"` + hex.EncodeToString(sum[:12]) + `"`
		head.Set("ETag", tag)
		if known := r.Header.Get("If-None-Match"); known == "*" || strings.Contains(known, tag) {
			head.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.status == http.StatusNoContent {
		head.Del("Content-Type")
		w.WriteHeader(a.status)
		return
	}
	head.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(max(a.status, http.StatusOK))
	_, _ = w.Write(text) // nobody is left to be told
}

// write answers with the error.
func (p *problem) write(w http.ResponseWriter) {
	text, _ := plainjson.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(p.status), p.status, p.detail}) // plain values
	head := w.Header()
	head.Set("Content-Type", "application/problem+json")
	head.Set("Cache-Control", "no-store")
	if p.allow != "" {
		head.Set("Allow", p.allow)
	}
	if p.retry > 0 {
		head.Set("Retry-After", strconv.Itoa(p.retry))
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(append(text, '\n'))
}
