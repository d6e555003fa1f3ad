package wire_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"mailprobe/wire"
)

func TestSecretPrints(t *testing.T) {
	s := wire.Secret("Tr0ub4dor")
	text, err := json.Marshal(map[string]wire.Secret{"password": s})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%s %v %q %x %d %+v %#v %10s %s %v", s, s, s, s, s, s, s, s, &s, []wire.Secret{s}) + s.String() + string(text)
	if strings.Contains(shown, "Tr0") || strings.Contains(shown, hex.EncodeToString([]byte("Tr0"))) {
		t.Errorf("a secret shows in %s", shown)
	}
	if s.Reveal() != "Tr0ub4dor" {
		t.Error("Reveal does not return the secret")
	}
}

func TestRedact(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const long = "C0rrect-Horse/Battery+Stap1e"
	for _, c := range []struct{ secret, text, want string }{
		{"secret", "535 secret is wrong", "535 *** is wrong"},
		{"secret", "SECRETsecretSecret", "***"},
		{"secret", "no secre", "no secre"},
		{"pÄsswörd", "PÄSSWÖRD pässwörd", "*** ***"},
		{long, "it was " + long[:8] + "...", "it was ***..."},
		{long, "it was " + long[:7] + "...", "it was " + long[:7] + "..."},
		{long, "..." + long[10:], "...***"},
		{long, "..." + long[5:22] + "...", "...***..."},
		{"abcdefghij", "...bcdefghi...", "...***..."},
		{long, "AUTH PLAIN " + b64(long), "AUTH PLAIN ***=="},
		{long, "AUTH PLAIN " + b64(long)[:9], "AUTH PLAIN ***"},
		{long, strings.ToUpper(b64(long)), "***=="},
		{long, base64.URLEncoding.EncodeToString([]byte(long)), "***=="},
		{long, hex.EncodeToString([]byte(long)), "***"},
		{`back\slash"quote`, wire.Quote("535 back\\slash\"quote\r\n"), "535 ***"},
		{`back\slash"quote`, fmt.Sprintf("%q", "535 back\\slash\"quote"), `"535 ***"`},
		{"tab\there", wire.Quote("535 tab\there\r\n") + fmt.Sprintf("%q", "tab\there"), `535 ***"***"`},
		// A short secret is blotted as a word only, or all text would tell of it.
		{"a", "a bad A, as a rule: a", "*** bad ***, as *** rule: ***"},
		{"abc", "abc abcd xabc (ABC)", "*** abcd xabc (***)"},
		{"abcd", "xabcdy", "x***y"},
		{"", "nothing to hide", "nothing to hide"},
		{"***", "nothing *** to hide", "nothing *** to hide"},
	} {
		var tr wire.Transcript
		tr.Hide(wire.Secret(c.secret))
		if got := tr.Redact(c.text); got != c.want {
			t.Errorf("with secret %q, %q becomes %q; want %q", c.secret, c.text, got, c.want)
		}
	}
}

// TestRedactInBase64 finds a secret in base64 of more than itself.
func TestRedactInBase64(t *testing.T) {
	var tr wire.Transcript
	tr.Hide("Tr0ub4dor&3")
	for _, before := range []string{"", "a", "ab", "abc", "\x00user@example.org\x00"} {
		for _, after := range []string{"", "z", "yz"} {
			text := base64.StdEncoding.EncodeToString([]byte(before + "Tr0ub4dor&3" + after))
			got := tr.Redact(text)
			rest := strings.NewReplacer("***", "", "=", "").Replace(got)
			if !strings.Contains(got, "***") || len(rest) > (len(before)+len(after))*4/3+4 {
				t.Errorf("%s becomes %s", text, got)
			}
		}
	}
}

func TestRedactOverlapping(t *testing.T) {
	var tr wire.Transcript
	tr.Hide("pass", "mypassword", "wordplay")
	for text, want := range map[string]string{
		"mypassword":     "***",
		"mypasswordplay": "***",
		"a pass a":       "a *** a",
		"passpass":       "***",
	} {
		if got := tr.Redact(text); got != want {
			t.Errorf("%q becomes %q; want %q", text, got, want)
		}
	}
}

func TestHideLate(t *testing.T) {
	var tr wire.Transcript
	tr.Record(wire.Server, "220 secret1234")
	tr.Hide("secret1234")
	tr.Record(wire.Comment, "secret1234\nC: forged")
	if got := strings.Join(tr.Lines(), "|"); got != `S: 220 ***|# ***\x0aC: forged` {
		t.Errorf("the transcript is %s", got)
	}
	var none *wire.Transcript
	if none.Redact("x") != "x" || none.Since(0) != nil || none.Lines() != nil {
		t.Error("no transcript is not like an empty one")
	}
}

// TestErrorsKeepSecrets: the server's words in errors are cut after they are masked.
func TestErrorsKeepSecrets(t *testing.T) {
	bubble(t, "cut in the secret", func(t *testing.T) {
		s := dial(t, t.Context(), "C: PASS ***\nS: "+strings.Repeat("x", 74)+"secret12\\\n* close")
		if err := s.Cmd("PASS %s", wire.Secret("secret12")); err != nil {
			t.Fatal(err)
		}
		_, err := s.ReadLine()
		wantError(t, err, wire.ErrClosed, `xx***"`)
	})
}

func FuzzRedact(f *testing.F) {
	f.Add("secret", "SEcret is the secret", "other")
	f.Add("a", "a b", "b")
	f.Add("pässword", "PÄSSWORD", "\xff\xfe")
	f.Add(" 000", "000", "0")     // which follows the blank after "S:"
	f.Add("\xb8000", "\xd4", "0") // which make a letter together
	f.Fuzz(func(t *testing.T, secret, text, other string) {
		if len(secret) < 4 || strings.Contains(secret, "*") {
			t.Skip()
		}
		var tr wire.Transcript
		tr.Hide(wire.Secret(secret), wire.Secret(other))
		encoded := base64.StdEncoding.EncodeToString([]byte(text + secret + other))
		for _, said := range []string{text, text + secret + other, strings.ToUpper(text) + secret, wire.Quote(text + secret + other + "\r\n"), encoded} {
			got := tr.Redact(said)
			if strings.Contains(strings.ToLower(got), strings.ToLower(secret)) && asciiOnly(secret) {
				t.Errorf("secret %q, text %q becomes %q", secret, said, got)
			}
			if strings.Contains(got, secret) {
				t.Errorf("secret %q, text %q becomes %q", secret, said, got)
			}
			tr.Record(wire.Server, wire.Quote(said+"\r\n"))
		}
		for _, line := range tr.Lines() {
			if strings.Contains(strings.TrimPrefix(line, "S: "), secret) {
				t.Errorf("secret %q shows in the transcript in %q", secret, line)
			}
		}
	})
}

func asciiOnly(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}
