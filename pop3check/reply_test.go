package pop3check

import (
	"errors"
	"fmt"
	"mailprobe/transport"
	"strings"
	"testing"
)

func TestParseReply(t *testing.T) {
	for _, test := range []struct {
		line string
		want string // OK, code and text, or "error"
	}{
		{"+OK", `true "" ""`},
		{"+OK ", `true "" ""`},
		{"+OK ready", `true "" "ready"`},
		{"+OK  two spaces", `true "" " two spaces"`},
		{"-ERR", `false "" ""`},
		{"-ERR [IN-USE] locked", `false "IN-USE" "locked"`},
		{"-ERR [in-use]locked", `false "IN-USE" "locked"`},
		{"-ERR [SYS/TEMP] disk", `false "SYS/TEMP" "disk"`},
		{"-ERR [SYS/TEMP/DISK]", `false "SYS/TEMP/DISK" ""`},
		{"-ERR [] nothing", `false "" "[] nothing"`},
		{"-ERR [SYS/] half", `false "" "[SYS/] half"`},
		{"-ERR [SYS TEMP] space", `false "" "[SYS TEMP] space"`},
		{"-ERR [SYS\x07] control", `false "" "[SYS\a] control"`},
		{"-ERR [IN-USE locked", `false "" "[IN-USE locked"`},
		{"-ERR not [AUTH] first", `false "" "not [AUTH] first"`},
		{"+OK [X] news", `true "X" "news"`},
		{"", "error"},
		{"+", "error"},
		{"+ok", "error"},
		{"-err", "error"},
		{"+OK\tready", "error"},
		{" +OK", "error"},
		{"+OKAY", "error"},
		{"220 ready", "error"},
	} {
		r, err := ParseReply(test.line)
		got := fmt.Sprintf("%v %q %q", r.OK, r.Code, r.Text)
		var fault *ProtocolError
		if errors.As(err, &fault) {
			got = "error"
		}
		if got != test.want {
			t.Errorf("%q: got %s, want %s", test.line, got, test.want)
		}
		if r.Line != test.line {
			t.Errorf("%q: the line came back as %q", test.line, r.Line)
		}
	}
}

func TestHasCode(t *testing.T) {
	for _, test := range []struct {
		line, code string
		want       bool
	}{
		{"-ERR [SYS/TEMP] x", CodeTemporary, true},
		{"-ERR [SYS/TEMP/DISK] x", CodeTemporary, true},
		{"-ERR [SYS/TEMPORARY] x", CodeTemporary, false},
		{"-ERR [SYS] x", CodeTemporary, false},
		{"-ERR x", CodeTemporary, false},
	} {
		r, _ := ParseReply(test.line)
		if got := r.HasCode(test.code); got != test.want {
			t.Errorf("%q has %s: %v, want %v", test.line, test.code, got, test.want)
		}
	}
}

func TestErrorsQuote(t *testing.T) {
	long := "-ERR " + strings.Repeat("x", 1000)
	reply, _ := ParseReply(long)
	for _, test := range []struct {
		err  error
		want string
	}{
		{&Refusal{Verb: "STAT", Reply: Reply{Line: "-ERR \x1b[2J"}}, `the server refused STAT: "-ERR \x1b[2J"`},
		{&Refusal{Verb: "AUTH X", Reply: Reply{Line: "-ERR"}, Reason: "{}"}, `the server refused AUTH X: "-ERR", because of "{}"`},
		{&Refusal{Verb: "STAT", Reply: reply}, `xxx"...`},
		{transport.Malformed("the greeting", "hi", "a greeting"), `the greeting is "hi", not a greeting`},
	} {
		if got := test.err.Error(); !strings.HasSuffix(got, test.want) || len(got) > 300 {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func FuzzParseReply(f *testing.F) {
	for _, line := range []string{"+OK", "-ERR [SYS/TEMP] x", "+OK [", "-ERR []", "+", "\xff"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		r, err := ParseReply(line)
		if err != nil {
			return
		}
		// A reply that was understood has all that the line had.
		status := map[bool]string{true: "+OK", false: "-ERR"}[r.OK]
		if !strings.HasPrefix(line, status) || !strings.HasSuffix(line, r.Text) {
			t.Errorf("%q became %+v", line, r)
		}
		if r.Code != "" && !strings.EqualFold(line[:len(status)+3+len(r.Code)], status+" ["+r.Code+"]") {
			t.Errorf("%q has no code %q", line, r.Code)
		}
	})
}
