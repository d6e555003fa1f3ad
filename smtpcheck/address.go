package smtpcheck

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The longest parts of an address, in bytes (RFC 5321 §4.5.3.1).
const (
	maxPath  = 254
	maxLocal = 64
)

// ParseAddress reads an address as a user writes it, with or without angle
// brackets; "" and "<>" are the null sender. A line break, a NUL or a bracket
// inside it is refused, as it could smuggle in a command.
func ParseAddress(text string) (string, error) {
	address := text
	if inner, ok := strings.CutPrefix(text, "<"); ok {
		if address, ok = strings.CutSuffix(inner, ">"); !ok {
			return "", fmt.Errorf("address %q has no closing bracket", text)
		}
	}
	local, domain := address, ""
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		local, domain = address[:at], address[at+1:]
	}
	quoted := len(local) >= 2 && strings.HasPrefix(local, `"`) && strings.HasSuffix(local, `"`)
	switch {
	case !utf8.ValidString(address) || strings.ContainsFunc(address, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", fmt.Errorf("address %q contains a control character", text)
	case strings.Contains(domain, ",") || !quoted && strings.Contains(local, ","):
		return "", fmt.Errorf("%q is more than one address; use one, in the form user@example.org", text)
	case strings.ContainsAny(domain, " <>\"") || !quoted && strings.ContainsAny(local, " <>\"@"):
		return "", fmt.Errorf("address %q contains a space, bracket, quote or second @; use the form user@example.org", text)
	case strings.HasSuffix(address, "@"), strings.HasPrefix(address, "@"):
		return "", fmt.Errorf("address %q lacks a part; use the form user@example.org", text)
	case len(address) > maxPath || len(local) > maxLocal:
		return "", fmt.Errorf("address %.40q... is longer than an address can be", text)
	}
	return address, nil
}

// asciiDomain returns an address with its international domain as A-labels (RFC 5890
// §2.3.2.1), which need no extension. An address with an international local part is
// returned unchanged: it needs SMTPUTF8 anyway.
func asciiDomain(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || isASCII(address) || !isASCII(address[:at]) {
		return address
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + domain
}

// isASCII reports whether an address needs no SMTPUTF8 (RFC 6531).
func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
