package probe

import (
	"slices"
	"strings"
)

// Measure declares a fact that is a number: what a threshold can be on.
type Measure struct {
	// Name is the fact's name. An N in it stands for any number.
	Name string
	// Unit is the unit of its value.
	Unit Unit
	// MoreIsBetter is set where only too little can be wrong.
	MoreIsBetter bool
}

// measures returns what thresholds of the kind can be on; none where the kind does not
// say.
func (k Kind) measures() []Measure {
	if k.Measures == nil {
		return nil
	}
	all := append([]Measure{{Name: TotalFact, Unit: Seconds}}, k.Measures()...)
	if slices.Contains(k.Steps, RepeatStep) {
		all = append(all, repeatMeasures()...)
	}
	return all
}

// Measure returns the declaration of a fact; ok is false where it is not declared.
func (k Kind) Measure(fact string) (m Measure, ok bool) {
	all := k.measures()
	i := slices.IndexFunc(all, func(m Measure) bool { return m.Name == fact || m.Name == numberless(fact) })
	if i < 0 {
		return Measure{}, false
	}
	return all[i], true
}

// numberless returns a name with an N for each number in it.
func numberless(name string) string {
	var b strings.Builder
	for i := range len(name) {
		isDigit := name[i] >= '0' && name[i] <= '9'
		switch {
		case !isDigit:
			b.WriteByte(name[i])
		case i == 0 || name[i-1] < '0' || name[i-1] > '9':
			b.WriteByte('N')
		}
	}
	return b.String()
}

// measureNames are the names that a threshold can have, without those of steps.
func (k Kind) measureNames() []string {
	var names []string
	for _, m := range k.measures() {
		names = append(names, m.Name)
	}
	return names
}

// check returns what is wrong with thresholds that are the value of an option of a kind.
func (t Thresholds) check(option OptionName, kind Kind) error {
	for name, r := range t {
		step, fact, ofStep := strings.Cut(name, ":")
		if !ofStep {
			fact = step
		} else if !kind.HasStep(step) && !kind.hasItem(step) {
			return OptionErrorf("%s: there is no step %q; %s", option, step, Meant(step, kind.stepSorts(), "the steps are "+strings.Join(kind.stepSorts(), ", ")))
		}
		m, ok := kind.Measure(fact)
		switch {
		case kind.Measures == nil:
		case !ok:
			return OptionErrorf("%s: there is no fact %q that is a number; %s", option, fact, Meant(fact, kind.measureNames(), "there are "+strings.Join(kind.measureNames(), ", ")))
		case r.unit == Seconds && m.Unit != Seconds:
			return OptionErrorf("%s: %s is not a time, but %s is", option, fact, r)
		case r.unit == Bytes && m.Unit != Bytes:
			return OptionErrorf("%s: %s is not a size, but %s is", option, fact, r)
		case m.MoreIsBetter && r.isPlain():
			return OptionErrorf("%s: %s=%s permits 0 to %[3]s, and more is better: %[2]s=%[3]s: permits %[3]s and more", option, name, r)
		}
	}
	return nil
}
