package transport

import (
	"slices"
	"testing"

	"mailprobe/wire"
)

func TestPageTokens(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  []wire.Secret
	}{
		{[]string{"A1 NO [ALERT] Sign in first: https://accounts.example.com/continue?sarp=1&plt=AKgnsb0123456789 (Failure)"}, []wire.Secret{"sarp=1&plt=AKgnsb0123456789"}},
		{[]string{"-ERR secure connection needed: http://service.example.com/cgi-bin/help?id=28"}, nil},
		{[]string{"-ERR see https://support.example.com/mail/answer/78754"}, nil},
		{[]string{
			"534-5.7.14 <https://accounts.example.com/continue?sarp=1&scc=1&plt=AKgnsb012",
			"534-5.7.14 XyZaBcDeFgHiJkLm",
			"534-5.7.14 5k> Please log in via your web browser",
			"534 5.7.14 something01",
		}, []wire.Secret{"sarp=1&scc=1&plt=AKgnsb012", "XyZaBcDeFgHiJkLm"}},
		{[]string{"+OK"}, nil},
	} {
		if got := pageTokens(test.lines); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %d tokens, want %d", test.lines, len(got), len(test.want))
		}
	}
}
