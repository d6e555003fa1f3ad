package report

import "testing"

// TestOnce: what several steps have alike stands in the first.
func TestOnce(t *testing.T) {
	const why = "the signature of DNSKEY of example.org expired on 2 Nov 2026"
	said := once{}
	for i, c := range []struct{ detail, want string }{
		{"example.org NS is bogus: " + why, "example.org NS is bogus: " + why},
		{"a; example.org MX is bogus: " + why + "; b", "a; example.org MX is bogus: as above; b"},
		{"the exchangers are not known: example.org MX is bogus: " + why, "the exchangers are not known: example.org MX is bogus: as above"},
		{"x: " + why + "; a; y: " + why, "x: as above; a; y: as above"},
		{"x: " + why + "; a; y: " + why + "; z: " + why + "; b", "x: as above, and 2 more; a; b"},
		{"interrupted; interrupted; a; interrupted", "interrupted; a"},
		{"other: short", "other: short"},
		{"again: short", "again: short"},
		{"ends with: ", "ends with: "},
	} {
		if got := said.detail(c.detail); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
	if said.hint("do this") != "do this" || said.hint("do this") != "" || said.hint("") != "" {
		t.Error("hints are not shown once")
	}
}

// TestLongWords: a name that is longer than a line is broken behind a dot.
func TestLongWords(t *testing.T) {
	for text, want := range map[string][]string{
		"abcdefgh.ijklmnop.qr":                       {"abcdefgh.", "ijklmnop.qr"},
		"a.bcdefghijklmnopqr":                        {"a.bcdefghijk", "lmnopqr"},
		"key abcdefgh.ijklmnop.qrs":                  {"key", "abcdefgh.", "ijklmnop.qrs"},
		"\u4e16\u4e16\u4e16\u4e16\u4e16\u4e16\u4e16": {"\u4e16\u4e16\u4e16\u4e16\u4e16\u4e16", "\u4e16"},
	} {
		got := wrap(text, 12, 9)
		if len(got) != len(want) {
			t.Errorf("%q becomes %q", text, got)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q becomes %q", text, got)
			}
		}
	}
}
