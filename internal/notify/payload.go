package notify

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

// payload is the body of a request, of which it is known whether any of it was sent. A
// client may go on reading it after it has returned.
type payload struct {
	text  []byte
	begin func() error

	mu     sync.Mutex
	begun  bool
	unsent error // of begin
	over   bool
}

// errOver ends the reading of a body whose request is over.
var errOver = errors.New("the request is over")

// end keeps the body from being sent from now on, and returns whether any of it was, and
// why not where that could not be noted.
func (l *payload) end() (begun bool, unsent error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	return l.begun, l.unsent
}

// into makes it the body of a request. It is read last of all, once the connection is
// there.
func (l *payload) into(r *http.Request) error {
	if len(l.text) == 0 {
		return l.start()
	}
	r.ContentLength = int64(len(l.text))
	r.GetBody = func() (io.ReadCloser, error) {
		return &payloadReader{load: l, rest: bytes.NewReader(l.text)}, nil
	}
	r.Body, _ = r.GetBody()
	return nil
}

func (l *payload) start() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return errOver
	}
	l.begun = true
	l.unsent = l.begin()
	return l.unsent
}

// payloadReader is one reading of a body: after a redirect there is another.
type payloadReader struct {
	load *payload
	rest *bytes.Reader
}

// Read begins with the note that the message is about to be sent.
func (r *payloadReader) Read(b []byte) (int, error) {
	if r.rest.Len() == len(r.load.text) {
		if err := r.load.start(); err != nil {
			return 0, err
		}
	}
	return r.rest.Read(b)
}

// Close implements io.Closer.
func (r *payloadReader) Close() error { return nil }
