package transport

import (
	"strings"

	"mailprobe/wire"
)

// A provider that refuses a log-in may answer with the address of a page that signs its
// reader in: Gmail does, over several lines of a reply of SMTP.

// pageQuery finds what follows the question mark of a page's address. It is a token
// where it is long; a short one is the number of a page of help.
var pageQuery = Pattern(`https?://[^\s<>"?]+\?([^\s<>"\])]{24,})`)

// shortestPart is the length, in bytes, of the shortest part of an address on a line of
// its own that is taken for one.
const shortestPart = 8

// pageTokens returns what in the addresses of pages could sign somebody in. One in angle
// brackets goes on until they are closed, on further lines of the reply.
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
