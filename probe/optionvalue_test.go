package probe

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"a@x":                       "a@x",
		"a@x,b@y":                   "a@x|b@y",
		" <a@x> , b@y ":             "<a@x>|b@y",
		`"a,b"@x`:                   `"a,b"@x`,
		`"a,b"@x,"c\",d"@y,e@z`:     `"a,b"@x|"c\",d"@y|e@z`,
		`a@x,,b@y`:                  `error: "a@x,,b@y" has an empty address in it; one comma separates two addresses`,
		`a@x,`:                      `error: "a@x," has an empty address in it; one comma separates two addresses`,
		`"a,b@x`:                    `error: address "\"a,b@x" has a quote without an end`,
		`"a\"@x,b@y`:                `error: address "\"a\\\"@x,b@y" has a quote without an end`,
		"Alice <a@x>,Bob Q <b@y>":   "Alice <a@x>|Bob Q <b@y>",
		strings.Repeat("a@x,", 999): "error",
	} {
		var list []string
		err := (&Option{Type: TypeAddress, List: true, Value: &list}).Set(text)
		got := strings.Join(list, "|")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want && (want != "error" || err == nil) {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	var texts []string
	if err := (&Option{List: true, Value: &texts}).Set("a,b"); err != nil || !slices.Equal(texts, []string{"a,b"}) {
		t.Errorf("a list of texts is split: %q, %v", texts, err)
	}
}

func FuzzSplitAddresses(f *testing.F) {
	f.Add(`"a,b"@x, c@y`)
	f.Add(`a@x,"`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := splitAddresses(text)
		switch {
		case err != nil:
		case len(all) == 1 && all[0] != text:
			t.Errorf("%q became %q", text, all)
		case len(all) > 1 && (slices.Contains(all, "") || len(strings.Join(all, ",")) > len(text)):
			t.Errorf("%q became %q", text, all)
		}
	})
}

func TestFileIn(t *testing.T) {
	for _, c := range []struct {
		kind       Type
		text, want string
	}{
		{TypeFile, "a:b", "a:b"}, {TypeContent, "@a", "a"}, {TypeContent, "@@a", ""}, {TypeContent, "a", ""}, {TypeContent, "-", ""},
		{TypeSigner, "example.org:s:a:b", "a:b"}, {TypeSigner, "example.org:s", ""}, {TypeText, "a", ""},
	} {
		got := ""
		if i := c.kind.FileIn(c.text); i >= 0 {
			got = c.text[i:]
		}
		if got != c.want {
			t.Errorf("in %q of %s the file is %q, want %q", c.text, c.kind, got, c.want)
		}
	}
}

// Standard input has one reader.
func TestStdin(t *testing.T) {
	o := &Options{Stdin: strings.NewReader("x")}
	if in, err := o.TakeStdin("body"); err != nil || in != o.Stdin {
		t.Fatal(err)
	}
	if _, err := o.TakeStdin("html"); err == nil || err.Error() != "--body and --html both read standard input, which can be read only once; give one of them in another way" {
		t.Error(err)
	}
	if _, err := new(Options).TakeStdin("body"); err == nil || err.Error() != "--body -: there is no standard input to read" {
		t.Error(err)
	}
}
