package pingcheck

import "testing"

// A URL is left to the reading of targets, which shows no password.
func TestParseRange(t *testing.T) {
	for text, want := range map[string]struct{ ok, bad bool }{
		"http://a:secret@192.0.2.1/": {},
		"mx.example.org":             {},
		"192.0.2.0/24":               {ok: true},
		"192.0.2.0/33":               {bad: true},
		"2001:db8::/64":              {bad: true},
	} {
		if _, ok, err := ParseRange(text); ok != want.ok || (err != nil) != want.bad {
			t.Errorf("%s: %v, %v", text, ok, err)
		}
	}
}
