package wire

import (
	"fmt"
	"strings"
	"testing"
)

// script makes a transcript of lines of the server.
func script(lines ...string) *Transcript {
	t := &Transcript{}
	for _, l := range lines {
		t.Record(Server, l)
	}
	return t
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", 50)
	for name, c := range map[string]struct {
		from *Transcript
		want string // empty for the same
	}{
		"none":      {nil, ""},
		"empty":     {script(), ""},
		"short":     {script("1", "2", "3", "4"), ""},
		"one over":  {script("1", "2", "3", "4", "5"), "S: 1|S: 2|# 1 lines are left out|S: 4|S: 5"},
		"many over": {script("1", "2", "3", "4", "5", "6", "7"), "S: 1|S: 2|# 3 lines are left out|S: 6|S: 7"},
		"wide":      {script("1", long), "S: 1|# S: " + long[:14] + "..."},
		"letters":   {script(strings.Repeat("ä", 16)), "# S: äääääää..."},
		"escapes":   {script(`\x00\n`), ""},
		"torn":      {script(`\x***`), `# S: \x***`},
	} {
		t.Run(name, func(t *testing.T) {
			short := c.from.Excerpt(2, 20)
			if c.want == "" {
				if short != c.from {
					t.Errorf("another transcript: %q", short.Lines())
				}
				return
			}
			if got := strings.Join(short.Lines(), "|"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if _, err := ParseTranscript(strings.Join(short.Lines(), "\n")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTranscriptBytes: a server that sends long lines fills no more than the limit, and
// what is not kept is counted.
func TestTranscriptBytes(t *testing.T) {
	tr := &Transcript{}
	for i := range 1000 {
		tr.Record(Server, fmt.Sprintf("250-%04d %s", i, strings.Repeat("x", 1000)))
	}
	if size := tr.Size(); size < maxBytes || size > maxBytes+1100 {
		t.Errorf("%d bytes are kept", size)
	}
	lines := tr.Lines()
	if got, want := lines[len(lines)-1], fmt.Sprintf("# %d events more", 1000-tr.Len()); got != want {
		t.Errorf("the last line is %q, want %q", got, want)
	}
}
