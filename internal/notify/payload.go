package notify

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync"
)

// payload is the body of a request. It records whether any of it was sent; a client may
// still read it after it has returned.
type payload struct {
	text  []byte
	begin func() error

	mu     sync.Mutex
	begun  bool
	unsent error // of begin
	over   bool
}

// errOver is the error of a body that is read after its request has ended.
var errOver = errors.New("the request is over")

// end stops the body from being sent, and returns whether any of it was, or the error of
// begin.
func (l *payload) end() (begun bool, unsent error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	return l.begun, l.unsent
}

// into sets the body of a request. The client reads it once it is connected.
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

// Read calls begin before the first byte.
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
