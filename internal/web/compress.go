package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// compressible are the types of text that gzip makes much smaller.
var compressible = []string{
	"text/html", "text/css", "text/plain", "text/javascript", "application/javascript", "application/json", "image/svg+xml",
	"application/openmetrics-text", "application/vnd.google.protobuf",
}

// minCompressed is the size below which compressing is not worth it, in bytes.
const minCompressed = 1 << 10

// compress compresses what is worth it, for those who accept it.
func compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || r.Header.Get("Range") != "" || !acceptsGzip(r.Header) {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressed{ResponseWriter: w}
		defer c.close()
		next.ServeHTTP(c, r)
	})
}

// acceptsGzip reports whether a client takes gzip (RFC 9110 §12.5.3).
func acceptsGzip(h http.Header) bool {
	for _, line := range h.Values("Accept-Encoding") {
		for one := range strings.SplitSeq(line, ",") {
			coding, weight, _ := strings.Cut(one, ";")
			if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
				return strings.TrimSpace(weight) == "" || err == nil && q > 0
			}
		}
	}
	return false
}

// compressed is a response that is compressed, if its headers permit.
type compressed struct {
	http.ResponseWriter
	begun bool
	gzip  *gzip.Writer // nil where it is not compressed
}

// gzips are writers that are used again: each has a quarter of a megabyte.
var gzips = sync.Pool{New: func() any { return gzip.NewWriter(io.Discard) }}

// WriteHeader implements http.ResponseWriter.
func (c *compressed) WriteHeader(code int) {
	if code >= http.StatusOK && !c.begun {
		c.begun = true
		if h := c.Header(); isCompressible(code, h) {
			h.Add("Vary", "Accept-Encoding")
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			if tag := h.Get("Etag"); strings.HasPrefix(tag, `"`) { // the bytes are others
				h.Set("Etag", "W/"+tag)
			}
			c.gzip = gzips.Get().(*gzip.Writer)
			c.gzip.Reset(c.ResponseWriter)
		}
	}
	c.ResponseWriter.WriteHeader(code)
}

// isCompressible reports whether a response is worth compressing by its headers.
func isCompressible(code int, h http.Header) bool {
	media, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	size, err := strconv.Atoi(h.Get("Content-Length"))
	return code != http.StatusNoContent && code != http.StatusNotModified && code != http.StatusPartialContent &&
		h.Get("Content-Encoding") == "" && slices.Contains(compressible, strings.TrimSpace(media)) && (err != nil || size >= minCompressed)
}

// Write implements io.Writer.
func (c *compressed) Write(b []byte) (int, error) {
	if !c.begun {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(b))
		}
		c.WriteHeader(http.StatusOK)
	}
	if c.gzip != nil {
		return c.gzip.Write(b)
	}
	return c.ResponseWriter.Write(b)
}

// FlushError is for http.ResponseController.
func (c *compressed) FlushError() error {
	if !c.begun {
		c.WriteHeader(http.StatusOK)
	}
	if c.gzip != nil {
		if err := c.gzip.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (c *compressed) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// close writes what is left.
func (c *compressed) close() {
	if c.gzip == nil {
		return
	}
	_ = c.gzip.Close() // the client may have gone
	c.gzip.Reset(io.Discard)
	gzips.Put(c.gzip)
}
