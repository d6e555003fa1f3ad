package probe

import (
	"slices"
	"strings"
)

// maxMeant is how many words are offered where several are as near.
const maxMeant = 3

// Nearest returns the right word that is spelt most like a wrong one, or else a few that
// contain it, as via-ca-file contains ca-file; none where no word is near. Letter case
// makes no difference.
func Nearest(wrong string, right []string) []string {
	wrong = strings.ToLower(wrong)
	const most = 6 // letters that are wrong in a long word
	within := min(max(2, len(wrong)/3), len(wrong)-1, most)
	if len(wrong) <= 3 { // "foo" was not meant to be "to"
		within = min(within, 1)
	}
	best, distance := "", within+1
	var holding []string
	for _, r := range right {
		word := strings.ToLower(r)
		if d := editDistance(wrong, word); d < distance {
			best, distance = r, d
		}
		if len(wrong) > 2 && strings.Contains(word, wrong) {
			holding = append(holding, r)
		}
	}
	switch {
	case len(holding) > 0 && len(holding) <= maxMeant && distance > 1:
		return slices.Sorted(slices.Values(holding))
	case best != "":
		return []string{best}
	}
	return nil
}

// Meant asks whether the word nearest to a wrong one was meant, or returns otherwise
// where none is near.
func Meant(wrong string, right []string, otherwise string) string {
	if near := Nearest(wrong, right); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return otherwise
}

// editDistance is the number of letters that have to be added, removed, replaced or
// swapped with their neighbour to make one word of another.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	const longest = 64 // no command, option, step or key is longer
	if len(from) > longest || len(to) > longest {
		return longest
	}
	var before, last []int
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		before, last, row = last, row, make([]int, len(to)+1)
		row[0] = i + 1
		for j := range to {
			replace := last[j]
			if from[i] != to[j] {
				replace++
			}
			row[j+1] = min(replace, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(to)]
}
