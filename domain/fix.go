package domain

import (
	"fmt"
	"strings"
)

// maxString is the length of one string of a TXT record (RFC 1035 §3.3).
const maxString = 255

// txtRecord is a TXT record as a line of a zone; a long text stands in several strings.
func txtRecord(name, text string) string {
	var parts []string
	for len(text) > maxString {
		parts = append(parts, `"`+text[:maxString]+`"`)
		text = text[maxString:]
	}
	return fmt.Sprintf("%s. IN TXT %s", name, strings.Join(append(parts, `"`+text+`"`), " "))
}
