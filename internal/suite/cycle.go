package suite

import (
	"fmt"
	"slices"
	"strings"
)

// findCycles returns cycles of checks that depend on each other, each from its first check
// in the file back to that one; at least one where there is any. Every check is visited
// once.
func findCycles(entries []*entry, byName map[string]*entry) [][]string {
	w := walk{byName: byName, position: map[string]int{}, onWay: map[string]int{}}
	for i, e := range slices.Backward(entries) {
		w.position[e.Name] = i
	}
	for _, e := range entries {
		w.visit(e.Name)
	}
	return w.cycles
}

// walk is a depth-first search.
type walk struct {
	byName   map[string]*entry
	position map[string]int // in the file
	way      []string       // from where the search began to where it is
	onWay    map[string]int // how far on the way a check is, -1 once it is done with
	cycles   [][]string
}

func (w *walk) visit(name string) {
	if at, seen := w.onWay[name]; seen {
		if at >= 0 {
			w.cycles = append(w.cycles, w.circle(w.way[at:]))
		}
		return
	}
	e := w.byName[name]
	if e == nil {
		return
	}
	w.onWay[name] = len(w.way)
	w.way = append(w.way, name)
	for _, next := range e.DependsOn {
		w.visit(next)
	}
	w.way = w.way[:len(w.way)-1]
	w.onWay[name] = -1
}

// circle rotates a cycle to its first check in the file, and closes it.
func (w *walk) circle(names []string) []string {
	first := slices.MinFunc(names, func(a, b string) int { return w.position[a] - w.position[b] })
	i := slices.Index(names, first)
	return slices.Concat(names[i:], names[:i], []string{first})
}

// maxShown is how many checks of a cycle are named.
const maxShown = 10

// shown returns a cycle in a line.
func shown(cycle []string) string {
	if over := len(cycle) - 1 - maxShown; over > 0 {
		cycle = slices.Concat(cycle[:maxShown], []string{fmt.Sprintf("(%d more)", over), cycle[0]})
	}
	return strings.Join(cycle, " -> ")
}
