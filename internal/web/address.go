package web

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// Address is where visitors find the server, and which paths it answers.
type Address struct {
	// External is the URL by which visitors reach the server, such as
	// https://example.org/mail/; nil where it was not given.
	External *url.URL
	// Base is its path, which links begin with: "/" or "/mail/".
	Base string
	// Prefix is what the paths of requests begin with, "" or "/mail". A reverse proxy may
	// have removed it.
	Prefix string
}

// ParseAddress reads --web.external-url and --web.route-prefix, each of which may be empty.
// Without a prefix it is the path of the URL.
func ParseAddress(external, prefix string) (Address, error) {
	a := Address{Base: "/"}
	if external != "" {
		u, err := url.Parse(external)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return a, fmt.Errorf("--web.external-url %q is no URL such as https://example.org/mail/", external)
		case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
			return a, fmt.Errorf("--web.external-url %q has more than scheme, host and path", external)
		}
		a.Base = strings.TrimSuffix(path.Clean("/"+u.Path), "/") + "/"
		u.Path, u.RawPath = a.Base, ""
		a.External = u
	}
	if strings.ContainsAny(prefix, "?#{} ") {
		return a, fmt.Errorf("--web.route-prefix %q is no path such as /mail", prefix)
	}
	if prefix == "" {
		prefix = a.Base
	}
	if a.Prefix = strings.TrimSuffix(path.Clean("/"+prefix), "/"); external == "" {
		a.Base = a.Prefix + "/"
	}
	return a, nil
}

// strip removes the prefix from the paths of requests. The prefix itself and the root lead to
// the page; other paths are not found.
func (a Address) strip(next http.Handler) http.Handler {
	if a.Prefix == "" {
		return next
	}
	mux := http.NewServeMux()
	mux.Handle(a.Prefix+"/", http.StripPrefix(a.Prefix, next))
	mux.Handle("GET /{$}", http.RedirectHandler(a.Prefix+"/", http.StatusTemporaryRedirect))
	mux.Handle("GET "+a.Prefix, http.RedirectHandler(a.Base, http.StatusTemporaryRedirect))
	return mux
}
