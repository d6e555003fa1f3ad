package pop3check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestHeads: commands are sent ahead, and half as many again once half are answered; gone
// messages are left out.
func TestHeads(t *testing.T) {
	top := func(numbers ...int) (script string) {
		for _, n := range numbers {
			script += fmt.Sprintf("C: TOP %d 0\n", n)
		}
		return script
	}
	says := func(n int) string { return fmt.Sprintf("S: +OK\nS: Subject: %d\nS: ..dot\nS:\nS: .\n", n) }
	script := top(6, 5, 4, 3) + says(6) + says(5) + top(2, 1) + "S: -ERR no such message\n" + says(3) + says(2) + says(1)
	s := greeted(t, script+"C: QUIT\nS: +OK\n")
	var got, gone []int
	err := s.Heads([]int{6, 5, 4, 3, 2, 1}, 4, func(int) int64 { return 100 },
		func(n int, head []byte) {
			got = append(got, n)
			if want := fmt.Sprintf("Subject: %d\r\n.dot\r\n\r\n", n); string(head) != want {
				t.Errorf("%d: %q", n, head)
			}
		},
		func(*Refusal) error { gone = append(gone, 4); return nil })
	if err != nil || !slices.Equal(got, []int{6, 5, 3, 2, 1}) || len(gone) != 1 {
		t.Error(got, gone, err)
	}
	if _, err := s.Quit(); err != nil {
		t.Error(err)
	}
}

// TestHeadsAreNotQuoted: whatever is wrong with an answer, an error shows nothing of a header.
func TestHeadsAreNotQuoted(t *testing.T) {
	for _, said := range []string{
		"S: Subject: secret\n",
		"S: +OK\nS: Subject: secret\nS: .\nS: secret\nS: .\n",
		"S: +OK\nS: Subject: secret\n* close\n",
		"S: +OK\nS: " + strings.Repeat("secret", 100) + "\nS: .\n",
	} {
		s := greeted(t, "C: TOP 2 0\nC: TOP 1 0\n"+said)
		err := s.Heads([]int{2, 1}, 2, func(int) int64 { return 300 }, func(int, []byte) {}, func(r *Refusal) error { return r })
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.80q: %v", said, err)
		}
	}
}
