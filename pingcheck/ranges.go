package pingcheck

import (
	"fmt"
	"strings"

	"mailprobe/icmp"
)

// MaxRange6 is how many IPv6 addresses a range may have, those of a prefix of 108 bits:
// no sweep gets through the 2^64 addresses of a usual network.
const MaxRange6 = 1 << 20

// ParseRange is [icmp.ParseRange] for ranges that are swept: one of more than MaxRange6
// IPv6 addresses is an error. A URL is no range.
func ParseRange(text string) (r icmp.Range, ok bool, err error) {
	if strings.Contains(text, "://") {
		return r, false, nil
	}
	r, ok, err = icmp.ParseRange(text)
	if ok && r.First.Is6() && r.Count(MaxRange6+1) > MaxRange6 {
		return r, false, fmt.Errorf("%s has %s addresses, too many to ask each; at most %d of IPv6 can be swept at once, such as %s/108", text, r.Size(), MaxRange6, r.First)
	}
	return r, ok, err
}
