package sasl

import (
	"testing"
	"unicode"

	"github.com/xdg-go/stringprep"
)

// TestSASLPrepExamples: the examples of RFC 4013 §3.
func TestSASLPrepExamples(t *testing.T) {
	for text, want := range map[string]string{
		"I\u00adX": "IX", "user": "user", "USER": "USER", "\u00aa": "a", "\u2168": "IX", "p w": "p w", "p\u00a0w": "p w",
		"": "", "ٱ": "ٱ", "\U0001f600": "\U0001f600",
	} {
		if got, err := saslPrep(text); err != nil || got != want {
			t.Errorf("%q becomes %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"\u0007", "\u0627\u0031", "\u0627a\u0627", "a\u200eb", "\ue000", "\ufdd0", "\U000e0041", "\u0378"} {
		if got, err := saslPrep(text); err == nil {
			t.Errorf("%q is taken, as %q", text, got)
		}
	}
}

// TestSASLPrepTables compares every character that Unicode 3.2 has, by itself and between
// letters, with another implementation.
func TestSASLPrepTables(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if stringprep.TableA1.Contains(r) || r >= 0xd800 && r < 0xe000 || r == todoSoftHyphen {
			continue
		}
		for _, text := range []string{string(r), "a" + string(r) + "b"} {
			got, err := saslPrep(text)
			want, wantErr := stringprep.SASLprep.Prepare(text)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("%q becomes %q, %v; want %q, %v", text, got, err, want, wantErr)
			}
		}
	}
}

// todoSoftHyphen is in table B.1 of RFC 3454, and missing in that of the other implementation.
const todoSoftHyphen = 0x1806
