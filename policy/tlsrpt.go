package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// IsTLSRPT reports whether a TXT record at _smtp._tls is one of TLS reporting: it begins
// with v=TLSRPTv1 and a semicolon (RFC 8460 §3).
func IsTLSRPT(text string) bool { return isVersioned(text, "TLSRPTv1") }

// ParseTLSRPT returns the destinations of a TLS reporting record that can be used: by mail
// or by HTTPS (RFC 8460 §3).
func ParseTLSRPT(text string) (rua []string, faults []error) {
	tags, _, twice := parseTags(text)
	value, ok := get(tags, "rua")
	switch {
	case !ok:
		return nil, []error{errors.New("there is no rua=, so that the record asks for nothing")}
	case slices.Contains(twice, "rua"):
		return nil, []error{errors.New("rua= stands twice")}
	}
	for uri := range strings.SplitSeq(value, ",") {
		uri = strings.Trim(uri, " \t")
		if MailtoAddress(uri) == "" && !isHTTPS(uri) {
			faults = append(faults, fmt.Errorf("rua: %s is neither mailto:ADDRESS nor an https URL", quoted(uri)))
			continue
		}
		rua = append(rua, uri)
	}
	return rua, faults
}
