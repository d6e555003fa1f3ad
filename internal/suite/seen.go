package suite

import (
	"slices"

	"mailprobe/probe"
)

// Seen is what one place sees of a check that several may run.
type Seen struct {
	Scheduled
	// Idle is set where other places run the check instead, as of 3 of a group of 5.
	Idle bool
	// Step is that of the place in the last verdict, nil where it has none.
	Step *probe.Step
	// Counts is set where what it saw counts for the verdict.
	Counts bool
}

// Last is the result of its last run that counts, nil where there is none.
func (s Seen) Last() *probe.Result {
	if len(s.Results) == 0 {
		return nil
	}
	return (&Outcome{Item: s.Item, Results: s.Results}).Worst()
}

// Seen returns what the places see of an item, in the order of the file; none where it is run
// here.
func (i Scheduled) Seen() []Seen {
	all := make([]Seen, len(i.Shares))
	for n, share := range i.Shares {
		all[n].Scheduled = share
		if len(i.Results) > 0 {
			all[n].Step = i.Results[0].Step(itemPlace + "-" + share.Place)
		}
		all[n].Idle = all[n].Step == nil && len(i.Results) > 0 && len(i.Results[0].Steps) > 0
		all[n].Counts = all[n].Step != nil && !all[n].Step.Aside && all[n].Step.Status != probe.Unknown
	}
	return all
}

// Difference is something that places see differently.
type Difference struct {
	// What is the name of a fact, of a step, or the word address.
	What string
	// Values are what they see, each with its places.
	Values []Value
}

// Value is what some places see. Status is that of a step, and OK of all else.
type Value struct {
	Text   string
	Status probe.Status
	Places []string
}

// maxDifferences bounds what is named.
const maxDifferences = 20

// Differences returns in what the places differ whose results count: how each step ended, at
// which address, and what they read of the server, such as its version, its certificate or its
// records in DNS. Numbers differ always, and are left out.
func Differences(all []Seen) []Difference {
	var found []Difference
	counting := slices.DeleteFunc(slices.Clone(all), func(s Seen) bool { return !s.Counts || s.Last() == nil })
	add := func(what string, value func(*probe.Result) (string, probe.Status)) {
		d := Difference{What: what}
		for _, s := range counting {
			if text, status := value(s.Last()); text != "" {
				d.add(text, status, s.Place)
			}
		}
		if len(d.Values) > 1 && len(found) < maxDifferences {
			found = append(found, d)
		}
	}
	for _, name := range names(counting, stepNames) {
		add(name, func(r *probe.Result) (string, probe.Status) { return endOf(r, name) })
	}
	add("address", func(r *probe.Result) (string, probe.Status) { return r.Address, probe.OK })
	for _, name := range names(counting, factNames) {
		add(name, func(r *probe.Result) (string, probe.Status) {
			f, _ := r.Fact(name)
			return f.Text, probe.OK
		})
	}
	return found
}

func (d *Difference) add(text string, status probe.Status, place string) {
	for n := range d.Values {
		if d.Values[n].Text == text {
			d.Values[n].Places = append(d.Values[n].Places, place)
			return
		}
	}
	d.Values = append(d.Values, Value{text, status, []string{place}})
}

// names returns what the results of places have, each once.
func names(all []Seen, of func(*probe.Result) []string) (names []string) {
	for _, s := range all {
		for _, name := range of(s.Last()) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func stepNames(r *probe.Result) (names []string) {
	for _, s := range r.Steps {
		if s.Item == "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// factNames are the texts that say what the check was connected to.
func factNames(r *probe.Result) (names []string) {
	for _, f := range r.Facts() {
		if f.Value == nil && (f.Role == probe.Label || f.Role == probe.Identifier || f.Role == probe.Published) {
			names = append(names, f.Name)
		}
	}
	return names
}

// endOf returns how a step ended: by its cause where it is not OK. One that did not run is
// not compared: another one explains that.
func endOf(r *probe.Result, name string) (string, probe.Status) {
	s := r.Step(name)
	switch {
	case s == nil || s.Status == probe.Skipped:
		return "", probe.OK
	case s.Cause != nil:
		return s.Status.String() + " " + s.Cause.Name, s.Status
	}
	return s.Status.String(), s.Status
}
