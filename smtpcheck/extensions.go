package smtpcheck

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mailprobe/transport"
)

// Extensions are what a server offers in its answer to EHLO, in alphabetical order and
// with keywords in capitals, as letter case does not matter (RFC 5321 §2.4).
type Extensions = transport.Capabilities

// parseExtensions reads the lines of an EHLO reply after the first. "AUTH=" is an
// old spelling of "AUTH " that some servers send besides it; the two are merged.
func parseExtensions(lines []string) Extensions {
	var e Extensions
	for _, line := range lines {
		words := strings.Fields(strings.Replace(line, "=", " ", authEquals(line)))
		if len(words) == 0 {
			continue
		}
		one := transport.Capability{Name: strings.ToUpper(words[0]), Params: words[1:]}
		if one.Name == "AUTH" {
			one.Params = mergeWords(e.Params("AUTH"), one.Params)
		}
		e = append(slices.DeleteFunc(e, func(have transport.Capability) bool { return have.Name == one.Name }), one)
	}
	slices.SortFunc(e, func(a, b transport.Capability) int { return cmp.Compare(a.Name, b.Name) })
	return e
}

// authEquals returns 1 where a line has the old spelling of AUTH, else 0.
func authEquals(line string) int {
	if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(line)), "AUTH=") {
		return 1
	}
	return 0
}

// mergeWords joins two lists of words, each word once and in upper case.
func mergeWords(a, b []string) []string {
	var merged []string
	for _, word := range slices.Concat(a, b) {
		if word = strings.ToUpper(word); !slices.Contains(merged, word) {
			merged = append(merged, word)
		}
	}
	return merged
}

// sizeLimit returns the size of the largest message that the server takes, in bytes; 0 if
// it names no limit (RFC 1870 §4).
func sizeLimit(e Extensions) int64 {
	n, err := strconv.ParseInt(strings.Join(e.Params("SIZE"), " "), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
