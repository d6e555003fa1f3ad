package probe

import (
	"fmt"
	"strings"
)

// FileIn returns where in a value of the type the name of a file begins; -1 for nowhere.
func (t Type) FileIn(text string) int {
	switch t {
	case TypeFile, TypeDirectory:
		return 0
	case TypeContent:
		if strings.HasPrefix(text, "@") && !strings.HasPrefix(text, "@@") {
			return 1
		}
	case TypeSigner:
		if parts := strings.SplitAfterN(text, ":", 3); len(parts) == 3 {
			return len(parts[0]) + len(parts[1])
		}
	}
	return -1
}

// splitAddresses splits a list of mail addresses at its commas. One in a quoted local part
// (RFC 5321 §4.1.2) separates nothing.
func splitAddresses(text string) ([]string, error) {
	var all []string
	begin, quoted, escaped := 0, false, false
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			all, begin = append(all, strings.TrimSpace(text[begin:i])), i+1
		}
	}
	if quoted {
		return nil, fmt.Errorf("address %q has a quote without an end", text)
	}
	all = append(all, strings.TrimSpace(text[begin:]))
	if len(all) == 1 {
		return []string{text}, nil
	}
	for _, each := range all {
		if each == "" {
			return nil, fmt.Errorf("%q has an empty address in it; one comma separates two addresses", text)
		}
	}
	return all, nil
}
