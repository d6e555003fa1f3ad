package search

import (
	"mailprobe/transport"
	"strings"
	"testing"
	"time"
)

func TestReceived(t *testing.T) {
	now := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct{ name, header, want string }{
		{"the first Received", "Received: by a; Sat, 01 Jan 2000 12:00:00 +0000\r\nReceived: by b; Sat, 01 Jan 2000 11:00:00 +0000\r\nDate: Sat, 01 Jan 2000 10:00:00 +0000\r\n", "01T12:00"},
		{"folded, with a comment", "RECEIVED: by a;\r\n\tSat, 01 Jan 2000\r\n 12:00:00 +0100 (CET)\r\nTo: x\r\n", "01T11:00"},
		{"Date alone", "date : Sat, 1 Jan 2000 10:00 -0200\r\n", "01T12:00"},
		{"Received without a date", "Received: by a\r\nDate: Sat, 01 Jan 2000 10:00:00 +0000\r\n", "01T10:00"},
		{"Received of nonsense", "Received: by a; yesterday\r\nDate: Sat, 01 Jan 2000 10:00:00 +0000\r\n", "01T10:00"},
		{"far in the future", "Received: by a; Fri, 01 Jan 2038 00:00:00 +0000\r\nDate: Sat, 01 Jan 2000 10:00:00 +0000\r\n", "01T10:00"},
		{"bare line feeds", "A: b\nDate: Sat, 01 Jan 2000 10:00:00 +0000\n", "01T10:00"},
		{"in the body", "A: b\r\n\r\nDate: Sat, 01 Jan 2000 10:00:00 +0000\r\n", ""},
		{"another field", "Resent-Date: Sat, 01 Jan 2000 10:00:00 +0000\r\n", ""},
		{"no header", "", ""},
		{"hostile", ":\r\n :\r\nReceived\r\nDate:\r\n;;;\r\n", ""},
	} {
		at, ok := ParseHeader([]byte(test.header)).Received(now)
		got := ""
		if ok {
			got = at.UTC().Format("02T15:04")
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestStart(t *testing.T) {
	h := Start{Max: MaxHeader}
	for range 100 {
		if n, err := h.Write(make([]byte, 1000)); n != 1000 || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(h.Text) != MaxHeader || !h.Cut {
		t.Errorf("it keeps %d bytes, cut: %v", len(h.Text), h.Cut)
	}
}

func FuzzReceived(f *testing.F) {
	f.Add("Received: by a; Sat, 01 Jan 2000 12:00:00 +0000\r\n")
	f.Add("Date: x\r\n y\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		now := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)
		if at, ok := ParseHeader([]byte(text)).Received(now); ok && (at.After(now.Add(transport.MaxSkew)) || !strings.Contains(text, ":")) {
			t.Errorf("%q is of %s", text, at)
		}
	})
}
