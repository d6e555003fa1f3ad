package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"mailprobe/probe"
	"mailprobe/wire"
)

// hostileTexts are what a server may say to do harm to whoever reads of it.
var hostileTexts = map[string]string{
	"escape":   "\x1b[31mred\x1b]0;title\x07\x1b[2J",
	"c1":       "\u009b31m\u0085next\u0090dcs",
	"c1 bytes": "\x9b31m\x85",
	"newlines": "one\ntwo\r\nthree\rfour\u2028five\u2029six\v\f",
	"forged":   "fine\nOK  other.example.org\nmailprobe_status{} 0\n# smtp x: OK",
	"nul":      "a\x00b",
	"delete":   "a\x7f\bb",
	"bidi":     "a\u202eb\u202d\u2066c\u2069\u200f\u061c",
	"hidden":   "a\u200bb\u200dc\ufeffd\u2060e\u00adf\u115fg\u3164h\U000e0041i\ufe0fj",
	"marks":    "a" + strings.Repeat("\u0301", 100),
	"latin1":   "caf\xe9 \xff\xfe\xc0\x80",
	"cjk":      "日本語のメールサーバー 한국어 中文",
	"emoji":    "📬 👩‍👩‍👧 🇩🇪",
	"html":     `<script>alert("x")</script><b onclick='y'>&amp;`,
	"nagios":   "all well | 'time'=0s;;; $(id) `id`",
	"quotes":   `a'b"c\d\x1b=e;f{g}h,i`,
	"tabs":     "a\tb\t\tc",
	"long":     strings.Repeat("x", 100<<10),
	"long cjk": strings.Repeat("長い文", 1<<10),
	"words":    strings.Repeat("many words ", 1<<10),
	"empty":    "",
	"blanks":   "   ",
	"dashes":   "--- | ---",
	"percent":  "%s%n%!d",
}

// hostile is a result that has the text in every place there is for one.
func hostile(t testing.TB, text string) *probe.Result {
	t.Helper()
	number := probe.Number(text, 1, probe.Unit(text))
	number.Text = text
	said := &wire.Transcript{}
	for _, kind := range []wire.EventKind{wire.Server, wire.Client} {
		said.Record(kind, wire.Quote(text+"\r\n"))
	}
	said.Record(wire.Comment, text)
	return &probe.Result{
		Check: text, Target: text, Address: text, Start: start, Elapsed: ms(1), Status: probe.Critical, Summary: text, Transcript: said,
		Steps: []probe.Step{
			{Name: text, Status: probe.OK, Elapsed: ms(1), Detail: text, Hint: text, Facts: []probe.Fact{probe.Text(text, text), number}},
			{Name: text, Status: probe.Critical, Elapsed: ms(1), Detail: text, Hint: text, Facts: []probe.Fact{number}},
		},
	}
}

// checkPrintable fails where a text would do more to a terminal than be read.
func checkPrintable(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("output is not UTF-8: %.200q", text)
	}
	for rest := text; rest != ""; {
		if n := plainPrefix(rest); n > 0 {
			rest = rest[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		if r != '\n' && (!printable(r) || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)) {
			t.Fatalf("output has an unprintable character: %.40q", rest)
		}
		rest = rest[n:]
	}
}

func TestHostile(t *testing.T) {
	for name, text := range hostileTexts {
		for _, format := range Formats() {
			t.Run(format+"/"+name, func(t *testing.T) {
				checkPrintable(t, printed(t, format, Options{Verbose: true, Width: 120}, hostile(t, text)))
				checkPrintable(t, printed(t, format, Options{}, hostile(t, text), session(t)))
			})
		}
	}
}

// TestForgedLines makes sure that a line of the output is the program's own.
func TestForgedLines(t *testing.T) {
	innocent := hostile(t, "fine OK other.example.org")
	for _, format := range Formats() {
		want := strings.Count(printed(t, format, Options{Width: 500}, innocent), "\n")
		got := printed(t, format, Options{Width: 500}, hostile(t, "fine\nOK\r\nother.example.org"))
		if n := strings.Count(got, "\n"); n != want {
			t.Errorf("%s: line breaks in the server's text make %d lines of %d:\n%s", format, n, want, got)
		}
	}
}
