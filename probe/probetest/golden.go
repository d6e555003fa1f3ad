package probetest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mailprobe/probe"
)

// Golden writes results in the form of a want section: "STATUS summary", then for
// each step "STATUS name: detail" with its hint, cause and facts indented below. Several
// results have their targets above them.
func Golden(results ...*probe.Result) string {
	var b strings.Builder
	for i, r := range results {
		if i > 0 {
			b.WriteByte('\n')
		}
		if len(results) > 1 {
			fmt.Fprintf(&b, "# %s\n", line(r.Target))
		}
		fmt.Fprintf(&b, "%s %s\n", r.Status, line(r.Summary))
		for _, s := range r.Steps {
			writeStep(&b, s)
		}
	}
	return b.String()
}

func writeStep(b *strings.Builder, s probe.Step) {
	fmt.Fprintf(b, "%s %s", s.Status, s.Name)
	if s.Detail != "" {
		fmt.Fprintf(b, ": %s", line(s.Detail))
	}
	b.WriteByte('\n')
	if s.Hint != "" {
		fmt.Fprintf(b, "  hint: %s\n", line(s.Hint))
	}
	if s.Cause != nil {
		fmt.Fprintf(b, "  cause: %s (%s)", s.Cause.Name, s.Cause.Blame)
		for _, also := range s.Also {
			fmt.Fprintf(b, ", or %s", also.Name)
		}
		b.WriteByte('\n')
	}
	for _, f := range s.Facts {
		if f.Role == probe.Identifier { // those of a certificate that is made for the test
			continue
		}
		fmt.Fprintf(b, "  %s = %s", f.Name, line(f.Text))
		if f.Status != probe.OK {
			fmt.Fprintf(b, " (%s)", f.Status)
		}
		b.WriteByte('\n')
	}
}

// line keeps text on one line and everything in it visible.
func line(text string) string {
	var b strings.Builder
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
