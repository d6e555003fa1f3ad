package imapcheck

import (
	"strings"
	"testing"
)

func TestID(t *testing.T) {
	for answer, want := range map[string]Identification{
		`("name" "Cyrus" "version" "1.5" "os" "sunos")`: {"Cyrus", "1.5"},
		`("VERSION" "2" "Name" "x")`:                    {"x", "2"},
		`("name" NIL "version" NIL)`:                    {},
		`NIL`:                                           {},
		`()`:                                            {},
		`("name" "x" "version")`:                        {Name: "x"},
		`(("name") "x")`:                                {},
		`("name" "` + strings.Repeat("x", maxIDValue+1) + `" "version" "1")`: {Version: "1"},
		`("name" "x`: {},
		`"x"`:        {},
		``:           {},
	} {
		if got := readID(&data{scanner: scanner{text: answer}}); got != want {
			t.Errorf("%.60q: got %+v, want %+v", answer, got, want)
		}
	}
}

// Only ID's own answer counts, and quotes in names are escaped.
func TestIDSession(t *testing.T) {
	s := greeted(t, "IMAP4rev1 ID", `C: A1 ID ("name" "a\\"b" "version" "\\\\")`+"\nS: * 3 ID (\"name\" \"no\")\nS: * 1 EXISTS\nS: * ID (\"name\" \"yes\")\nS: A1 OK\n")
	if id, err := s.ID(`a"b`, `\`); err != nil || id.String() != "yes" {
		t.Errorf("got %q, %v", id, err)
	}
}

func FuzzReadID(f *testing.F) {
	for _, answer := range []string{`NIL`, `("name" "x" "version" "1")`, `("name" {1}` + "\r\n)", `((((`, `("name" "x" "name")`} {
		f.Add(answer)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		id := readID(&data{scanner: scanner{text: answer, literals: []literal{{text: "y", size: 1}}}})
		if len(id.Name) > maxIDValue || len(id.Version) > maxIDValue {
			t.Errorf("%d and %d bytes", len(id.Name), len(id.Version))
		}
		if plain := strings.ReplaceAll(answer, `\`, ""); id.Name != "y" && !strings.Contains(plain, strings.ReplaceAll(id.Name, `\`, "")) {
			t.Errorf("%q is not in %q", id.Name, answer)
		}
	})
}
