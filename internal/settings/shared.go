package settings

import (
	"fmt"
	"slices"

	"mailprobe/internal/report"
)

// ForKind returns the options that a mapping, called what in errors, has for one kind: those
// at its top that the kind knows, and after them, as they replace these, those under its
// name. Other keys are passed to other, which reports whether they mean something elsewhere;
// names are extra suggestions for error messages.
func (d *Document) ForKind(n Node, what, kind string, known Options, other func(Pair) bool, names []string) []Pair {
	var shared, own []Pair
	d.Read(n, what, nil, func(p Pair) bool {
		switch {
		case p.Name == kind && p.Value.IsNull():
		case p.Name == kind:
			own = append(own, d.knownPairs(p, known)...)
		case known.LookUp(p.Name) != nil:
			shared = append(shared, p)
		default:
			return other(p)
		}
		return true
	}, append(known.Keys(), names...))
	return append(shared, own...)
}

// knownPairs returns the options of a mapping that has no other keys.
func (d *Document) knownPairs(at Pair, known Options) []Pair {
	return slices.DeleteFunc(d.Pairs(at.Value, at.Name), func(p Pair) bool {
		if known.LookUp(p.Name) != nil {
			return false
		}
		d.Unknown(p, at.Name, known.Keys())
		return true
	})
}

// OneLine returns the position and the text in one line, without the line of the file.
func (p Problem) OneLine() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
	return report.Clean(where + ": " + p.Text)
}

// First returns the first of the problems of a file as an error of one line that says how
// many more there are, nil for none.
func (all Problems) First() error {
	list := all.sorted()
	switch len(list) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s", list[0].OneLine())
	}
	return fmt.Errorf("%s (and %d more)", list[0].OneLine(), len(list)-1)
}
