package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/report"
)

// observe counts requests, logs errors and changes, and turns a panic into an error.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		o := &observed{ResponseWriter: w}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		defer func() {
			if cause := recover(); cause != nil {
				s.broke(o, r, cause)
			}
			s.count(o, r, time.Since(begun))
			s.logRequest(o, r)
		}()
		next.ServeHTTP(o, r)
	})
}

// observed is a response whose status is noted. A check may take its time, but an answer
// that has begun has to get through.
type observed struct {
	http.ResponseWriter
	code int // 0 where nothing was sent
}

// begin notes the status of an answer that begins.
func (o *observed) begin(code int) {
	if o.code < http.StatusOK {
		o.code = code
		_ = http.NewResponseController(o.ResponseWriter).SetWriteDeadline(time.Now().Add(writeWithin))
	}
}

// WriteHeader implements http.ResponseWriter.
func (o *observed) WriteHeader(code int) {
	o.begin(code)
	o.ResponseWriter.WriteHeader(code)
}

// Write implements io.Writer.
func (o *observed) Write(b []byte) (int, error) {
	o.begin(http.StatusOK)
	return o.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// status is the status that was sent: that of an answer without a body is set at its end.
func (o *observed) status() int {
	if o.code == 0 {
		return http.StatusOK
	}
	return o.code
}

// broke reports a panic, unless it is how a part ends an answer.
func (s *Server) broke(o *observed, r *http.Request, cause any) {
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	s.config.Log(fmt.Errorf("%s: the server itself broke: %v (%s)", asked(r), cause, panicPlace()))
	if o.code == 0 {
		fail(o, r, http.StatusInternalServerError, errors.New("the server itself broke; its log says where"))
	}
}

// panicPlace names the line that panicked, seen from a deferred function.
func panicPlace() string {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	for panicked := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(f.Function, "runtime."), !more:
			return fmt.Sprintf("%s:%d", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		}
	}
}

// count counts a request.
func (s *Server) count(o *observed, r *http.Request, took time.Duration) {
	route := routeOf(r)
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
	default:
		method = "other"
	}
	s.config.Metrics.requests.WithLabelValues(route, method, strconv.Itoa(o.status())).Inc()
	if !isStream(r) {
		s.config.Metrics.answers.WithLabelValues(route).Observe(took.Seconds())
	}
}

// routeOf returns the route that answered a request, "none" where there was none.
func routeOf(r *http.Request) string {
	_, route, ok := strings.Cut(r.Pattern, " ")
	switch {
	case r.Pattern == "":
		return "none"
	case !ok:
		return r.Pattern
	}
	return route
}

// logRequest logs a change that was accepted, and every error of the server.
func (s *Server) logRequest(o *observed, r *http.Request) {
	switch code := o.status(); {
	case code >= http.StatusInternalServerError && code != http.StatusServiceUnavailable:
		s.noise.add(fmt.Errorf("%s from %s: %d", asked(r), client(r), code))
	case code < http.StatusBadRequest && isChange(r) && !isPush(r):
		s.config.Log(fmt.Errorf("%s from %s: %d", asked(r), client(r), code))
	}
}

// maxPath is how many bytes of a path are logged.
const maxPath = 200

// asked returns method and path of a request. The path of a delivery is a secret, and so
// may be what follows a path.
func asked(r *http.Request) string {
	path := r.URL.Path
	if isPush(r) {
		path = routeOf(r)
	}
	return report.Clean(cut.Bytes(r.Method+" "+path, maxPath))
}

// client names who made a request.
func client(r *http.Request) string {
	from := r.RemoteAddr
	if by := r.Header.Get("X-Forwarded-For"); by != "" {
		from += " for " + report.Clean(cut.Bytes(by, maxName))
	}
	if user, _, ok := r.BasicAuth(); ok {
		from = report.Clean(cut.Bytes(user, maxName)) + " at " + from
	}
	return from
}
