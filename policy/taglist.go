package policy

import (
	"errors"
	"fmt"
	"strings"
)

// tag is one of a list "name=value; name=value" (RFC 6376 §3.2), without the white space
// around it.
type tag struct{ name, value string }

// parseTags reads a list of tags. Odd are parts that are no tag; twice names the tags that
// stand more than once, which makes the whole list invalid.
func parseTags(text string) (tags []tag, odd []error, twice []string) {
	seen := map[string]bool{}
	parts := strings.Split(text, ";")
	for i, part := range parts {
		part = strings.Trim(part, " \t\r\n")
		if part == "" {
			if i < len(parts)-1 {
				odd = append(odd, errors.New("an empty tag stands before a semicolon"))
			}
			continue
		}
		name, value, found := strings.Cut(part, "=")
		t := tag{strings.TrimRight(name, " \t\r\n"), strings.TrimLeft(value, " \t\r\n")}
		switch {
		case !found:
			odd = append(odd, fmt.Errorf("%q has no =", part))
			continue
		case !isTagName(t.name):
			odd = append(odd, fmt.Errorf("%q is not the name of a tag", t.name))
			continue
		case seen[t.name]:
			twice = append(twice, t.name)
		}
		seen[t.name] = true
		tags = append(tags, t)
	}
	return tags, odd, twice
}

func isTagName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != ""
}

// get returns the value of a tag.
func get(tags []tag, name string) (value string, ok bool) {
	for _, t := range tags {
		if t.name == name {
			return t.value, true
		}
	}
	return "", false
}
