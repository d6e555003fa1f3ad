package plainjson

import (
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	got, err := Marshal(map[string]string{"from": "<a&b@example.org>"})
	if want := `{"from":"<a&b@example.org>"}`; string(got) != want || err != nil {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	if _, err := Marshal(func() {}); err == nil {
		t.Error("a function is written")
	}
	var b strings.Builder
	if err := Write(&b, []string{"<>"}); err != nil || b.String() != "[\n  \"<>\"\n]\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
