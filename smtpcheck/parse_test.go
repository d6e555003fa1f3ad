package smtpcheck

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"mailprobe/wire"
)

// replyOf reads one reply from what a server sends before it hangs up.
func replyOf(t *testing.T, sent []byte) (Reply, error) {
	t.Helper()
	client, server := net.Pipe()
	go func() {
		_, _ = server.Write(sent)
		_ = server.Close()
	}()
	conn := wire.NewConn(context.Background(), client, &wire.Transcript{})
	defer func() { _ = conn.Close() }()
	return readReply(conn)
}

func TestReadReply(t *testing.T) {
	for _, test := range []struct {
		sent string
		want string // the reply, or a part of the error
	}{
		{"250\r\n", `{250  [""]}`},
		{"250 \r\n", `{250  [""]}`},
		{"250-a\r\n250-\r\n250 b\r\n", `{250  ["a" "" "b"]}`},
		{"250-a\r\n250\r\n", `{250  ["a" ""]}`},
		{"550 5.1.1 no\r\n", `{550 5.1.1 ["5.1.1 no"]}`},
		{"550 5.1.1111 no\r\n", `{550  ["5.1.1111 no"]}`},
		{"250 4.1.1 odd class\r\n", `{250  ["4.1.1 odd class"]}`},
		{"250 2.0.0\n", `{250 2.0.0 ["2.0.0"]}`},
		{"25\r\n", "not an SMTP reply"},
		{"2500 x\r\n", "not an SMTP reply"},
		{"250+x\r\n", "not an SMTP reply"},
		{"199 x\r\n", "not an SMTP reply"},
		{"600 x\r\n", "not an SMTP reply"},
		{"-25 x\r\n", "not an SMTP reply"},
		{"\r\n", "not an SMTP reply"},
		{"+OK POP3\r\n", "not an SMTP reply"},
		{"250-a\r\n251 b\r\n", "codes 250 and 251"},
		{"250-a\r\n", `connection closed by the server, after "250-a"`},
		{"250-a\r\n25", "connection closed by the server"},
		{"", "connection closed by the server"},
	} {
		r, err := replyOf(t, []byte(test.sent))
		got := fmt.Sprintf("{%d %s %q}", r.Code, r.Enhanced, r.Lines)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%q: got %s, want %s", test.sent, got, test.want)
		}
	}
}

func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{"250\r\n", "250-a\r\n250 b\r\n", "220-x\n550 y\r\n", "250 2.1.5 ok\r\n", "\x00\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		r, err := replyOf(t, sent)
		if err != nil {
			return
		}
		if r.Code < 200 || r.Code > 599 || len(r.Lines) == 0 || len(r.Lines) > maxReplyLines {
			t.Errorf("%q was taken for the reply %v", sent, r)
		}
		for i, line := range bytes.SplitN(sent, []byte("\n"), len(r.Lines)+1)[:len(r.Lines)] {
			if !bytes.HasPrefix(line, fmt.Append(nil, r.Code)) {
				t.Errorf("line %d of %q does not carry code %d", i, sent, r.Code)
			}
		}
	})
}

func TestExtensions(t *testing.T) {
	e := parseExtensions([]string{"size 1000", "AUTH=LOGIN PLAIN", "AUTH plain CRAM-MD5", "", "  STARTTLS  ", "8BITMIME"})
	if got, want := e.String(), "8BITMIME, AUTH LOGIN PLAIN CRAM-MD5, SIZE 1000, STARTTLS"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.Equal(e.Mechanisms(), []string{"LOGIN", "PLAIN", "CRAM-MD5"}) || sizeLimit(e) != 1000 || !e.Has("STARTTLS") {
		t.Errorf("mechanisms %q, size %d", e.Mechanisms(), sizeLimit(e))
	}
	for _, size := range []string{"SIZE", "SIZE 0", "SIZE -1", "SIZE 99999999999999999999999", "SIZE x"} {
		if n := sizeLimit(parseExtensions([]string{size})); n != 0 {
			t.Errorf("%s: a limit of %d", size, n)
		}
	}
}

func FuzzExtensions(f *testing.F) {
	f.Add("SIZE 1000\nAUTH=LOGIN\nauth plain")
	f.Fuzz(func(t *testing.T, text string) {
		e := parseExtensions(strings.Split(text, "\n"))
		if sizeLimit(e) < 0 {
			t.Errorf("%q has size %d", text, sizeLimit(e))
		}
		for _, c := range e {
			keyword := c.Name
			if keyword == "" || keyword != strings.ToUpper(keyword) {
				t.Errorf("%q has keyword %q", text, keyword)
			}
		}
	})
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "",
		"<>":                                     "",
		"alice@example.org":                      "alice@example.org",
		"<alice@example.org>":                    "alice@example.org",
		"postmaster":                             "postmaster",
		`"a b"@example.org`:                      `"a b"@example.org`,
		"jürgen@exämple.org":                     "jürgen@exämple.org",
		"alice@[192.0.2.1]":                      "alice@[192.0.2.1]",
		"<alice@example.org":                     "error",
		"a b@example.org":                        "error",
		"a>b@example.org":                        "error",
		"@example.org":                           "error",
		"alice@":                                 "error",
		"alice@example.org\r\nX":                 "error",
		"alice\x00@example.org":                  "error",
		"alice\xff@example.org":                  "error",
		"alice@exam ple.org":                     "error",
		"alice@example.org> X":                   "error",
		strings.Repeat("a", 65) + "@example.org": "error",
		"a@" + strings.Repeat("b.example", 40) + ".org": "error",
	} {
		got, err := ParseAddress(text)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: got %q (%v), want %q", text, got, err, want)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	f.Add("<alice@example.org>")
	f.Add("a\r\nRCPT TO:<b>")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParseAddress(text); err == nil && strings.ContainsAny(a, "\r\n\x00") {
			t.Errorf("%q became %q", text, a)
		}
	})
}

func TestWriteDotted(t *testing.T) {
	for text, want := range map[string]string{
		".\r\n":                   "..\r\n.\r\n",
		"a\r\n.b\r\n..c\r\n":      "a\r\n..b\r\n...c\r\n.\r\n",
		"a.\r\nb\r\n":             "a.\r\nb\r\n.\r\n",
		"Subject: x\r\n\r\n.\r\n": "Subject: x\r\n\r\n..\r\n.\r\n",
	} {
		var out bytes.Buffer
		if _, err := writeDotted(&out, strings.NewReader(text)); err != nil || out.String() != want {
			t.Errorf("%q: got %q (%v), want %q", text, out.String(), err, want)
		}
	}
}

// TestReplyTextBounded: of a reply that floods the first lines are quoted.
func TestReplyTextBounded(t *testing.T) {
	r := Reply{Code: 250, Lines: slices.Repeat([]string{strings.Repeat("x", 1000)}, 128)}
	if n := len(r.Text()); n < maxReplyText || n > maxReplyText+2000 {
		t.Errorf("the text has %d bytes", n)
	}
	if text := (Reply{Code: 250, Lines: []string{"a", "b "}}).Text(); text != "a b" {
		t.Errorf("%q", text)
	}
}
