package settings

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"mailprobe/internal/report"
	"mailprobe/probe"
	"mailprobe/wire"
)

// Problem is an error in a file, or a warning.
type Problem struct {
	// File, Line and Column are its position, the latter two from 1; Line is 0 where the
	// problem concerns the whole file.
	File         string
	Line, Column int
	// Text says what is wrong and what would be right.
	Text string
	// Warning is set where the file can be used nevertheless.
	Warning bool

	source string // the line itself
	width  int    // how many characters of it the problem covers
}

// WithoutSource returns the problem without the line of the file, for one of whose lines
// nobody knows which are secrets.
func (p Problem) WithoutSource() Problem {
	p.source = ""
	return p
}

// The limits of a line that is shown, in characters: it fits a terminal together with its
// number, and the problem is in sight.
const (
	maxSourceLine = 72
	sourceBefore  = 40 // shown before the problem, where the line is longer
)

// String returns the position and the text on one line, and below it the line of the file
// with a caret, secrets masked.
func (p Problem) String() string {
	where := report.Clean(p.File)
	if p.Line > 0 {
		where += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	kind := "error"
	if p.Warning {
		kind = "warning"
	}
	text := fmt.Sprintf("%s: %s: %s\n", where, kind, report.Clean(p.Text))
	if p.source == "" {
		return text
	}
	return text + p.caret()
}

// caret returns the line of the file, and a caret below the problem.
func (p Problem) caret() string {
	line := strings.ReplaceAll(p.source, "\t", " ")
	shown, column, width := maskLine(line), p.Column, max(p.width, 1)
	if shown != line { // what is masked has another length
		prefix := runePrefix(line, p.Column-1)
		column = min(utf8.RuneCountInString(maskLine(prefix)), utf8.RuneCountInString(shown)) + 1
		width = 1
	}
	shown, column = window(shown, column)
	number := fmt.Sprintf("%5d | ", p.Line)
	width = max(min(width, utf8.RuneCountInString(shown)-column+1), 1)
	return number + report.Clean(shown) + "\n" + strings.Repeat(" ", len(number)+column-1) + "^" + strings.Repeat("~", width-1) + "\n"
}

// window returns the part of a long line around a column, and the column in that part.
func window(line string, column int) (string, int) {
	all := []rune(line)
	if len(all) <= maxSourceLine {
		return line, column
	}
	const gap = "..."
	from := max(0, min(column-1-sourceBefore, len(all)-maxSourceLine))
	till := min(from+maxSourceLine, len(all))
	part := string(all[from:till])
	if from > 0 {
		part, column = gap+part, column+len(gap)
	}
	if till < len(all) {
		part += gap
	}
	return part, column - from
}

// runePrefix returns the first n characters.
func runePrefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

var (
	secretKey = pattern(`(?i)\b([\w-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|authorization|credential)s?)("?\s*:\s*)(\S.*)`)
	urlSecret = pattern(`(://[^/\s"',}\]]*|\b(?:url|webhook|heartbeat|start)"?\s*:\s*["']?[^/:\s"',}\]]*(?::\d+)?)([/?][^\s"',}\]]+)`)
	userInfo  = pattern(`(://|["'\s]|^)([^\s:@/"']+):([^\s/"']+)@`)
	urlKeys   = pattern(`(?i)\b(url|webhook|heartbeat|start)"?\s*:`)
)

// NamesSecret reports whether a key is named like one whose value is a secret.
func NamesSecret(key string) bool { return secretKey().MatchString(key + ": x") }

// pattern returns a regular expression that is compiled on first use.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// maskLine masks what may be a secret in a line of the file: the value of a key
// that is named like one, a password before an @, and the path of an address that
// is called from here, with or without its scheme, which is often a key to it.
func maskLine(line string) string {
	line = secretKey().ReplaceAllString(line, "$1$2"+wire.Mask)
	line = userInfo().ReplaceAllString(line, "$1$2:"+wire.Mask+"@")
	if urlKeys().MatchString(line) {
		line = urlSecret().ReplaceAllString(line, "$1/"+wire.Mask)
	}
	return line
}

// Masked returns a line of a file with what may be a secret in it masked.
func Masked(line string) string { return maskLine(line) }

// Problems are all problems of a file.
type Problems []Problem

// Errors returns those that make the file unusable.
func (all Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(all), func(p Problem) bool { return p.Warning })
}

// String returns all of them in the order of the file.
func (all Problems) String() string {
	var b strings.Builder
	for _, p := range all.sorted() {
		b.WriteString(p.String())
	}
	return b.String()
}

func (all Problems) sorted() Problems {
	list := slices.Clone(all)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(list)
}

// Error implements error.
func (all Problems) Error() string { return strings.TrimSuffix(all.String(), "\n") }

// Tally returns the numbers of errors and warnings in words.
func (all Problems) Tally() string {
	list := all.sorted()
	errors := len(list.Errors())
	return probe.Count(errors, "error") + ", " + probe.Count(len(list)-errors, "warning")
}
