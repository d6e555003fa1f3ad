// Package prober answers GET /probe as blackbox_exporter does: Prometheus names a target
// and a module, and gets what a check of that target finds as metrics.
//
//	/probe?target=mx.example.org&module=smtp[&hostname=NAME][&debug=true]
//
// A target is all that a request can choose. What a check does, who logs in and by which
// secret stands in modules, and a module with secrets names the servers that may get them.
//
// The metrics are those of mailprobe, and those of blackbox_exporter with the same names,
// types, labels and meaning, so that dashboards and alerts go on working.
package prober

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"mailprobe/internal/settings"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// Options configure a Prober.
type Options struct {
	// Modules returns those there are now; a file that was read anew has others. It must
	// return the same slice until they change.
	Modules func() []*suite.Module
	// Dial and DNS are the network; nil for that of the operating system.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	DNS  probe.Resolver
}

// Most is how many probes run at once. Whoever asks for more is told to come again.
const Most = 256

// Prober answers GET /probe.
type Prober struct {
	options Options
	room    chan struct{}

	mu     sync.Mutex
	loaded []*suite.Module // of which ready is made
	ready  map[string]*ready
}

// New makes a Prober. Close it after the last request.
func New(o Options) *Prober {
	return &Prober{options: o, room: make(chan struct{}, Most)}
}

// Register adds its route.
func (p *Prober) Register(mux *http.ServeMux) { mux.HandleFunc("GET /probe", p.serve) }

// Close frees what modules share among their targets, when running probes have ended.
func (p *Prober) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replace(nil)
	return nil
}

// buffers hold answers that are being written.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled is the size of the largest buffer that is kept, in bytes.
const maxPooled = 64 << 10

// contentType is that of the text exposition format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

func (p *Prober) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case p.room <- struct{}{}:
		defer func() { <-p.room }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many probes at once", http.StatusServiceUnavailable)
		return
	}
	q, refused := p.read(r)
	var f *found
	if refused == nil {
		f, refused = q.run(r.Context())
	}
	switch {
	case r.Context().Err() != nil: // nobody waits for it any more
	case refused != nil:
		http.Error(w, refused.text, refused.code)
	default:
		write(w, q, f)
	}
}

// write writes the answer.
func write(w http.ResponseWriter, q *request, f *found) {
	answer := buffers.Get().(*bytes.Buffer)
	defer func() {
		if answer.Cap() <= maxPooled {
			answer.Reset()
			buffers.Put(answer)
		}
	}()
	if q.debug {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		writeDebug(answer, q, f)
	} else {
		w.Header().Set("Content-Type", contentType)
		writeMetrics(answer, f)
	}
	_, _ = w.Write(answer.Bytes())
}

// found is what a probe found.
type found struct {
	kind    probe.Kind
	results []*probe.Result // at least one
	took    time.Duration
	setup   time.Duration // of which the sockets took, that all probes of a module share
	seen
}

// run does the check until its time is over or ctx ends.
func (q *request) run(ctx context.Context) (*found, *refusal) {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, q.limit)
	defer cancel()
	f := &found{kind: q.module.Kind}
	check, done, err := q.ready.acquire(ctx, q.serverName)
	if err != nil {
		f.results = []*probe.Result{q.notReady(ctx, err)}
		f.took = time.Since(begin)
		return f, nil
	}
	defer done()
	if err := check.PrepareTarget(q.target); err != nil {
		return nil, bad("%s", settings.AsKeys(err))
	}
	f.setup = openShared(check)
	f.results = check.Do(probe.Observe(ctx, f.observer()), q.target)
	f.took = time.Since(begin)
	return f, nil
}

// openShared opens what all probes of a module share, as ping has sockets, and returns how
// long that took. Its error is that of every probe.
func openShared(check *probe.Check) time.Duration {
	opener, ok := check.Checker().(interface{ Open() error })
	if !ok {
		return 0
	}
	begin := time.Now()
	_ = opener.Open()
	return time.Since(begin)
}
