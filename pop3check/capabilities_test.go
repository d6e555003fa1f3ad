package pop3check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCapa(t *testing.T) {
	s := greeted(t, `
C: CAPA
S: +OK
S: sasl plain Scram-SHA-256
S: IMPLEMENTATION Shlemazle-Plotz-v302
S: Top
S: LOGIN-DELAY 900 USER
S: .
`)
	c, err := s.Capa()
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Has(TagTop), c.Has("uidl"), c.Mechanisms(), c.Params(TagLoginDelay), c.Params(TagTop), c.Params(TagImplementation)[0])
	if want := "true false [PLAIN SCRAM-SHA-256] [900 USER] []Shlemazle-Plotz-v302"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if want := "SASL plain Scram-SHA-256, IMPLEMENTATION Shlemazle-Plotz-v302, TOP, LOGIN-DELAY 900 USER"; c.String() != want {
		t.Errorf("got %s, want %s", c, want)
	}
}

func TestParseCapability(t *testing.T) {
	for line, want := range map[string]string{
		"TOP":             "TOP []",
		"sasl  A  B ":     "SASL [A B]",
		".X":              ".X []",
		"":                "bad",
		" TOP":            "bad",
		"T\x00P":          "bad",
		"TOP\t1":          "bad",
		"IMPLEMENTATIÖN ": "bad",
	} {
		c, ok := parseCapability(line)
		got := "bad"
		if ok {
			got = fmt.Sprint(c.Name, " ", c.Params)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", line, got, want)
		}
	}
}

func FuzzParseCapability(f *testing.F) {
	for _, line := range []string{"TOP", "SASL PLAIN LOGIN", "", " ", "a\x7f"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := parseCapability(line)
		if !ok {
			return
		}
		if words := strings.Fields(strings.ToUpper(line)); words[0] != c.Name || len(words) != len(c.Params)+1 {
			t.Errorf("%q is %+v", line, c)
		}
		if again, _ := parseCapability(Capabilities{c}.String()); !slices.Equal(again.Params, c.Params) || again.Name != c.Name {
			t.Errorf("%q is %+v, and then %+v", line, c, again)
		}
	})
}
