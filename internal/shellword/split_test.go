package shellword

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The shell itself reads the same words.
func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"":                              nil,
		" \t\n":                         nil,
		"--tls require -v":              {"--tls", "require", "-v"},
		"--header 'X-Test: a b'":        {"--header", "X-Test: a b"},
		`--header "X-Test: it's \"b\""`: {"--header", `X-Test: it's "b"`},
		`a\ b "" ''`:                    {"a b", "", ""},
		`"a\b" "\$x\\" \"`:              {`a\b`, `$x\`, `"`},
		"a'b c'\"d e\"f":                {"ab cd ef"},
		"one \\\n two":                  {"one", "two"},
		"--expect=rcpt=^550":            {"--expect=rcpt=^550"},
		"\"two\nlines\"":                {"two\nlines"},
		"ä'ö ü'":                        {"äö ü"},
	} {
		got, err := Split(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
		out, err := exec.Command("/bin/sh", "-c", `set -f; set -- `+text+`
for word; do printf '%s\0' "$word"; done`).Output()
		shell := strings.Split(string(out), "\x00")
		if err != nil || !slices.Equal(shell[:len(shell)-1], append([]string{}, want...)) {
			t.Errorf("the shell reads %q as %q, %v", text, shell, err)
		}
	}
	for text, want := range map[string][]string{"$HOME *.go ~ #x a;b": {"$HOME", "*.go", "~", "#x", "a;b"}, `end\`: {`end\`}} {
		if got, err := Split(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{"a 'b": "the quotation mark ' is never closed", `a "b\"`: `the quotation mark " is never closed`} {
		if _, err := Split(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// What was quoted is read as it was, whatever it is.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"", "a b", "it's", `"a\b"`, "\\\n", "'", "\xff\x00", "--header=X: y"} {
		f.Add(seed, "second")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if words, err := Split(a); err == nil {
			quoted := make([]string, len(words))
			for i, w := range words {
				quoted[i] = Quote(w)
			}
			if again, err := Split(strings.Join(quoted, " ")); err != nil || !slices.Equal(again, words) {
				t.Errorf("%q is %q, and quoted %q, %v", a, words, again, err)
			}
		}
		if got, err := Split(Quote(a) + "\t " + Quote(b)); err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q and %q are %q, %v", a, b, got, err)
		}
	})
}
