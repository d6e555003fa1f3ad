package imapcheck

import (
	"fmt"
	"strings"
	"testing"
)

// written writes values as a server would, strings all in quotes.
func written(values []value) string {
	var all []string
	for _, v := range values {
		switch v.kind {
		case listKind:
			all = append(all, "("+written(v.list)+")")
		case stringKind:
			all = append(all, fmt.Sprintf("%q", v.text))
		case streamedKind:
			all = append(all, fmt.Sprintf("<%d>", v.size))
		default:
			all = append(all, v.text)
		}
	}
	return strings.Join(all, " ")
}

func TestValues(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"INBOX 3 NIL", "INBOX 3 NIL"},
		{`"a b" "" "\"\\"`, `"a b" "" "\"\\"`},
		{`(\Seen \* $Junk)`, `(\Seen \* $Junk)`},
		{"() (()) ((a) b (c d))", "() (()) ((a) b (c d))"},
		{"(a  b )", "(a b)"},
		{"{3}\r\n x", `"lit" x`},
		{"~{3}\r\n", `"lit"`},
		{"BODY[] x", "BODY[] x"},
		{"BODY[HEADER.FIELDS (A B)]<0> x", "BODY[HEADER.FIELDS (A B)]<0> x"},
		{"(", "bad"},
		{")", "bad"},
		{"(a))", "bad"},
		{`"a`, "bad"},
		{`"a\b"`, "bad"},
		{`"a\`, "bad"},
		{`"a"b`, "bad"},
		{"{3}", "bad"},
		{"{3}\r\n{3}\r\n", "bad"},
		{"BODY[ x", "bad"},
		{"a\x00b", "bad"},
		{"a\tb", "bad"},
		{"\xff", "bad"},
		{strings.Repeat("(", maxDepth-1) + strings.Repeat(")", maxDepth-1), strings.Repeat("(", maxDepth-1) + strings.Repeat(")", maxDepth-1)},
		{strings.Repeat("(", maxDepth+1) + strings.Repeat(")", maxDepth+1), "bad"},
	} {
		s := scanner{text: test.text, literals: []literal{{text: "lit", size: 3}}}
		values, ok := s.values()
		got := written(values)
		if !ok {
			got = "bad"
		}
		if got != test.want {
			t.Errorf("%q: got %s, want %s", test.text, got, test.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "4294967295": "4294967295", "4294967296": "bad", "-1": "bad", "+1": "bad", "": "bad", "1x": "bad", "99999999999999999999": "bad", "1_0": "bad",
	} {
		n, ok := value{text: text}.number()
		got := fmt.Sprint(n)
		if !ok {
			got = "bad"
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if _, ok := (value{kind: stringKind, text: "1"}).number(); ok {
		t.Error("a string is a number")
	}
}

// FuzzValues reads anything; what it understood it understands again in the form
// that it writes.
func FuzzValues(f *testing.F) {
	for _, text := range []string{"a (b {3}\r\n c)", `"\"" ()`, "BODY[TEXT] NIL", "((((", `"\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		literals := []literal{{text: "abc", size: 3}, {streamed: true, size: 9}}
		s := scanner{text: text, literals: literals}
		values, ok := s.values()
		if !ok || strings.Contains(text, "{") || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		first := written(values)
		again := scanner{text: first}
		values, ok = again.values()
		if second := written(values); !ok || first != second {
			t.Errorf("%q is %s, and then %s", text, first, second)
		}
	})
}
