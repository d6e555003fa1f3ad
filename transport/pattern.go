package transport

import (
	"regexp"
	"slices"
	"sync"
)

// Pattern returns a regular expression that is compiled at its first use: most runs need
// few of them.
func Pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var patterns sync.Map // of what Pattern returns, by one alternative of a row's words

// maxText bounds, in bytes, how much of a server's text is matched: its meaning is at the
// beginning, and the server must not choose how long matching takes.
const maxText = 1 << 10

// saying is a server's text, as it is and folded.
type saying struct{ text, folded string }

func sayingOf(text string) saying {
	text = text[:min(len(text), maxText)]
	return saying{text, fold(text)}
}

// has reports whether the words of a row match.
func (s saying) has(words string) bool {
	return slices.ContainsFunc(likely(words, s.folded), func(one string) bool {
		compiled, ok := patterns.Load(one)
		if !ok {
			compiled, _ = patterns.LoadOrStore(one, Pattern("(?i)"+one))
		}
		return compiled.(func() *regexp.Regexp)().MatchString(s.text)
	})
}
