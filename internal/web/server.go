package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Server serves parts over HTTP.
type Server struct {
	config  Config
	handler http.Handler
}

// New makes a server. Nothing listens yet.
func New(c Config) *Server {
	s := &Server{config: c}
	s.handler = s.routes()
	return s
}

// Handler answers requests, but for TLS and log-ins, which belong to the listeners.
func (s *Server) Handler() http.Handler { return s.handler }

// routes are those of the parts and of the frame.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", healthy)
	for _, p := range s.config.Parts {
		p.Register(mux)
	}
	return s.config.Address.strip(mux)
}

// healthy answers that the process is alive.
func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "mailprobe is healthy\n")
}

// stopGrace is how long requests may take to end once the server stops.
const stopGrace = 5 * time.Second

// Run listens, and serves until the context ends.
func (s *Server) Run(ctx context.Context) error {
	server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, len(s.config.Listen))
	for _, address := range s.config.Listen {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("--listen %s: %w", address, err)
		}
		go func() { failed <- server.Serve(l) }()
	}
	select {
	case err := <-failed:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	return server.Shutdown(grace)
}
