package search

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mailprobe/probe"
)

var today = time.Date(2026, 11, 2, 3, 0, 0, 0, time.UTC)

func options(t *testing.T, args ...string) *Options {
	t.Helper()
	o := &Options{}
	if rest, err := probe.ParseArgs(o.Declare(), args); err != nil || len(rest) > 0 {
		t.Fatal(rest, err)
	}
	return o
}

func noThreshold(string) bool { return false }

// TestCriteria: what matches a header, and what does not.
func TestCriteria(t *testing.T) {
	header := ParseHeader([]byte("Subject: =?iso-8859-1?Q?Sicherung_f=FCr?=\r\n =?utf-8?B?IGRpZSBOYWNodA==?=\r\nFrom: \"Backup\" <backup@example.org>\r\n" +
		"X-Result: part 1 FAILED\r\nx-result: part 2 OK\r\nX-Odd: =?koi8-r?Q?=C1?=\r\n\r\nSubject: in the body\r\n"))
	for args, want := range map[string]bool{
		"--search":                    true,
		"--subject=^Sicherung für":    true,
		"--subject=für die Nacht$":    true,
		"--subject=(?i)SICHERUNG":     true,
		"--subject=SICHERUNG":         false,
		"--subject=body":              false,
		"--from=<backup@example.org>": true,
		"--from=^Backup":              false,
		"--header=X-RESULT=OK$":       true,
		"--header=x-result=^part 1":   true,
		"--header=X-Missing=":         false,
		"--header=X-Odd=koi8":         true,
		"--header=Subject=Sicherung":  true,
	} {
		if got := options(t, args).matches(header); got != want {
			t.Errorf("%s: %v", args, got)
		}
	}
	if options(t, "--header=X-Result=OK", "--header=X-Result=FAILED").matches(header) != true {
		t.Error("each pattern may be met by another field of the name")
	}
}

// TestHunt: a search counts everything, keeps the newest matches only, and shows nothing of
// what does not match.
func TestHunt(t *testing.T) {
	h := options(t, "--subject=^Backup", "--since=26h").Begin(today)
	for i := range 100 {
		header := ParseHeader(fmt.Appendf(nil, "Subject: Backup %d\r\n\r\n", i))
		h.Take(0, i, today.Add(-time.Duration((i*37)%100)*time.Hour), header)
		h.Take(0, 1000+i, today, ParseHeader([]byte("Subject: private\r\n\r\n")))
	}
	s := &probe.Step{Name: "search", Status: probe.OK}
	h.Judge(s, noThreshold, true)
	if h.matches != 27 || h.Looked() != 200 || len(h.Bodies()) != maxBodies {
		t.Errorf("%d matches of %d, %d kept", h.matches, h.Looked(), len(h.Bodies()))
	}
	if !slices.IsSortedFunc(h.Bodies(), func(a, b Match) int { return b.Received.Compare(a.Received) }) {
		t.Error("the newest do not come first")
	}
	if s.Status != probe.OK || strings.Contains(s.Detail, "private") || h.Unread() == "" {
		t.Errorf("%s %s; %q", s.Status, s.Detail, h.Unread())
	}
	for i, want := range []string{"27", "0 s", "1 d 2 h"} {
		if s.Facts[i].Text != want {
			t.Errorf("%s is %s, want %s", s.Facts[i].Name, s.Facts[i].Text, want)
		}
	}
}

// TestNoMatch: a search for something must find it, unless a threshold says otherwise, a
// mailbox could not be read, or a date is missing.
func TestNoMatch(t *testing.T) {
	for _, test := range []struct {
		name, args, threshold string
		partly, dateless      bool
		crit                  bool
		status                probe.Status
	}{
		{name: "a subject", args: "--subject=x", crit: true, status: probe.OK},
		{name: "its own threshold", args: "--subject=x", threshold: "matches", status: probe.OK},
		{name: "its own threshold of the step", args: "--subject=x", threshold: "search:matches", status: probe.OK},
		{name: "a threshold on something else", args: "--subject=x", threshold: "newest_match_age", crit: true, status: probe.OK},
		{name: "a mailbox is missing", args: "--subject=x", partly: true, status: probe.OK},
		{name: "too old", args: "--since=1h", crit: true, status: probe.OK},
		{name: "without a date", args: "--since=1h", dateless: true, status: probe.Unknown},
	} {
		h := options(t, test.args).Begin(today)
		received := today.Add(-48 * time.Hour)
		if test.dateless {
			received = today.Add(48 * time.Hour) // not believed
		}
		h.Take(0, 1, received, nil)
		s := &probe.Step{Name: "search", Status: probe.OK}
		h.Judge(s, func(fact string) bool { return fact == test.threshold }, !test.partly)
		if got := s.Facts[0].Crit.IsSet(); got != test.crit || s.Status != test.status || len(s.Facts) != 1 {
			t.Errorf("%s: judged %v, %s, %v", test.name, got, s.Status, s.Facts)
		}
	}
}

// TestJudgeBody: what a message says, and when that decides nothing.
func TestJudgeBody(t *testing.T) {
	const latin = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nf=FCnf: OK\r\n"
	const mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>OK</p>\r\n--b\r\nContent-Type: application/zip\r\n\r\nFAILED\r\n--b--\r\n"
	const sealed = "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nT0s=\r\n"
	for _, test := range []struct {
		message, args string
		cut           bool
		status        probe.Status
		cause         *probe.Cause
	}{
		{"Subject: x\r\n\r\nline\r\nall OK\r\n", "--body-expect=^all OK$", false, probe.OK, nil},
		{"Subject: x\r\n\r\nline\r\nall OK\r\n", "--body-expect=^OK$", false, probe.Critical, CauseBodyUnexpected},
		{"Subject: x\r\n\r\nOK\r\nERROR 7\r\n", "--body-reject=ERROR.*", false, probe.Critical, CauseBodyUnexpected},
		{"Subject: x\r\n\r\nOK\r\n", "--body-reject=ERROR", false, probe.OK, nil},
		{"Subject: x\r\n\r\nOK\r\n", "--body-reject=ERROR", true, probe.Unknown, CauseBodyUnread},
		{"Subject: x\r\n\r\nOK\r\n", "--body-expect=OK", true, probe.OK, nil},
		{"Subject: x\r\n\r\nOK\r\n", "--body-expect=later", true, probe.Unknown, CauseBodyUnread},
		{latin, "--body-expect=^fünf: OK$", false, probe.OK, nil},
		{mixed, "--body-expect=OK", false, probe.OK, nil},
		{mixed, "--body-reject=FAILED", false, probe.OK, nil},
		{strings.TrimSuffix(mixed, "--b--\r\n"), "--body-reject=FAILED", false, probe.Unknown, CauseBodyUnread},
		{sealed, "--body-expect=OK", false, probe.Unknown, CauseBodyUnread},
		{sealed, "--body-reject=FAILED", false, probe.Unknown, CauseBodyUnread},
		{"", "--body-expect=OK", false, probe.Critical, CauseBodyUnexpected},
	} {
		s := &probe.Step{Name: "body", Status: probe.OK}
		options(t, test.args).JudgeBody(s, Match{}, &Start{Text: []byte(test.message), Cut: test.cut})
		if s.Status != test.status || s.Cause != test.cause {
			t.Errorf("%s of %q: %s %s", test.args, test.message, s.Status, s.Detail)
		}
	}
}

// TestDeepParts: parts in parts are read to a depth, and no more of them than a number.
func TestDeepParts(t *testing.T) {
	deep := "Content-Type: text/plain\r\n\r\nOK\r\n"
	for i := range 2 * maxDepth {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%[1]d\r\n%s\r\n--b%[1]d--\r\n", i, deep)
	}
	if text, whole := Text([]byte(deep)); whole || text != "" {
		t.Errorf("%q, %v", text, whole)
	}
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nOK\r\n", 2*maxParts) + "--b--\r\n"
	if text, whole := Text([]byte(many)); whole || strings.Count(text, "OK") > maxParts {
		t.Errorf("%d parts, %v", strings.Count(text, "OK"), whole)
	}
}

// TestFolded: a field that is folded over very many lines takes time in proportion.
func TestFolded(t *testing.T) {
	h := ParseHeader([]byte("Subject: a\r\n" + strings.Repeat(" b\r\n", MaxHeader/4) + "X: y\r\n"))
	if len(h) != 2 || len(h[0].Value) < MaxHeader/4 {
		t.Errorf("%d fields", len(h))
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\nT0s=\r\n--b--\r\n"))
	f.Add([]byte("Content-Type: text/plain; charset=latin1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=FC=\r\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if text, _ := Text(message); len(text) > 3*len(message)+maxParts+1 {
			t.Errorf("%d bytes of %d", len(text), len(message))
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add([]byte("Subject: =?utf-8?Q?a=20b?=\r\n c\r\n\r\n"))
	f.Add([]byte("Subject:\r\n\t=?iso-8859-15?B?pA==?= =?x?y?z?=\n: \n \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, field := range ParseHeader(text) {
			if field.Name == "" || strings.ContainsAny(field.Name+field.Value, "\n") {
				t.Errorf("%q", field)
			}
			Decode(field.Value)
		}
	})
}
