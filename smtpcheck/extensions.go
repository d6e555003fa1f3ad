package smtpcheck

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Extensions are what a server offers in its answer to EHLO: the parameters by
// keyword in upper case, for keywords are case-insensitive (RFC 5321 §2.4).
type Extensions map[string]string

// parseExtensions reads the lines of an EHLO reply after the first. "AUTH=" is an
// old spelling of "AUTH " that some servers send besides it; the two are merged.
func parseExtensions(lines []string) Extensions {
	e := Extensions{}
	for _, line := range lines {
		keyword, parameters, _ := strings.Cut(strings.TrimSpace(line), " ")
		keyword = strings.ToUpper(keyword)
		if mechanism, ok := strings.CutPrefix(keyword, "AUTH="); ok {
			keyword, parameters = "AUTH", mechanism+" "+parameters
		}
		if keyword == "AUTH" {
			parameters = mergeWords(e[keyword], parameters)
		}
		if keyword != "" {
			e[keyword] = strings.TrimSpace(parameters)
		}
	}
	return e
}

// mergeWords joins two lists of words, each word once and in upper case.
func mergeWords(lists ...string) string {
	var merged []string
	for _, word := range strings.Fields(strings.ToUpper(strings.Join(lists, " "))) {
		if !slices.Contains(merged, word) {
			merged = append(merged, word)
		}
	}
	return strings.Join(merged, " ")
}

// Has tells whether a keyword, in upper case, is offered.
func (e Extensions) Has(keyword string) bool {
	_, ok := e[keyword]
	return ok
}

// Auth returns the mechanisms of AUTH (RFC 4954 §3).
func (e Extensions) Auth() []string { return strings.Fields(e["AUTH"]) }

// Size returns the largest message that is taken, in bytes; 0 where the server
// names no limit (RFC 1870 §4).
func (e Extensions) Size() int64 {
	n, err := strconv.ParseInt(e["SIZE"], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// String lists the extensions in alphabetical order.
func (e Extensions) String() string {
	var all []string
	for _, keyword := range slices.Sorted(maps.Keys(e)) {
		all = append(all, strings.TrimSpace(keyword+" "+e[keyword]))
	}
	return strings.Join(all, ", ")
}
