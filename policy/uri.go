package policy

import (
	"net/url"
	"strings"
)

// isHTTPS reports whether a text is an https URL with a host.
func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && strings.EqualFold(u.Scheme, "https") && isName(u.Hostname())
}
