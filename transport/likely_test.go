package transport

import (
	"regexp"
	"strings"
	"testing"
)

func TestLikely(t *testing.T) {
	for _, c := range []struct {
		expression, text string
		want             bool
	}{
		{`throttl|rate.?limit`, "throttled", true},
		{`throttl|rate.?limit`, "the rate", false},
		{`quota (is )?(exceeded|reached)`, "quota reached", true},
		{`quota (is )?(exceeded|reached)`, "quota is 7", false},
		{`log-?ins? (is )?disabled`, "login disabled", true},
		{`abc?d`, "abd", true},
		{`abc+d`, "abd", false},
		{`ab{0,2}cde`, "acde", true},
		{`ab{1,2}cde`, "acde", false},
		{`.{0,40}|user`, "", true},
		{`\bi/o error\b`, "error of i/o", false},
		{`\+t bit`, "t bit", false},
		{`[)|(]?busy`, "busy", true},
		{`授权码`, "授权", false},
		{`MASK`, "masK", true},
		{`σ`, "ς", true},
		// what is not known is likely
		{`a(?i:b)`, "", true},
		{`\pLuser`, "", true},
		{`\Quser`, "", true},
		{`[[:alpha:]]user`, "", true},
		{`a{x}`, "", true},
		{`(user`, "", true},
	} {
		if got := likely(c.expression, fold(c.text)); (got != nil) != c.want {
			t.Errorf("%s: %q are likely in %q", c.expression, got, c.text)
		}
	}
}

// FuzzLikely: what an expression matches, one of its likely alternatives does.
func FuzzLikely(f *testing.F) {
	for _, words := range []string{RowConnections.Words, RowLocked.Words, RowTLS.Words, RowMissing.Words, `a{0}b+|c??d`, `^(?:x|y)*z$`} {
		f.Add(words, "maximum number of connections, the maildrop is locked, no such mailbox, b d z")
	}
	f.Add("mask", "MAſK")
	f.Add("key", "\u212aEY")
	f.Fuzz(func(t *testing.T, words, text string) {
		compiled, err := regexp.Compile("(?i)" + words)
		if err != nil || len(words) > 1000 || len(text) > maxText {
			return
		}
		if want, got := compiled.MatchString(text), sayingOf(text).has(words); got != want {
			t.Errorf("%q matches %q: %t, want %t", words, text, got, want)
		}
	})
}

// TestMaxText: how long a reply is looked at is not for the server to choose.
func TestMaxText(t *testing.T) {
	table := Table{{Words: "busy"}}
	for length, want := range map[int]bool{maxText - len("busy"): true, maxText: false, 1 << 20: false} {
		if got := table.Find(Evidence{Text: strings.Repeat("é", length/2) + "busy"}); (got != nil) != want {
			t.Errorf("after %d bytes: %v", length, got)
		}
	}
}
