package imapcheck

import (
	"fmt"
	"testing"
)

func TestSearch(t *testing.T) {
	for _, test := range []struct {
		answer string
		from   uint32
		want   string
	}{
		{"* SEARCH 3 1 2\r\n", 0, "[1 2 3]"},
		{"* SEARCH\r\n", 0, "[]"},
		{"* SEARCH \r\n", 0, "[]"},
		{"", 0, "[]"},
		{"* SEARCH 1 2\r\n* SEARCH 2 3\r\n", 0, "[1 2 3]"},
		{"* SEARCH 7\r\n", 9, "[]"}, // n:* always has the highest
		{"* SEARCH 7 9 (MODSEQ 917162500)\r\n", 8, "[9]"},
		{"* ESEARCH (TAG \"A1\") UID ALL 2,10:12\r\n", 0, "[2 10 11 12]"},
		{"* ESEARCH (TAG \"A1\") UID\r\n", 0, "[]"},
		{"* ESEARCH (TAG \"A1\") UID ALL 4294967295:4294967293\r\n", 0, "[4294967293 4294967294 4294967295]"},
		{"* SEARCH 0\r\n", 0, "bad"},
		{"* SEARCH -1\r\n", 0, "bad"},
		{"* SEARCH 4294967296\r\n", 0, "bad"},
		{"* SEARCH one\r\n", 0, "bad"},
		{"* ESEARCH UID ALL\r\n", 0, "bad"},
		{"* ESEARCH UID ALL 1:*\r\n", 0, "bad"},
		{"* ESEARCH UID ALL 1,,2\r\n", 0, "bad"},
		{"* ESEARCH UID ALL 1:4294967295\r\n", 0, "bad"},
	} {
		uids, err := answered(test.answer + "A1 OK\r\n").Search(Query{From: test.from})
		got := fmt.Sprint(uids)
		if isProtocolError(err) {
			got = "bad"
		}
		if got != test.want {
			t.Errorf("%q: got %s (%v), want %s", test.answer, got, err, test.want)
		}
	}
}

func TestQueries(t *testing.T) {
	s := greeted(t, "IMAP4rev1", `
C: A1 UID SEARCH ALL
S: A1 OK
C: A2 UID SEARCH UID 9:*
S: A2 OK
C: A3 UID SEARCH HEADER X-Token "a b"
S: A3 OK
C: A4 UID SEARCH CHARSET UTF-8 HEADER Subject {5}
S: + go on
C: grün
S: A4 OK
C: A5 UID SEARCH HEADER Subject ""
S: A5 OK
`)
	for _, q := range []Query{{}, {From: 9}, {Header: "X-Token", Value: "a b"}, {Header: "Subject", Value: "grün"}, {Header: "Subject"}} {
		if uids, err := s.Search(q); err != nil || len(uids) > 0 {
			t.Error(uids, err)
		}
	}
}

func TestEncodeName(t *testing.T) {
	for name, want := range map[string]string{
		"INBOX":          "INBOX",
		"a&b":            "a&-b",
		"Entwürfe":       "Entw&APw-rfe",
		"台北日本語":          "&U,BTF2XlZyyKng-", // RFC 3501 §5.1.3: the example's parts together
		"~peter/mail/台北": "~peter/mail/&U,BTFw-",
		"📬":              "&2D3c7A-",
		"":               "",
	} {
		if got := encodeName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}
