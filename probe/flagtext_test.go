package probe

import (
	"strings"
	"testing"
)

func TestRenameFlags(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "",
		"--user is missing":                    "<--user> is missing",
		"give -u or --password-file (--netrc)": "give <-u> or <--password-file> (<--netrc>)",
		"--starttls/--tls=off, --8bit.":        "<--starttls>/<--tls>=off, <--8bit>.",
		`the server says "use --user x"; --user is yours`: `the server says "use --user x"; <--user> is yours`,
		`"a \" --user b" --user`:                          `"a \" --user b" <--user>`,
		"an open quotation mark\" and --user":             "an open quotation mark\" and <--user>",
		"well-known a--user x---user -- - -uv --User":     "well-known a--user x---user -- - -uv --User",
	} {
		if got := RenameFlags(text, func(flag string) string { return "<" + flag + ">" }); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if got := RenameFlags(text, strings.Clone); got != text {
			t.Errorf("%s: changed to %s", text, got)
		}
	}
}
