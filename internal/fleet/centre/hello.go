package centre

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/internal/fleet"
	"mailprobe/internal/report"
)

// The bounds of a greeting.
const (
	maxHello     = 512 << 10 // bytes
	maxAbilities = 20
	maxSentence  = 300 // bytes of a text
	maxOffset    = 1e9 // seconds: no clock is further off
)

// readHello reads a greeting, and makes its texts printable.
func readHello(data []byte) (h fleet.Hello, err error) {
	if len(data) > maxHello {
		return h, fmt.Errorf("it has more than %d KiB", maxHello>>10)
	}
	if json.Unmarshal(data, &h) != nil {
		return h, errors.New("it is none")
	}
	switch {
	case len(h.Able) > maxAbilities:
		return h, fmt.Errorf("it has more than %d abilities", maxAbilities)
	case h.Spooled < 0 || h.Dropped < 0, h.Offset != nil && !(math.Abs(*h.Offset) <= maxOffset), h.Sent.IsZero():
		return h, errors.New("it has a value that none can have")
	}
	text := func(s string) string { return cut.Bytes(report.Clean(s), maxSentence) }
	h.Version = text(h.Version)
	for i := range h.Able {
		h.Able[i].Name, h.Able[i].Detail = text(h.Able[i].Name), text(h.Able[i].Detail)
	}
	for id, why := range h.Refused {
		h.Refused[id] = text(why)
	}
	return h, nil
}

// twin finds a second agent with the key of the first, such as that of a machine that was
// copied: both have one name, and an inbox each.
type twin struct {
	first, other string    // inboxes
	heard        time.Time // when the first was last heard
	both         bool      // the first was heard after the other
}

// second reports whether a greeting is that of a second agent, while the first is there. An
// agent that was started anew has another inbox as well; its former one is never heard again.
func (t *twin) second(inbox string, now time.Time) bool {
	switch {
	case inbox == t.first:
		t.heard, t.both = now, t.other != ""
	case t.first == "" || now.Sub(t.heard) > 2*fleet.HelloEvery:
		*t = twin{first: inbox, heard: now}
	case inbox == t.other:
		return t.both
	default:
		t.other, t.both = inbox, false
	}
	return false
}
