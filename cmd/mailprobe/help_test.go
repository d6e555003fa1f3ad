package main

import (
	"io"
	"regexp"
	"strings"
	"testing"
)

// TestHelpTopics: the help of a check lists flags under headings, each flag once.
func TestHelpTopics(t *testing.T) {
	for command, headings := range map[string]string{
		"smtp":    "FLAGS TLS LOG-IN SESSION MESSAGE FLEET",
		"imap":    "FLAGS TLS LOG-IN MAILBOX SESSION FLEET",
		"pop3":    "FLAGS TLS LOG-IN MAILBOX SESSION FLEET",
		"deliver": "FLAGS MESSAGE THE SERVER OF --VIA THE SERVER OF --FETCH",
		"ping":    "FLAGS FLEET",
	} {
		var out strings.Builder
		run([]string{command, "--help"}, strings.NewReader(""), &out, io.Discard)
		_, flags, _ := strings.Cut(out.String(), "\n\nUSAGE\n")
		flags, _, _ = strings.Cut(flags, "\n\nEXIT STATUS\n")
		found := regexp.MustCompile(`(?m)^[A-Z].*`).FindAllString(flags, -1)
		if got := strings.Join(found, " "); got != headings {
			t.Errorf("%s has the headings %s", command, got)
		}
		names := regexp.MustCompile(`(?m)^(?:  -\w, |      )(--[\w-]+)`).FindAllStringSubmatch(flags, -1)
		seen := map[string]bool{}
		for _, name := range names {
			if seen[name[1]] {
				t.Errorf("%s lists %s twice", command, name[1])
			}
			seen[name[1]] = true
		}
	}
}
