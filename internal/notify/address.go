package notify

import (
	"net/url"
	"slices"
	"strings"

	"mailprobe/internal/settings"
)

// checkURL reports whether a text is the address of a web server.
func (p *parser) checkURL(n settings.Node, text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		p.Fault(n, "this is not a URL such as https://example.org/path")
		return false
	}
	if !strings.Contains(n.Written(), "${") && (u.User != nil || looksSecret(u)) {
		p.Warn(n, "the address holds what is probably a secret; ${NAME} takes it from the environment")
	}
	return true
}

// looksSecret reports whether a path or a query has a word that looks random: long, with
// digits and letters mixed.
func looksSecret(u *url.URL) bool {
	words := strings.FieldsFunc(u.Path+"/"+u.RawQuery, func(r rune) bool { return strings.ContainsRune("/?&=", r) })
	return slices.ContainsFunc(words, func(w string) bool {
		return len(w) >= 20 && strings.ContainsAny(w, "0123456789") && strings.ContainsFunc(w, func(r rune) bool { return r > '9' })
	})
}
