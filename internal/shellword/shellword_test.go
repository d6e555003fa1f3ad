package shellword

import (
	"os/exec"
	"testing"
)

// The shell itself reads each word as it was.
func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"": "''", "mx.example.org": "mx.example.org", "--tls=off": "--tls=off", "it's": `'it'\''s'`, "a b": "'a b'",
		"$HOME": "'$HOME'", "~root": "'~root'", "a%b": "a%b", "`id`": "'`id`'", "a\nb": "'a\nb'", "ä": "'ä'", "-n": "-n", "*": "'*'",
	} {
		got := Quote(text)
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
		if out, err := exec.Command("/bin/sh", "-c", "printf %s "+"x"+got).Output(); err != nil || string(out) != "x"+text {
			t.Errorf("the shell reads %s as %q, %v", got, out, err)
		}
	}
}
