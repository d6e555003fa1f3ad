package web

import (
	"bytes"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"
)

// exposing is how many answers of /metrics are made at once.
const exposing = 2

// expose answers /metrics. An answer is made in memory and sent afterwards: a client that
// reads slowly holds up nobody else, and keeps no more than its compressed answer.
func (s *Server) expose() http.Handler {
	gathered := promhttp.HandlerFor(s.config.Metrics, promhttp.HandlerOpts{
		ErrorLog: s.noise.logger(), ErrorHandling: promhttp.HTTPErrorOnError, EnableOpenMetrics: true, DisableCompression: true,
	})
	h := compress(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...)
		if isText(format) && !r.URL.Query().Has("name[]") {
			s.exposeText(w, r, format)
			return
		}
		gathered.ServeHTTP(w, r)
	}))
	turns := make(chan struct{}, exposing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case turns <- struct{}{}:
		case <-r.Context().Done():
			return
		}
		a := &answer{ResponseWriter: w, code: http.StatusOK}
		func() {
			defer func() { <-turns }()
			h.ServeHTTP(a, r)
		}()
		w.WriteHeader(a.code)
		_, _ = a.body.WriteTo(w) // the client may have gone
	})
}

// isText reports whether a format is text that writeText writes.
func isText(f expfmt.Format) bool {
	return f.FormatType() == expfmt.TypeTextPlain || f.FormatType() == expfmt.TypeOpenMetrics
}

// exposeText answers /metrics with text.
func (s *Server) exposeText(w http.ResponseWriter, r *http.Request, format expfmt.Format) {
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Type", string(format))
	if err := s.config.Metrics.writeText(w, format); err != nil {
		fail(w, r, http.StatusInternalServerError, err)
	}
}

// answer is a response in memory.
type answer struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) { a.code = code }

// Write implements io.Writer.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
