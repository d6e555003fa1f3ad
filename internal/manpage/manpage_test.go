package manpage

import (
	"os/exec"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// page has everything that a page can have, and what troff would take for its own.
func page() *Page {
	p := &Page{}
	p.Title("mail-probe", "1", "2026-11-29", "v1.0 \"x\"", "Manual")
	p.Name("mail-probe", "check 'mail' \\fBnow")
	p.Heading("DESCRIPTION")
	p.Prose("First line\n.SH not a heading\n'br not a macro\n\n  $ mail-probe -x \"^~`\\n\"\n\n    deeper\n\nLast paragraph.")
	p.Heading("OPTIONS")
	p.Item(Bold("--to")+" "+Italic("NAME"), "the name; \\*[x] is text")
	p.Deeper()
	p.Item(Bold("..."), ".begins with a dot")
	p.Back()
	p.Subheading("More")
	p.Prose("text")
	p.See("mail-probe.yaml(5)", "x(1)")
	return p
}

// TestRendered: a reader sees the text as it was passed.
func TestRendered(t *testing.T) {
	tool := reporttest.Tool(t, "mandoc")
	cmd := exec.CommandContext(t.Context(), tool, "-Tascii", "-O", "width=80")
	cmd.Stdin = strings.NewReader(page().String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	var plain []rune
	for _, r := range string(out) { // bold is x, backspace, x
		if r == '\b' {
			plain = plain[:len(plain)-1]
			continue
		}
		plain = append(plain, r)
	}
	for _, want := range []string{
		"mail-probe - check 'mail' \\fBnow\n", "First line .SH not a heading 'br not a macro\n",
		"\n           $ mail-probe -x \"^~`\\n\"\n", "\n           deeper\n", "--to NAME\n", "the name; \\*[x] is text", ".begins with a dot",
		"mail-probe.yaml(5), x(1)\n", "v1.0 \"x\"",
	} {
		if !strings.Contains(string(plain), want) {
			t.Errorf("%q is not in\n%s", want, string(plain))
		}
	}
}

// TestLint: mandoc finds nothing wrong with a page.
func TestLint(t *testing.T) {
	tool := reporttest.Tool(t, "mandoc")
	cmd := exec.CommandContext(t.Context(), tool, "-Tlint", "-Wstyle")
	cmd.Stdin = strings.NewReader(page().String())
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s%s", err, out, page())
	}
}
