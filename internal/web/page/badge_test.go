package page

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"mailprobe/probe"
)

// TestBadges: a badge says what it is for, may be kept a minute, and is not sent again
// while it is the same.
func TestBadges(t *testing.T) {
	s := open(t, two, fine)
	if text := s.get("/badge/status/mailbox.svg"); !strings.Contains(text, "<title id=\"t\">mailbox: not checked yet</title>") && !strings.Contains(text, "mailbox: OK") {
		t.Error(text)
	}
	s.run("mailbox")
	s.wait("the badge is current", func() bool { return strings.Contains(s.get("/badge/status/mailbox.svg"), "mailbox: OK<") })
	for what, want := range map[string]string{"uptime": "mailbox uptime: 100 %", "certificate": "mailbox certificate: 58 days", "latency": "mailbox latency: "} {
		if text := s.get("/badge/" + what + "/mailbox.svg"); !strings.Contains(text, "<title id=\"t\">"+want) {
			t.Errorf("%s: %s", what, text)
		}
	}
	r, err := http.Get(s.address + "/badge/status/mailbox.svg")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.Header.Get("Cache-Control") != "public, max-age=60" || r.Header.Get("Content-Type") != "image/svg+xml; charset=utf-8" {
		t.Error(r.Header)
	}
	for _, tag := range []string{r.Header.Get("Etag"), "W/" + r.Header.Get("Etag")} {
		if code, text := s.ask("GET", "/badge/status/mailbox.svg", nil, map[string]string{"If-None-Match": tag}); code != http.StatusNotModified || text != "" {
			t.Errorf("%s: %d %s", tag, code, text)
		}
	}
}

// TestDrawBadge: a badge is XML, whatever it says, as wide as its text needs.
func TestDrawBadge(t *testing.T) {
	for _, label := range []string{"relay", "", "<&>\"'", "\x00\x1b\u202e", strings.Repeat("w", 500), "поштa", "郵便", "a\xff"} {
		drawn := drawBadge(label, "100 %", probe.OK)
		for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%q: %v in %s", label, err, drawn)
			}
		}
	}
	// By the font itself, at 11 pixels: "relay" is 26.3 wide, "CRITICAL" 51.5.
	for text, want := range map[string]int{"relay": 28, "CRITICAL": 53, "郵便": 22, "": 1} {
		if got := textWidth(text); got < want-2 || got > want+2 {
			t.Errorf("%q is %d wide, not %d", text, got, want)
		}
	}
	if len(glyphs) != 95 {
		t.Errorf("there are %d widths", len(glyphs))
	}
}

// FuzzBadge: whatever a badge says, it is XML.
func FuzzBadge(f *testing.F) {
	f.Add("relay", "OK")
	f.Fuzz(func(t *testing.T, label, text string) {
		for d := xml.NewDecoder(strings.NewReader(drawBadge(label, text, probe.OK))); ; {
			if _, err := d.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}
