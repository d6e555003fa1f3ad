package probe

import "strings"

// beyond says in words where a value that is not in the range is: "below 14", "above
// 90", or for a range of bad values "from 10 to 20".
func (r Range) beyond(v float64) string {
	low, high, both := strings.Cut(strings.TrimPrefix(r.text, "@"), ":")
	if !both {
		low, high = "0", low
	}
	switch {
	case r.outside && high == "":
		return "from " + low + " up"
	case r.outside && low == "~":
		return "up to " + high
	case r.outside:
		return "from " + low + " to " + high
	case v < r.low:
		return "below " + low
	}
	return "above " + high
}
