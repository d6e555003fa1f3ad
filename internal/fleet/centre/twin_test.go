package centre

import (
	"testing"
	"time"
)

// TestTwin: an agent that is started anew is the only one; a copy of it is a second one, which
// is refused until the first is gone.
func TestTwin(t *testing.T) {
	t.Parallel()
	at := time.Unix(1e9, 0)
	var w twin
	for i, c := range []struct {
		process string
		after   time.Duration
		second  bool
	}{
		{"a", 0, false},
		{"a", 15 * time.Second, false},
		{"b", 5 * time.Second, false}, // a was started anew, or b is a second one
		{"b", 15 * time.Second, false},
		{"b", 15 * time.Second, false}, // a is gone
		{"c", time.Second, false},
		{"b", 14 * time.Second, false}, // both are there
		{"c", time.Second, true},
		{"b", 14 * time.Second, false},
		{"c", time.Second, true},
		{"c", 30 * time.Second, false}, // b is gone
		{"c", 15 * time.Second, false},
	} {
		at = at.Add(c.after)
		if got := w.second(c.process, at); got != c.second {
			t.Errorf("greeting %d, of %s: second is %v", i, c.process, got)
		}
	}
}
