package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"mailprobe/internal/cut"
	"mailprobe/internal/plainjson"
	"mailprobe/internal/report"
)

// guard refuses requests that nobody should make.
//
// Whoever can reach the server may read. What changes something, such as running a check
// now, is accepted from this machine itself and from who has logged in, and never from a
// page of another site.
type guard struct {
	address   Address
	webConfig string
	origins   *http.CrossOriginProtection
}

func newGuard(a Address, webConfig string) (*guard, error) {
	g := &guard{address: a, webConfig: webConfig, origins: http.NewCrossOriginProtection()}
	if a.External == nil {
		return g, nil
	}
	// A proxy may have changed Host, and then it is not that of Origin.
	return g, g.origins.AddTrustedOrigin(a.External.Scheme + "://" + a.External.Host)
}

// guardKey is the key of the guard in the context of connections.
type guardKey struct{}

// MayChange reports whether a request comes from somebody who may change something.
func MayChange(r *http.Request) bool {
	g, ok := r.Context().Value(guardKey{}).(*guard)
	return ok && g.mayChange(r) == nil
}

// with makes the guard known to MayChange.
func (g *guard) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, guardKey{}, g)
}

// maxBody is how many bytes the body of a request may have.
const maxBody = 1 << 20

// wrap lets the requests through that may pass.
func (g *guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if code, err := g.refusal(r); err != nil {
			fail(w, r, code, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// policy is the Content-Security-Policy: nothing is loaded but the server's own files, and
// no text of a page is run or styles it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect sets the headers that keep browsers from harm. A part may replace them.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// refusal is why a request may not pass.
func (g *guard) refusal(r *http.Request) (code int, err error) {
	if err := g.checkHost(r); err != nil {
		return http.StatusMisdirectedRequest, err
	}
	if !isChange(r) {
		return 0, nil
	}
	if err := g.origins.Check(r); err != nil {
		return http.StatusForbidden, errors.New("the request comes from a page of another site")
	}
	if isPush(r) {
		return 0, nil
	}
	return http.StatusForbidden, g.mayChange(r)
}

// isChange reports whether a request changes something.
func isChange(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// isPush reports whether a request delivers an outcome, which its token permits.
func isPush(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/v1/push/") }

// mayChange returns why whoever made a request may not change anything.
func (g *guard) mayChange(r *http.Request) error {
	_, _, loggedIn := r.BasicAuth()
	switch {
	case loggedIn && readWebConfig(g.webConfig).users: // exporter-toolkit has checked it
		return nil
	case r.TLS != nil && len(r.TLS.VerifiedChains) > 0: // a client certificate
		return nil
	case g.isLocal(r):
		return nil
	case isLoopback(r.RemoteAddr):
		return errors.New("changes through a reverse proxy need a log-in: basic_auth_users in --web.config.file")
	}
	return errors.New("changes are accepted from this machine, or with a log-in: basic_auth_users in --web.config.file")
}

// forwarded are header fields that reverse proxies add.
var forwarded = [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"}

// isLocal reports whether a request comes from this machine, and not only a reverse proxy:
// not all of these add a header, but where one is, the external URL says so.
func (g *guard) isLocal(r *http.Request) bool {
	for _, name := range forwarded {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return isLoopback(r.RemoteAddr) && (g.address.External == nil || isLocalName(g.address.External.Hostname()))
}

func isLoopback(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// checkHost refuses names that are not this server's, where a request comes from this
// machine: a page whose name was made to lead here (DNS rebinding) is of the same origin for
// a browser, and could read everything.
func (g *guard) checkHost(r *http.Request) error {
	name := r.Host
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	name = strings.Trim(name, "[]")
	switch {
	case !isLoopback(r.RemoteAddr), isLocalName(name):
		return nil
	case g.address.External != nil && strings.EqualFold(name, g.address.External.Hostname()):
		return nil
	}
	return fmt.Errorf("%q is not the name of this server: --web.external-url says what it is", report.Clean(cut.Bytes(name, maxName)))
}

// maxName is how many bytes of a name are quoted.
const maxName = 100

// isLocalName reports whether a name always means this machine (RFC 6761 §6.3).
func isLocalName(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// fail answers with an error in one line, below /api/ as RFC 9457 has it.
func fail(w http.ResponseWriter, r *http.Request, code int, err error) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		http.Error(w, err.Error(), code)
		return
	}
	text, _ := plainjson.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{"about:blank", http.StatusText(code), code, err.Error()}) // plain values
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	_, _ = w.Write(append(text, '\n'))
}
