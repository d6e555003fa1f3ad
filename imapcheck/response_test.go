package imapcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"mailprobe/probe/probetest"
	"mailprobe/transport"
	"mailprobe/wire"
)

// answered is a session in which the answer to the first command is the next that
// is read.
func answered(answer string) *Session {
	s := NewSession(probetest.Said(answer))
	s.owed = false
	return s
}

// fetched is the answer to a fetch of a message with UID 7.
func fetched(item string) string {
	return "* 1 FETCH (UID 7 " + item + ")\r\nA1 OK\r\n"
}

func TestFetch(t *testing.T) {
	long := strings.Repeat("x", 20*wire.MaxLine)
	for _, test := range []struct{ name, answer, want string }{
		{"a literal", fetched("BODY[] {7}\r\nab\r\nc\r\n"), "ab\r\nc\r\n"},
		{"bytes as they are", fetched("BODY[] {10}\r\n\x00\xff)\r\nA1 OK"), "\x00\xff)\r\nA1 OK"},
		{"an empty literal", fetched("BODY[] {0}\r\n"), ""},
		{"a long one", fetched(fmt.Sprintf("BODY[] {%d}\r\n%s", len(long), long)), long},
		{"a quoted string", fetched(`BODY[] "a \"b\" {3}"`), `a "b" {3}`},
		{"lower case", fetched("body[] {1}\r\nx"), "x"},
		{"a binary literal", fetched("BODY[] ~{1}\r\nx"), "x"},
		{"UID at the end", "* 1 FETCH (BODY[] {1}\r\nx UID 7)\r\nA1 OK\r\n", "x"},
		{"news before and after", "* 2 EXISTS\r\n* 2 FETCH (FLAGS () UID 8)\r\n* 1 FETCH (UID 7 BODY[] {1}\r\nx)\r\n* 2 FETCH (FLAGS ())\r\nA1 OK\r\n", "x"},
		{"another message", "* 1 FETCH (UID 8 BODY[] {1}\r\nx)\r\nA1 OK\r\n", "error: the response FETCH"},
		{"no UID", "* 1 FETCH (BODY[] {1}\r\nx)\r\nA1 OK\r\n", "error: the response FETCH"},
		{"twice", fetched("BODY[] {1}\r\nx BODY[] {1}\r\ny"), "error: the response FETCH"},
		{"nothing", "A1 OK\r\n", "error: " + ErrNoMessage.Error()},
		{"NIL", fetched("BODY[] NIL"), "error: " + ErrNoMessage.Error()},
		{"refused", "A1 NO\r\n", "error: the server refused UID FETCH"},
		{"too long", fetched("BODY[] {100000}\r\nx"), "error: too much: a literal of 100000 bytes"},
		{"too long in quotes", fetched(`BODY[] "` + long[:60_000] + long[:40_000] + `"`), "error: too much: a line of more than 65536 bytes"},
		{"cut short", "* 1 FETCH (UID 7 BODY[] {10}\r\nab", "error: connection closed"},
		{"no end", "* 1 FETCH (UID 7 BODY[] {2}\r\nab", "error: connection closed"},
		{"garbage", "* 1 FETCH (UID 7 BODY[] {2}\r\nab]\r\nA1 OK\r\n", "error: the response FETCH"},
	} {
		var got bytes.Buffer
		n, err := answered(test.answer).Fetch(&got, 7, 90_000)
		if err != nil {
			if text := "error: " + err.Error(); !strings.HasPrefix(text, test.want) || !strings.HasPrefix(test.want, "error: ") {
				t.Errorf("%s: got %q, want %.80q", test.name, text, test.want)
			}
			continue
		}
		if got.String() != test.want || n != int64(len(test.want)) {
			t.Errorf("%s: got %d bytes %.80q, want %.80q", test.name, n, &got, test.want)
		}
	}
}

func TestAnnouncement(t *testing.T) {
	for _, test := range []struct {
		line string
		size int64 // -1 for none
		body bool
	}{
		{"1 FETCH (UID 7 BODY[] {7}", 7, true},
		{"1 FETCH (body[text]<0> ~{0}", 0, true},
		{`1 FETCH (BODY[HEADER.FIELDS (To "[")]<12> {3}`, 3, true},
		{"1 FETCH (BODY[]<> {3}", 3, false},
		{"1 FETCH (BODY[]<a> {3}", 3, false},
		{"1 FETCH (BODY[]] {3}", 3, false},
		{"1 FETCH (BODY[]{3}", 3, false},
		{"1 FETCH (BODY[] UID {3}", 3, false},
		{"1 FETCH (BODYSTRUCTURE {3}", 3, false},
		{"1 FETCH (BODY[] {}", -1, false},
		{"1 FETCH (BODY[] {3} ", -1, false},
		{"1 FETCH (BODY[] {x3}", -1, false},
		{"3}", -1, false},
		{"}", -1, false},
	} {
		size, ok, err := announced(test.line)
		if ok != (test.size >= 0) || ok && size != test.size || err != nil {
			t.Errorf("%q announces %d, %v, %v", test.line, size, ok, err)
		}
		if got := ok && announcesBody(test.line); got != test.body {
			t.Errorf("%q announces a body: %v", test.line, got)
		}
	}
	for _, line := range []string{"X {3+}", "X {9223372036854775808}"} {
		if _, _, err := announced(line); !isProtocolError(err) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// A writer that fails ends the session: the rest of the literal was not read.
func TestFetchToNowhere(t *testing.T) {
	full := errors.New("no space left")
	s := answered(fetched("BODY[] {5}\r\nhello"))
	if _, err := s.Fetch(failing{full}, 7, 100); !errors.Is(err, full) {
		t.Error(err)
	}
	if _, err := s.Noop(); !errors.Is(err, transport.ErrOwed) {
		t.Errorf("then: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestFetchHeader(t *testing.T) {
	s := greeted(t, "IMAP4rev1", `
C: A1 UID FETCH 3 (BODY.PEEK[HEADER])
S: * 1 FETCH (UID 3 BODY[HEADER] {6}
S: A: b
S: )
S: A1 OK
C: A2 UID FETCH 3 (BODY.PEEK[HEADER.FIELDS (Received X-Token)])
S: * 1 FETCH (UID 3 BODY[HEADER.FIELDS (RECEIVED "X-TOKEN")] {6}
S: C: d
S: )
S: A2 OK
`)
	for _, test := range []struct {
		fields []string
		want   string
	}{{nil, "A: b\r\n"}, {[]string{"Received", "X-Token"}, "C: d\r\n"}} {
		var got strings.Builder
		if n, err := s.FetchHeader(&got, 3, 100, test.fields...); n != 6 || got.String() != test.want || err != nil {
			t.Errorf("%d bytes %q, %v", n, &got, err)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, answer := range map[string]string{
		"literals without end":  "* X {9}\r\n" + strings.Repeat("123456789 {9}\r\n", 1000),
		"literals of much":      "* X {60000}\r\n" + strings.Repeat("x", 60000) + " {60000}\r\n",
		"responses without end": strings.Repeat("* OK\r\n", maxResponses+1),
		"a line without end":    strings.Repeat("* OK", maxLine),
		"lines joined to much":  strings.Repeat("* X "+strings.Repeat("x", 30_000)+" {0}\r\n", 4),
	} {
		if _, err := answered(answer).Noop(); !errors.Is(err, wire.ErrLimit) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAnswers reads whatever a server may say to any verb: no panic, no more than
// the limit.
func FuzzAnswers(f *testing.F) {
	for _, answer := range []string{
		"A1 OK\r\n", "* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\nA1 OK\r\n", "* STATUS {1}\r\na (MESSAGES 1)\r\n", "* SEARCH 1 2\r\nA1 OK\r\n",
		"* ESEARCH (TAG \"A1\") UID ALL 1:3\r\nA1 OK\r\n", "* QUOTA \"\" (STORAGE 1 2)\r\n", "* BYE\r\n", "+ \r\n", "* 1 EXISTS\r\nA1 OK [READ-ONLY]\r\n",
	} {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		const limit = 1000
		if n, err := answered(answer).Fetch(io.Discard, 7, limit); err == nil && n > limit {
			t.Errorf("%d bytes of %q", n, answer)
		}
		for _, verb := range []func(*Session) error{
			func(s *Session) error { s.owed = true; _, err := s.Greeting(); return err },
			func(s *Session) error { _, err := s.Status("INBOX"); return err },
			func(s *Session) error { _, err := s.Examine("INBOX"); return err },
			func(s *Session) error { _, err := s.Search(Query{}); return err },
			func(s *Session) error { _, err := s.Messages(7); return err },
			func(s *Session) error { _, err := s.QuotaRoot("INBOX"); return err },
			func(s *Session) error { _, err := s.Login("ä", "ö"); return err },
		} {
			_ = verb(answered(answer))
		}
	})
}
