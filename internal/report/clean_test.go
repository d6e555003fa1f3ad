package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"mailprobe/internal/cut"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"250 2.1.0 <a@b> Ok":    "250 2.1.0 <a@b> Ok",
		"\x1b[31mred":           `\x1b[31mred`,
		"a\x00b\x7f":            `a\x00b\x7f`,
		"a\u009bb":              `a\u009bb`,
		"a\x9bb":                `a\x9bb`,
		"caf\xe9":               `caf\xe9`,
		"café":                  "café",
		"one\r\ntwo\nthree\rx":  "one two three x",
		"a\tb\u00a0c\u3000d":    "a b c d",
		"a\u2028b\u2029c\u0085": "a b c ",
		"user\u202egpj.exe":     `user\u202egpj.exe`,
		"zero\u200bwidth":       `zero\u200bwidth`,
		"tag\U000e0041":         `tag\U000e0041`,
		"filler\u3164":          `filler\u3164`,
		"日本語 한국어":               "日本語 한국어",
		"📬":                     "📬",
		`back\slash`:            `back\slash`,
		"\ufffd":                "\ufffd",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanAllocs(t *testing.T) {
	text := strings.Repeat("250 2.0.0 Ok: queued as 4bXyZ ", 10)
	if n := testing.AllocsPerRun(100, func() { clean(text) }); n != 0 {
		t.Errorf("cleaning a clean text allocates %v times", n)
	}
}

func FuzzClean(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text[:min(len(text), 200)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		checkPrintable(t, got)
		if strings.Contains(got, "\n") {
			t.Errorf("clean(%q) = %q has a line break", text, got)
		}
		if again := clean(got); again != got {
			t.Errorf("clean(%q) = %q, cleaned again %q", text, got, again)
		}
		if len(got) > 10*len(text) {
			t.Errorf("clean makes %d bytes of %d", len(got), len(text))
		}
	})
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"", 5, ""}, {"12345", 5, "12345"}, {"123456", 5, "12..."}, {"日本語です", 5, "日本語です"}, {"日本語ですよ", 5, "日本..."},
	} {
		if got := cut.Runes(c.in, c.limit); got != c.want {
			t.Errorf("cut.Runes(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("some words and averyveryverylongone", 10, 3)
	f.Add("日本語のメールサーバー", 7, 2)
	f.Fuzz(func(t *testing.T, text string, width, limit int) {
		width, limit = 4+abs(width)%200, 1+abs(limit)%50
		text = clean(text)
		lines := wrap(text, width, limit)
		if len(lines) > limit {
			t.Errorf("wrap gives %d lines, more than %d", len(lines), limit)
		}
		for _, line := range lines {
			if w := displayWidth(line); w > width {
				t.Errorf("line %q has %d columns, more than %d", line, w, width)
			}
			if !utf8.ValidString(line) {
				t.Errorf("line %q is no UTF-8", line)
			}
		}
		whole := strings.Join(wrap(text, width, len(text)+1), "")
		if strings.ReplaceAll(whole, " ", "") != strings.ReplaceAll(text, " ", "") {
			t.Errorf("wrap loses text: %q of %q", whole, text)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
