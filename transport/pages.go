package transport

import (
	"strings"

	"mailprobe/wire"
)

// A provider that refuses a log-in may answer with the address of a page that signs its
// reader in: Gmail does, over several lines of a reply of SMTP.

// pageQuery matches the query of a page's address. A long one is a token, a short one the
// number of a help page.
var pageQuery = Pattern(`https?://[^\s<>"?]+\?([^\s<>"\])]{24,})`)

// shortestPart is the least length, in bytes, of a continued address on a line of its
// own.
const shortestPart = 8

// pageTokens returns the parts of page addresses that could sign somebody in. An address
// in angle brackets may continue on further lines of the reply.
func pageTokens(lines []string) (tokens []wire.Secret) {
	open := false
	for _, line := range lines {
		words := strings.Fields(line)
		if open && len(words) > 1 {
			part, _, closed := strings.Cut(words[1], ">") // after "534-5.7.14"
			if len(part) >= shortestPart {
				tokens = append(tokens, wire.Secret(part))
			}
			open = !closed
			continue
		}
		for _, m := range pageQuery().FindAllStringSubmatch(line, -1) {
			tokens = append(tokens, wire.Secret(m[1]))
			_, after, _ := strings.Cut(line, m[1])
			open = strings.Contains(line, "<http") && !strings.Contains(after, ">")
		}
	}
	return tokens
}
