package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"mailprobe/internal/cut"
	"mailprobe/internal/fleet"
	"mailprobe/internal/report"
)

// MaxHello is how many bytes a greeting has at most.
const MaxHello = 512 << 10

// The bounds of a greeting.
const (
	maxAbilities = 20
	maxSentence  = 300 // bytes of a text
	maxOffset    = 1e9 // seconds: no clock is further off
)

// ReadHello reads a greeting, and makes its texts printable.
func ReadHello(data []byte) (h fleet.Hello, err error) {
	if len(data) > MaxHello {
		return h, fmt.Errorf("it has more than %d KiB", MaxHello>>10)
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
	h.Version, h.Process = text(h.Version), text(h.Process)
	for i := range h.Able {
		h.Able[i].Name, h.Able[i].Detail = text(h.Able[i].Name), text(h.Able[i].Detail)
	}
	for id, why := range h.Refused {
		h.Refused[id] = text(why)
	}
	return h, nil
}
