package delivery_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/mailtest"
	"mailprobe/probe"
)

// Whatever the message is made of, it is known again and compared.
func TestOwnMessage(t *testing.T) {
	data := filepath.Join(t.TempDir(), "plan.csv")
	must(t, os.WriteFile(data, bytes.Repeat([]byte("a,b,\xff\n"), 5000), 0o600))
	for name, test := range map[string]struct {
		args []string
		has  []string
	}{
		"fields":  {[]string{"--subject", "Grüße", "--header", "X-Tag: 7", "--header", "Auto-Submitted: no"}, []string{"\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n", "\r\nX-Tag: 7\r\n", "\r\nAuto-Submitted: no\r\n", "This message tests"}},
		"a text":  {[]string{"--body", "über\n\n\n"}, []string{"=C3=BCber"}},
		"parts":   {[]string{"--body", "plain", "--html", "<p>rich</p>", "--attach", data}, []string{"<p>rich</p>", "plan.csv", "multipart/mixed"}},
		"a shape": {[]string{"--size", "20kB", "--8bit", "--subject", "x"}, []string{"\r\nSubject: x\r\n", "Content-Transfer-Encoding: 8bit"}},
	} {
		t.Run(name, func(t *testing.T) {
			var seen recorder
			l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Alter: seen.see}})
			l.deliver(test.args...).is(probe.OK, "body unchanged")
			for _, want := range test.has {
				if !bytes.Contains(seen.last, []byte(want)) {
					t.Errorf("there is no %q in\n%.1500s", want, seen.last)
				}
			}
			for _, once := range []string{"Message-ID: <mailprobe.", "X-Mailprobe-Run: run=", "Subject: "} {
				if n := bytes.Count(bytes.ToLower(seen.last), []byte("\r\n"+strings.ToLower(once))); n != 1 {
					t.Errorf("%q is there %d times", once, n)
				}
			}
			l.holds(0)
		})
	}
}

// A body of one's own that is changed on the way is found out, by a later run as well.
func TestOwnMessageAltered(t *testing.T) {
	footer := func(m []byte) []byte { return append(m[:len(m):len(m)], "-- \r\nscanned\r\n"...) }
	l := newLab(t, mailtest.Config{Faults: mailtest.Faults{Alter: footer}})
	l.deliver("--body", "as it is").is(probe.Warning, `14 bytes after the end of the body that was sent: "-- `).fact("body", "extended")
	l.deliver("--body", "as it is", "--send-only").is(probe.OK)
	l.awaits(1)
	l.deliver("--judge").is(probe.Warning, `14 bytes after the end`).fact("body", "extended").because("judge", "body-extended")
	l.faults(mailtest.Faults{Alter: func(m []byte) []byte { return bytes.Replace(m, []byte("as it is"), []byte("as it was"), 1) }})
	l.deliver("--body", "as it is", "--send-only").is(probe.OK)
	l.awaits(1)
	l.deliver("--judge").is(probe.Critical, "it has 11 bytes, and was sent with 10").because("judge", "body-altered")
}

// What is wrong with the message is an error before anything is sent.
func TestOwnMessageErrors(t *testing.T) {
	l := newLab(t, mailtest.Config{})
	for want, args := range map[string][]string{
		`--header "message-id": this field is mailprobe's own`:    {"--header", "message-id: <x@y>"},
		`--header "X-Mailprobe-Run": this field`:                  {"--header", "X-Mailprobe-Run: x"},
		`is not "Name: value" on one line`:                        {"--header", "no field"},
		"--subject has a line break":                              {"--subject", "a\nb"},
		"--attach: ":                                              {"--attach", "/nonexistent"},
		"--size is for the text that mailprobe makes; leave out ": {"--body", "x", "--size", "1kB"},
	} {
		if err := prepare(t, l.args(args...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
