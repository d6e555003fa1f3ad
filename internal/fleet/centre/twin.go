package centre

import (
	"time"

	"mailprobe/internal/fleet"
)

// twin finds a second agent with the key of the first, such as that of a machine that was
// copied: both have one name, and are a process each.
type twin struct {
	first, other string    // processes
	heard        time.Time // when the first was last heard
	both         bool      // the first was heard after the other
}

// second reports whether a greeting is that of a second agent, while the first is there. An
// agent that was started anew is another process as well; its former one is never heard again.
func (t *twin) second(process string, now time.Time) bool {
	switch {
	case process == t.first:
		t.heard, t.both = now, t.other != ""
	case t.first == "" || now.Sub(t.heard) > 2*fleet.HelloEvery:
		*t = twin{first: process, heard: now}
	case process == t.other:
		return t.both
	default:
		t.other, t.both = process, false
	}
	return false
}
