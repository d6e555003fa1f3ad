package transport

import (
	"strings"
	"testing"
	"unicode/utf8"

	"mailprobe/probe"
)

// A line that is accepted is one line of text, begins with a command that is not taken, and
// what is wrong with another one is said in one line.
func FuzzCommand(f *testing.F) {
	for _, seed := range []string{"ehlo=NOOP", "ehlo= NOOP", "rcpt-2=VRFY a", "ehlo=starttls", "ehlo=uid store 1", "ehlo=A\r\nB", "ehlo=\x00", "quit=NOOP", "=NOOP", "ehlo", "ehlo=\xff"} {
		f.Add(seed)
	}
	language := Language{Steps: []string{"greeting", "ehlo", "rcpt", "quit"}, Closed: []string{"quit"}, Longest: 40,
		Taken: map[string]probe.OptionName{"STARTTLS": "tls", "IDLE": ""}, Spoiling: []string{"DELE", "UID STORE"}}
	f.Fuzz(func(t *testing.T, text string) {
		var c Commands
		err := c.Set(text)
		if err == nil {
			err = c.Prepare(language)
		}
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") || !utf8.ValidString(err.Error()) {
				t.Errorf("%q: the error is %q", text, err)
			}
			return
		}
		line := c[0].Line
		words := strings.Fields(strings.ToUpper(line))
		switch {
		case len(words) == 0, len(line) > language.Longest, strings.ContainsAny(line, "\r\n\x00"), words[0] == "STARTTLS", words[0] == "IDLE", words[0] == "DELE",
			len(words) > 1 && words[0] == "UID" && words[1] == "STORE":
			t.Errorf("%q was accepted", text)
		}
	})
}
