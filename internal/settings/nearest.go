package settings

import (
	"slices"
	"strconv"
	"strings"

	"mailprobe/probe"
)

// maxListed is how many words are listed where none is near.
const maxListed = 20

// Meant suggests the nearest valid word, or lists them.
func Meant(wrong string, right []string) string {
	return MeantOr(wrong, right, listed(slices.Sorted(slices.Values(right))))
}

// MeantOr suggests the nearest valid word, or returns otherwise where none is near.
func MeantOr(wrong string, right []string, otherwise string) string {
	near := probe.Nearest(wrong, right)
	if len(near) == 0 {
		return otherwise
	}
	for i := range near {
		near[i] = strconv.Quote(near[i])
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

func listed(right []string) string {
	switch {
	case len(right) == 0:
		return "there are none"
	case len(right) > maxListed:
		return "mailprobe check --schema describes all keys, and --help of a kind of check its options"
	}
	return "there are " + strings.Join(right, ", ")
}
