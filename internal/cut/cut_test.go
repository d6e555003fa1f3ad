package cut

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text         string
		limit        int
		bytes, runes string
	}{
		{"", 0, "", ""},
		{"plain", 5, "plain", "plain"},
		{"plain text", 9, "plain ...", "plain ..."},
		{"ääääää", 8, "ää...", "ääääää"},
		{"ääääää", 5, "ä...", "ää..."},
		{"a\xffbcdef", 6, "a\xffb...", "a\xffb..."},
		{"a\xc3\xa4", 1, ".", "."}, // no room for the mark
	} {
		if got := Bytes(c.text, c.limit); got != c.bytes {
			t.Errorf("Bytes(%q, %d) = %q, want %q", c.text, c.limit, got, c.bytes)
		}
		if got := Runes(c.text, c.limit); got != c.runes {
			t.Errorf("Runes(%q, %d) = %q, want %q", c.text, c.limit, got, c.runes)
		}
	}
}

func TestQuoted(t *testing.T) {
	for text, want := range map[string]string{"": `""`, "plain": `"plain"`, "a\tbcdef": `"a\tbcd"...`, "abcdä": `"abcd"...`} {
		if got := Quoted(text, 5); got != want {
			t.Errorf("Quoted(%q) = %s, want %s", text, got, want)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add("ääää", 3)
	f.Add("\xe2\x82", 1)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(0, min(limit, 1000))
		b, r, p := Bytes(text, limit), Runes(text, limit), Prefix(text, limit)
		if len(b) > limit || utf8.RuneCountInString(r) > limit || !strings.HasPrefix(text, p) || len(p) > limit {
			t.Errorf("%q to %d: %q, %q, %q", text, limit, b, r, p)
		}
		if utf8.ValidString(text) && !(utf8.ValidString(b) && utf8.ValidString(r) && utf8.ValidString(p)) {
			t.Errorf("%q to %d is cut within a character: %q, %q, %q", text, limit, b, r, p)
		}
		if utf8.ValidString(text) && len(text) > limit && len(p) < limit-3 {
			t.Errorf("the prefix of %q to %d is %q", text, limit, p)
		}
	})
}
