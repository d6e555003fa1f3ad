package page

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHub: who comes back gets what it has missed, who has missed too much fetches the page
// anew, and nothing is drawn while nobody looks.
func TestHub(t *testing.T) {
	h := newHub()
	h.publish(func() []byte { t.Error("drawn for nobody"); return nil })
	page := h.last()
	stream, missed, ok := h.join(page)
	if !ok || len(missed) > 0 {
		t.Fatalf("%q", missed)
	}
	for n := range 3 {
		h.publish(func() []byte { return fmt.Appendf(nil, "%d\n", n) })
	}
	for n := range 3 {
		if got := string(<-stream); !strings.HasSuffix(got, fmt.Sprintf("\ndata: %d\n\n", n)) {
			t.Errorf("%q", got)
		}
	}
	h.publish(func() []byte { return nil }) // nothing has changed
	for after, want := range map[string]int{page: 3, h.last(): 0} {
		if _, missed, _ := h.join(after); len(missed) != want {
			t.Errorf("%s has missed %q", after, missed)
		}
	}
	for _, after := range []string{"", "x", "x-1", h.boot + "-x", h.boot + "--5", h.boot + "-99"} {
		if _, missed, _ := h.join(after); len(missed) != 1 || !strings.Contains(string(missed[0]), "event: reload") {
			t.Errorf("%q has missed %q", after, missed)
		}
	}
	for range 2 * kept {
		h.publish(func() []byte { return []byte("x") })
	}
	if len(h.ring) > kept {
		t.Errorf("%d messages are kept", len(h.ring))
	}
	if _, open := <-stream; open {
		for range stream {
		}
	} // it was behind, and has been closed
	if h.streams[stream] {
		t.Error("a stream that is behind goes on")
	}
	h.close()
	if _, _, ok := h.join(""); ok {
		t.Error("a stream begins after the end")
	}
}

// TestStream: the stream of events has the headers and the format of the standard, and ends
// with its client.
func TestStream(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay")
	s.get("/")
	r, err := http.Get(s.address + "/events?after=" + between(t, s.get("/"), "events?after=", `"`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if got := r.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Error(got)
	}
	in := bufio.NewReader(r.Body)
	if line, err := in.ReadString('\n'); !strings.HasPrefix(line, "retry: ") || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	s.say(full("mx1.example.org"))
	if err := s.scheduler.RunNow("relay"); err != nil {
		t.Fatal(err)
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "data: ") && strings.Contains(line, `"says":"relay is CRITICAL"`) {
			break
		}
	}
	_ = r.Body.Close()
	s.wait("the stream ends", func() bool {
		s.page.hub.mu.Lock()
		defer s.page.hub.mu.Unlock()
		return len(s.page.hub.streams) == 0
	})
}

// TestSlowStream: a client that does not read holds nothing up, and is closed.
func TestSlowStream(t *testing.T) {
	s := open(t, two, fine)
	c, err := net.Dial("tcp", strings.TrimPrefix(s.address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, _ = fmt.Fprintf(c, "GET /events?after=%s HTTP/1.1\r\nHost: x\r\n\r\n", s.page.hub.last())
	streams := func() int {
		s.page.hub.mu.Lock()
		defer s.page.hub.mu.Unlock()
		return len(s.page.hub.streams)
	}
	s.wait("the stream is open", func() bool { return streams() == 1 })
	long := []byte(strings.Repeat("x", 1<<20))
	for begin := time.Now(); streams() > 0; {
		s.page.hub.publish(func() []byte { return long })
		if time.Since(begin) > 30*time.Second {
			t.Fatal("a stream that nobody reads goes on")
		}
	}
	if !strings.Contains(s.get("/"), "Mail of Example") {
		t.Error("the page is not there")
	}
}

// TestManyStreams: a stream costs a goroutine and a small buffer, all streams have the same
// message, drawn once, and nothing is left of those that have gone.
func TestManyStreams(t *testing.T) {
	const many = 500
	p := &Page{hub: newHub()}
	before := runtime.NumGoroutine()
	ctx, leave := context.WithCancel(t.Context())
	var out [many]lastWrite
	var running sync.WaitGroup
	for i := range out {
		r := httptest.NewRequestWithContext(ctx, "GET", "/events?after="+p.hub.last(), nil)
		running.Go(func() { p.events(&out[i], r) })
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		for begin := time.Now(); !done(); time.Sleep(time.Millisecond) {
			if time.Since(begin) > time.Minute {
				t.Fatal("in vain: " + what)
			}
		}
	}
	streams := func() int {
		p.hub.mu.Lock()
		defer p.hub.mu.Unlock()
		return len(p.hub.streams)
	}
	wait("all come", func() bool { return streams() == many })
	if n := runtime.NumGoroutine() - before; n > many+10 {
		t.Errorf("%d streams have %d goroutines", many, n)
	}
	for s := range p.hub.streams {
		if cap(s) > streamBuffer {
			t.Fatalf("a stream may be %d messages behind", cap(s))
		}
	}
	drawn := 0
	p.hub.publish(func() []byte { drawn++; return []byte("{}") })
	wait("all are told", func() bool {
		for i := range out {
			if !strings.HasSuffix(string(out[i].text()), "data: {}\n\n") {
				return false
			}
		}
		return true
	})
	first := out[0].text()
	for i := range out {
		if &out[i].text()[0] != &first[0] {
			t.Fatal("a stream has a copy of the message")
		}
	}
	leave()
	running.Wait()
	if drawn != 1 || streams() != 0 {
		t.Errorf("drawn %d times; %d streams are left", drawn, streams())
	}
}

// lastWrite is a client that keeps what it was sent last, where that lies.
type lastWrite struct {
	mu   sync.Mutex
	last []byte
}

func (w *lastWrite) text() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

func (w *lastWrite) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = b
	return len(b), nil
}

func (*lastWrite) Header() http.Header { return http.Header{} }
func (*lastWrite) WriteHeader(int)     {}
func (*lastWrite) FlushError() error   { return nil }
