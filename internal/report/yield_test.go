package report

import (
	"strings"
	"testing"

	"mailprobe/probe"
)

func TestYield(t *testing.T) {
	long := strings.Repeat("0123456789", 10)
	for _, c := range []struct {
		name, text string
		width      int
		want       string
	}{
		{"short enough", `the server said "250 ok", fine`, 30, `the server said "250 ok", fine`},
		{"the quotation gives way", `said "` + long + `": LIST said it has 268`, 70,
			`said "` + long[:18] + ` ... ` + long[100-18:] + `": LIST said it has 268`},
		{"the longer of two", `"` + long[:30] + `" is not "` + long + `"`, 90, `"` + long[:30] + `" is not "` + long[:22] + ` ... ` + long[100-21:] + `"`},
		{"nothing is quoted", "x" + long, 50, "x" + long},
		{"never closed", `"` + long, 50, `"` + long},
		{"an escaped mark", `"a \" ` + long + `" is no "b"`, 60, `"a \" ` + long[:17] + ` ... ` + long[100-21:] + `" is no "b"`},
		{"no more than there is", `"` + long + `" ` + long, 20, `"` + long[:12] + ` ... ` + long[100-12:] + `" ` + long},
	} {
		if got := yield(c.text, c.width); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestReasonWhole makes sure that whatever a server says, the reason stands whole in
// the headline, in the row, in the steps, and in a plug-in's line.
func TestReasonWhole(t *testing.T) {
	const reason = "which belongs to another command"
	said := strings.Repeat("550 5.7.1 nobody here may say so much ", 20)
	text := `greeting: the server said "` + said + `", ` + reason
	r := failed("mx.example.org", probe.Critical, text)
	r.Steps[0].Name, r.Steps[0].Detail = "greeting", strings.TrimPrefix(text, "greeting: ")
	for name, got := range map[string]string{
		"full":   printed(t, "table", Options{}, r),
		"rows":   printed(t, "table", Options{}, r, ping()),
		"nagios": printed(t, "nagios", Options{}, r),
	} {
		flat := strings.Join(strings.Fields(got), " ")
		if n := strings.Count(flat, reason); n < strings.Count(name, "full")+1 {
			t.Errorf("%s has the reason %d times:\n%s", name, n, got)
		}
	}
}

// TestBlanksStay makes sure that blanks in a server's words are shown as they came.
func TestBlanksStay(t *testing.T) {
	r := failed("mx.example.org", probe.Warning, `list: "1   120" has several blanks`)
	r.Steps[0].Detail = `the server said "1   120"`
	if got := printed(t, "table", Options{}, r); strings.Count(got, `"1   120"`) != 2 {
		t.Errorf("the blanks are not as they came:\n%s", got)
	}
}

func TestWrapBlanks(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a  b", "a  b"}, {"  a b  ", "a b"}, {"", ""}, {"   ", ""},
		{"one two   three", "one two\nthree"}, {"aaaa" + strings.Repeat(" ", 40) + "b", "aaaa\nb"},
	} {
		if got := strings.Join(wrap(c.text, 10, 5), "\n"); got != c.want {
			t.Errorf("wrap(%q) is %q, want %q", c.text, got, c.want)
		}
	}
}
