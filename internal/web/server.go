package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"
)

// Server serves parts over HTTP.
type Server struct {
	config  Config
	handler http.Handler
	guard   *guard
	crowd   *crowd
	noise   *noise

	listeners []net.Listener
	stopped   context.Context // ends when the server stops
	stop      context.CancelFunc
}

// The limits of connections and requests.
const (
	maxConnections = 4096
	usualFiles     = 8192     // that a process may have open, where it is not known
	maxHeader      = 32 << 10 // bytes
	headerWithin   = 10 * time.Second
	readWithin     = 30 * time.Second // header and body
	writeWithin    = 30 * time.Second // an answer, from its beginning, unless its part says otherwise
	idleFor        = 2 * time.Minute  // between requests
)

// New makes a server. Nothing listens yet.
func New(c Config) (*Server, error) {
	g, err := newGuard(c.Address, c.WebConfig)
	if err != nil {
		return nil, err
	}
	s := &Server{config: c, guard: g, noise: newNoise(c.Log)}
	// The other half is for checks.
	s.crowd = newCrowd(min(maxConnections, openFiles()/2))
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.handler = s.routes()
	c.Metrics.watch(s)
	return s, nil
}

// Handler answers requests, but for TLS and log-ins, which belong to the listeners.
func (s *Server) Handler() http.Handler { return s.handler }

// routes are those of the parts and of the frame.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.expose())
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { answerText(w, "healthy") })
	mux.HandleFunc("GET /-/ready", s.isReady)
	mux.HandleFunc("POST /-/reload", s.reload)
	for _, p := range s.config.Parts {
		p.Register(mux)
	}
	return s.endStreams(s.config.Address.strip(s.observe(s.guard.wrap(compress(s.orPage(mux))))))
}

// orPage is mux, but for paths that it does not have: of these the part that has a page for
// that tells. The API has its own answer.
func (s *Server) orPage(mux *http.ServeMux) http.Handler {
	i := slices.IndexFunc(s.config.Parts, func(p Part) bool {
		_, ok := p.(interface {
			NotFound(http.ResponseWriter, *http.Request)
		})
		return ok
	})
	if i < 0 {
		return mux
	}
	page := s.config.Parts[i].(interface {
		NotFound(http.ResponseWriter, *http.Request)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isNowhere(mux, r) && !strings.HasPrefix(r.URL.Path, "/api/") {
			page.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// isNowhere reports whether a request asks for a path that nothing answers, whatever the
// method.
func isNowhere(mux *http.ServeMux, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for _, method := range []string{r.Method, http.MethodPost} {
		asked := *r
		asked.Method = method
		if _, route := mux.Handler(&asked); route != "" {
			return false
		}
	}
	return true
}

// answerText answers with a line of text.
func answerText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, text+"\n")
}

// isReady answers whether checks are being run.
func (s *Server) isReady(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.stopped.Err() != nil:
		fail(w, r, http.StatusServiceUnavailable, errors.New("not ready: the server is ending"))
	case !s.alive():
		fail(w, r, http.StatusServiceUnavailable, errors.New("not ready: no checks are being started"))
	default:
		answerText(w, "ready")
	}
}

// isStream reports whether a request asks for a stream of events, which does not end by
// itself.
func isStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// endStreams ends streams of events when the server stops.
func (s *Server) endStreams(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isStream(r) {
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			defer context.AfterFunc(s.stopped, cancel)()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// Listen opens the listeners, so that what cannot be listened at is known before anything
// begins.
func (s *Server) Listen() (err error) {
	if err := checkWebConfig(s.config.WebConfig); err != nil {
		return err
	}
	s.listeners, err = s.listen()
	return err
}

// Serve serves what Listen has opened until the context ends, and then a little longer
// those who are being answered.
func (s *Server) Serve(ctx context.Context) (err error) {
	failed := make(chan error, len(s.listeners))
	servers := make([]*http.Server, len(s.listeners))
	for i, l := range s.listeners {
		servers[i] = s.httpServer()
		go func() { failed <- s.serve(servers[i], l) }()
		s.config.Log(fmt.Errorf("listening on %s", s.urlOf(l.Addr())))
	}
	systemd.ready()
	go systemd.feed(s.stopped, s.alive)
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	systemd.stopping()
	s.stop()
	s.shutDown(servers)
	return err
}

// urlOf is where a listener is reached.
func (s *Server) urlOf(a net.Addr) string {
	scheme := "http"
	if readWebConfig(s.config.WebConfig).tls {
		scheme = "https"
	}
	if a.Network() == "unix" {
		return a.String()
	}
	return scheme + "://" + a.String() + s.config.Address.Prefix + "/"
}

// httpServer makes the server of one listener: exporter-toolkit changes it.
func (s *Server) httpServer() *http.Server {
	return &http.Server{
		Handler: s.handler, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: headerWithin, ReadTimeout: readWithin, IdleTimeout: idleFor,
		HTTP2:    &http.HTTP2Config{WriteByteTimeout: writeWithin, SendPingTimeout: idleFor},
		ErrorLog: s.noise.logger(), ConnState: s.crowd.changed,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context { return s.guard.with(ctx) },
	}
}

// serve serves a listener until the server is shut down.
func (s *Server) serve(server *http.Server, l net.Listener) error {
	flags := &toolkit.FlagConfig{WebConfigFile: &s.config.WebConfig}
	err := toolkit.Serve(s.crowd.listener(l), server, flags, slog.New(toolkitLog{s.noise.add}))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// stopWithin is how long requests may take to end once the server stops.
const stopWithin = 3 * time.Second

// shutDown stops to listen, and lets requests end.
func (s *Server) shutDown(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, one := range servers {
		all.Go(func() {
			if err := one.Shutdown(ctx); err != nil {
				_ = one.Close()
			}
		})
	}
	all.Wait()
}

// livelyWithin is how long ago the scheduler may have looked at its clock.
const livelyWithin = time.Minute

// alive reports whether the scheduler runs checks.
func (s *Server) alive() bool {
	return s.config.Scheduler == nil || time.Since(s.config.Scheduler.Stats().Looked) < livelyWithin
}
