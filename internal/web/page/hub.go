package page

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The limits of streams.
const (
	maxStreams   = 5000
	streamBuffer = 16               // messages that a stream may be behind
	kept         = 64               // messages that are kept for who comes back
	heartbeat    = 25 * time.Second // proxies close what is silent for a minute
	writeLimit   = 10 * time.Second
)

// hub passes messages on to the streams of all visitors. A message is drawn once, and not
// at all while nobody looks.
type hub struct {
	mu      sync.Mutex
	boot    string // distinguishes this process and its restarts of the count
	seq     int    // of the last message
	ring    [][]byte
	streams map[chan []byte]bool
	closed  bool
}

func newHub() *hub {
	h := &hub{streams: map[chan []byte]bool{}}
	h.boot = h.newBoot()
	return h
}

func (h *hub) newBoot() string { return fmt.Sprintf("%08x", rand.Uint32()) }

// last returns the identifier of the last message, from which on a page is current.
func (h *hub) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.id(h.seq)
}

func (h *hub) id(seq int) string { return fmt.Sprintf("%s-%d", h.boot, seq) }

// reload tells a page to fetch itself anew.
var reload = []byte("event: reload\ndata: 1\n\n")

// restart makes all pages fetch themselves anew: nothing from before is sent any more.
func (h *hub) restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.boot, h.ring = h.newBoot(), nil
	h.sendAll([]byte("id: " + h.id(h.seq) + "\n" + string(reload)))
}

// publish sends what draw returns, unless that is empty. Where there are no streams draw
// is not called, and who comes back fetches the page.
func (h *hub) publish(draw func() []byte) {
	h.mu.Lock()
	watched := len(h.streams) > 0
	h.mu.Unlock()
	var text []byte
	if watched {
		if text = draw(); len(text) == 0 {
			return
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seq++
	if !watched {
		h.ring = nil
		h.sendAll(reload) // to who has come since
		return
	}
	message := fmt.Appendf(nil, "id: %s\ndata: %s\n\n", h.id(h.seq), bytes.ReplaceAll(text, []byte("\n"), nil))
	if h.ring = append(h.ring, message); len(h.ring) > kept {
		h.ring = append([][]byte(nil), h.ring[1:]...)
	}
	h.sendAll(message)
}

// sendAll passes a message on; a stream that is behind is closed, and its page comes back.
func (h *hub) sendAll(message []byte) {
	for s := range h.streams {
		select {
		case s <- message:
		default:
			delete(h.streams, s)
			close(s)
		}
	}
}

// join opens a stream for a page that is current up to a message. It returns what the page
// has missed; ok is false where there are too many streams.
func (h *hub) join(after string) (stream chan []byte, missed [][]byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || len(h.streams) >= maxStreams {
		return nil, nil, false
	}
	stream = make(chan []byte, streamBuffer)
	h.streams[stream] = true
	behind := -1
	if boot, number, ok := strings.Cut(after, "-"); ok && boot == h.boot {
		var n int
		if _, err := fmt.Sscanf(number, "%d", &n); err == nil {
			behind = h.seq - n
		}
	}
	if behind < 0 || behind > len(h.ring) {
		return stream, [][]byte{[]byte("id: " + h.id(h.seq) + "\n" + string(reload))}, true
	}
	return stream, h.ring[len(h.ring)-behind:], true
}

func (h *hub) leave(stream chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, stream)
}

// close ends all streams; there are no more.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.streams {
		delete(h.streams, s)
		close(s)
	}
}

// events is a stream of server-sent events (HTML Living Standard, section 9.2).
func (p *Page) events(w http.ResponseWriter, r *http.Request) {
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	stream, missed, ok := p.hub.join(after)
	if !ok {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "there are too many streams; the page works without", http.StatusServiceUnavailable)
		return
	}
	defer p.hub.leave(stream)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream; charset=utf-8")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx passes it on at once
	out := newStreamWriter(w)
	// Those who were here together do not all come back at once.
	if out.write(fmt.Appendf(nil, "retry: %d\n\n", 2000+rand.IntN(4000))) != nil {
		return
	}
	for _, message := range missed {
		if out.write(message) != nil {
			return
		}
	}
	out.follow(r, stream)
}

// streamWriter writes a stream, each message within a time limit.
type streamWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func newStreamWriter(w http.ResponseWriter) *streamWriter {
	s := &streamWriter{w, http.NewResponseController(w)}
	_ = s.control.SetReadDeadline(time.Time{}) // where there is none, there is nothing to lift
	return s
}

// follow writes messages until the stream is closed or the client has gone.
func (s *streamWriter) follow(r *http.Request, stream <-chan []byte) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		message := []byte(":\n\n")
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
		case m, ok := <-stream:
			if !ok {
				return
			}
			message = m
		}
		if s.write(message) != nil {
			return
		}
	}
}

func (s *streamWriter) write(message []byte) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeLimit))
	if _, err := s.Write(message); err != nil {
		return err
	}
	return s.control.Flush()
}
