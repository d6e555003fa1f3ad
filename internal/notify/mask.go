package notify

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"mailprobe/wire"
)

// masked masks what is secret of a request in the text of its answer: servers like to repeat
// what they do not accept, as a whole or in parts.
func masked(text string, asked []*url.URL, keys []string) string {
	secrets := slices.Clone(keys)
	for _, u := range asked {
		secrets = append(secrets, secretsOf(u)...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) }) // a part is not masked first
	for _, secret := range secrets {
		if len(secret) > len("/") {
			text = strings.ReplaceAll(text, secret, wire.Mask)
		}
	}
	return text
}

// secretsOf returns what may be secret of a URL: the path, the query, their parts that are
// no words, and the password.
func secretsOf(u *url.URL) []string {
	password, _ := u.User.Password()
	secrets := []string{u.RequestURI(), u.EscapedPath(), u.Path, u.RawQuery, password}
	parts := append(strings.Split(u.Path, "/"), strings.Split(u.EscapedPath(), "/")...)
	for _, pair := range strings.Split(u.RawQuery, "&") {
		_, value, _ := strings.Cut(pair, "=")
		parts = append(parts, value)
	}
	for _, values := range u.Query() {
		parts = append(parts, values...)
	}
	return append(secrets, slices.DeleteFunc(parts, isWord)...)
}

// isWord reports whether a part of a URL is a word, such as "services" or "v1", rather than
// a key.
func isWord(part string) bool {
	const shortKey, longWord = 6, 16
	plain := !strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsLower(r) && r != '-' && r != '_' })
	return len(part) < shortKey || plain && len(part) < longWord
}

// headerKeys returns what may be secret of header fields: their values, and of those such as
// "Bearer KEY" the last word.
func headerKeys(fields map[string]string) (keys []string) {
	for _, value := range fields {
		keys = append(keys, value, value[strings.LastIndex(value, " ")+1:])
	}
	return keys
}
