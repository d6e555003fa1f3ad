package imapcheck

import (
	"fmt"
	"mailprobe/transport"
	"strings"
	"testing"
)

func TestParseStatus(t *testing.T) {
	for _, test := range []struct{ rest, want string }{
		{"OK", `OK "" "" ""`},
		{"OK ready", `OK "" "" "ready"`},
		{"no  two spaces", `NO "" "" " two spaces"`},
		{"BYE [UNAVAILABLE] gone", `BYE "UNAVAILABLE" "" "gone"`},
		{"OK [UIDNEXT 7] x", `OK "UIDNEXT" "7" "x"`},
		{"OK [uidnext 7]x", `OK "UIDNEXT" "7" "x"`},
		{"OK [PERMANENTFLAGS (\\Seen \\*)]", `OK "PERMANENTFLAGS" "(\\Seen \\*)" ""`},
		{"NO [] x", `NO "" "" "[] x"`},
		{"NO [A(] x", `NO "" "" "[A(] x"`},
		{"NO [INUSE x", `NO "" "" "[INUSE x"`},
		{"NO not [INUSE] first", `NO "" "" "not [INUSE] first"`},
		{"PREAUTH", `PREAUTH "" "" ""`},
		{"OKAY", "none"},
		{"", "none"},
		{" OK", "none"},
		{"3 EXISTS", "none"},
	} {
		r, ok := parseStatus("* "+test.rest, test.rest)
		got := fmt.Sprintf("%s %q %q %q", r.Status, r.Code, r.Args, r.Text)
		if !ok {
			got = "none"
		}
		if got != test.want {
			t.Errorf("%q: got %s, want %s", test.rest, got, test.want)
		}
	}
}

func TestErrorsQuote(t *testing.T) {
	long := Reply{Line: "A1 NO " + strings.Repeat("x", 1000)}
	for _, test := range []struct {
		err  error
		want string
	}{
		{&Refusal{Verb: "STATUS", Reply: Reply{Line: "A1 NO \x1b[2J"}}, `the server refused STATUS: "A1 NO \x1b[2J"`},
		{&Refusal{Verb: "AUTHENTICATE X", Reply: Reply{Line: "A1 NO"}, Reason: "{}"}, `the server refused AUTHENTICATE X: "A1 NO", because of "{}"`},
		{&Refusal{Verb: "STATUS", Reply: long}, `xxx"...`},
		{&Bye{Reply: Reply{Line: "* BYE"}}, `the server ended the session at its greeting: "* BYE"`},
		{transport.Malformed("the greeting", "hi", "a greeting"), `the greeting is "hi", not a greeting`},
	} {
		if got := test.err.Error(); !strings.HasSuffix(got, test.want) || len(got) > 300 {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	for _, rest := range []string{"OK", "NO [A B] c", "OK [", "BYE []", "\xff"} {
		f.Add(rest)
	}
	f.Fuzz(func(t *testing.T, rest string) {
		r, ok := parseStatus("* "+rest, rest)
		if !ok {
			return
		}
		// A reply that was understood has all that the line had.
		if !strings.EqualFold(rest[:len(r.Status)], r.Status) || !strings.HasSuffix(rest, r.Text) {
			t.Errorf("%q became %+v", rest, r)
		}
		if r.Code != "" && !strings.Contains(strings.ToUpper(rest), "["+r.Code) || !strings.Contains(rest, r.Args) {
			t.Errorf("%q became %+v", rest, r)
		}
	})
}
