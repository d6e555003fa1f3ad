package suite

import (
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxListed is how many words are listed where none is near.
const maxListed = 20

// maxMeant is how many words are offered where several are as near.
const maxMeant = 3

// meant says which of the right words a wrong one was probably meant to be, or
// lists them where none is near.
func meant(wrong string, right []string) string {
	if near := Nearest(wrong, right, len(wrong)/2); len(near) > 0 {
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

// Nearest returns the right word that is spelt most like a wrong one, with at most
// so many letters changed, or else a few that hold it, as via_ca_file holds ca_file.
func Nearest(wrong string, right []string, within int) []string {
	best, distance := "", within+1
	var holding []string
	for _, r := range right {
		if d := levenshtein.ComputeDistance(strings.ToLower(wrong), strings.ToLower(r)); d < distance {
			best, distance = r, d
		}
		if len(wrong) > 2 && strings.Contains(r, wrong) {
			holding = append(holding, r)
		}
	}
	switch {
	case len(holding) > 0 && len(holding) <= maxMeant && distance > 1:
		return holding
	case best != "":
		return []string{best}
	}
	return nil
}
