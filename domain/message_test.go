package domain

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/probe"
)

// keysOf are the keys that a message names, as SELECTOR/DOMAIN.
func keysOf(t testing.TB, message string) ([]string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "message")
	if err := os.WriteFile(file, []byte(message), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Check{Message: file, probe: &probe.Options{}}
	err := c.readMessage()
	var all []string
	for _, k := range c.keys {
		all = append(all, k.name+"/"+k.domain)
	}
	return all, err
}

func TestReadMessage(t *testing.T) {
	many := ""
	for i := range maxKeys + 1 {
		many += fmt.Sprintf("DKIM-Signature: d=a.org; s=s%d\n", i)
	}
	for _, test := range []struct {
		about, message string
		want           []string
		wrong          string
	}{
		{"one", "DKIM-Signature: v=1; d=a.org; s=x; b=y\n\nbody", []string{"x/a.org"}, ""},
		{"CRLF, folded inside the values", "Subject: x\r\nDKIM-Signature: v=1;\r\n\td=a.\r\n org;\r\n s=x\r\n y; b=\r\n\r\n", []string{"xy/a.org"}, ""},
		{"several, one of them twice", "dkim-signature: d=a.org; s=x\nDKIM-Signature : s=y; d=b.org\nDKIM-SIGNATURE:d=A.org.;s=X\n\n", []string{"x/a.org", "y/b.org"}, ""},
		{"a mailbox", "From a@b Sun Nov 29 06:00:00 2026\nDKIM-Signature: d=a.org; s=x\n\nDKIM-Signature: d=body.org; s=z\n", []string{"x/a.org"}, ""},
		{"a continuation of another field", "X: y\n DKIM-Signature: d=no.org; s=x\nDKIM-Signature: d=a.org; s=x\nY: z\n d=b.org\n\n", []string{"x/a.org"}, ""},
		{"lines that are no field", "what is this\nDKIM-Signature: d=a.org; s=x\n\n", []string{"x/a.org"}, ""},
		{"another script", "DKIM-Signature: d=bücher.org; s=x\n\n", []string{"x/xn--bcher-kva.org"}, ""},
		{"one that is useless", "DKIM-Signature: d=a.org\nDKIM-Signature: d=b.org; s=x\n\n", []string{"x/b.org"}, ""},
		{"no header ends", "DKIM-Signature: d=a.org; s=x", []string{"x/a.org"}, ""},
		{"none with both", "DKIM-Signature: d=a b; s=(\nDKIM-Signature: d=a.org\n\n", nil, "no DKIM-Signature with d= and s="},
		{"none", "Subject: x\n\nDKIM-Signature: d=a.org; s=x\n", nil, "no DKIM-Signature"},
		{"ARC is another matter", "ARC-Message-Signature: d=a.org; s=x\n\n", nil, "no DKIM-Signature"},
		{"nothing", "", nil, "no DKIM-Signature"},
		{"too many", many + "\n", nil, "more than 32 keys"},
		{"a line without end", "DKIM-Signature: d=a.org; s=x\nX: " + strings.Repeat("x", 2<<20), []string{"x/a.org"}, ""},
	} {
		got, err := keysOf(t, test.message)
		if (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) || err == nil && !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, %v", test.about, got, err)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("From x\nDKIM-Signature: v=1; d=a.\r\n org; s=x\r\n\r\nbody")
	f.Fuzz(func(t *testing.T, message string) {
		fields, _ := signatureFields(strings.NewReader(message))
		for _, field := range fields {
			if strings.Contains(field, "\n") {
				t.Errorf("%q is not unfolded", field)
			}
			signatureTag(field, "d")
		}
	})
}
