package suite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxListed is how many words are listed where none is near.
const maxListed = 20

// meant says which of the right words a wrong one was probably meant to be, or
// lists them where none is near.
func meant(wrong string, right []string) string {
	best, distance := "", len(wrong)/2+1
	for _, r := range right {
		if d := levenshtein.ComputeDistance(strings.ToLower(wrong), strings.ToLower(r)); d < distance {
			best, distance = r, d
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	right = slices.Sorted(slices.Values(right))
	switch {
	case len(right) == 0:
		return "there are none"
	case len(right) > maxListed:
		return "the flags of the kind of check are right, and the keys that mailprobe check --schema describes"
	}
	return "there are " + strings.Join(right, ", ")
}
