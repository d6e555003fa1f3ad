package settings

import (
	"slices"
	"strconv"
	"strings"

	"mailprobe/probe"
)

// maxListed is how many words are listed where none is near.
const maxListed = 20

// Meant asks whether the nearest of the right words was meant, or lists them where none is
// near.
func Meant(wrong string, right []string) string {
	if near := probe.Nearest(wrong, right); len(near) > 0 {
		for i := range near {
			near[i] = strconv.Quote(near[i])
		}
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	right = slices.Sorted(slices.Values(right))
	switch {
	case len(right) == 0:
		return "there are none"
	case len(right) > maxListed:
		return "mailprobe check --schema describes all keys, and --help of a kind of check its options"
	}
	return "there are " + strings.Join(right, ", ")
}
