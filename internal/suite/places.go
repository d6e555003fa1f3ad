package suite

import (
	"cmp"
	"errors"
	"hash/fnv"
	"slices"
	"strings"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// From is the places that a check is run from. The zero value is this machine.
type From struct {
	// Places are those that may run it, in the order of the file.
	Places []string
	// Count is how many of them do at a time; 0 is all.
	Count int

	text   string
	spread bool // which of them do depends on the name of the item
}

// String returns the places as the file has them.
func (f From) String() string { return f.text }

// atOnce is how many places run the check at a time.
func (f From) atOnce() int { return cmp.Or(f.Count, len(f.Places)) }

// DownRule says how many places must see the check fail before it is down; empty where it is
// run from one at a time.
func (c *Check) DownRule() string {
	if c.From.atOnce() < 2 {
		return ""
	}
	return c.Down.String()
}

// Afar reports whether places run the item, and not this machine.
func (i *Item) Afar() bool { return len(i.Check.From.Places) > 0 && i.Place == "" }

// chosen returns the places that run an item now: of a number of places the first that can,
// and where too few can the others beside them.
func (i *Item) chosen(unable func(place string) bool) []string {
	f := i.Check.From
	if f.Count == 0 {
		return f.Places
	}
	order := slices.Clone(f.Places)
	if f.spread {
		slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(i.weight(b), i.weight(a)) })
	}
	slices.SortStableFunc(order, func(a, b string) int {
		switch isUnable := unable(a); {
		case isUnable == unable(b):
			return 0
		case isUnable:
			return 1
		}
		return -1
	})
	return order[:f.Count]
}

// weight is that of a place for an item: of rendezvous hashing, by which the loss of a place
// moves only what it had.
func (i *Item) weight(place string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(i.ID + "\x00" + place)) // it never fails
	return mix(h.Sum64())
}

// Places returns the places that checks of the file may be run from, in its order.
func (s *Suite) Places() []string {
	var all []string
	seen := map[string]bool{}
	for _, c := range s.Checks {
		for _, place := range c.From.Places {
			if !seen[place] {
				seen[place] = true
				all = append(all, place)
			}
		}
	}
	return all
}

// Jobs returns what a place has to run while others are silent. Credentials are named, and
// not sealed yet.
func (s *Suite) Jobs(place string, silent func(place string) bool) []Job {
	return s.jobs(place, func(_ *Item, place string) bool { return silent(place) })
}

func (s *Suite) jobs(place string, unable func(i *Item, place string) bool) []Job {
	byCheck := map[string][]*Item{}
	var here []*Item
	for _, c := range s.Checks {
		if !slices.Contains(c.From.Places, place) {
			continue
		}
		for _, i := range c.items() {
			if slices.Contains(i.chosen(func(p string) bool { return unable(i, p) }), place) {
				here = append(here, i)
				byCheck[c.Name] = append(byCheck[c.Name], i)
			}
		}
	}
	all := make([]Job, len(here))
	for n, i := range here {
		all[n] = i.job()
		for _, name := range i.Check.DependsOn {
			for _, other := range sameHost(byCheck[name], i.Target.Host, func(i *Item) string { return i.Target.Host }) {
				all[n].DependsOn = append(all[n].DependsOn, other.ID)
			}
		}
	}
	return all
}

// job returns an item as a place gets it.
func (i *Item) job() Job {
	c := i.Check
	j := Job{ID: i.ID, Kind: c.Kind.Name, Every: i.every(), Between: c.Between.text, Attempts: c.Attempts, RetryAfter: c.RetryAfter}
	if c.ready == nil || c.ready.TakesTarget() {
		j.Target = i.Target.Text
	}
	for _, v := range c.options {
		if c.isCredential(v) {
			j.Credentials = append(j.Credentials, Credential{Option: v.Name, Name: v.Text})
			continue
		}
		j.Options = append(j.Options, v)
	}
	return j
}

// isCredential reports whether an option names a secret, which travels sealed.
func (c *Check) isCredential(v settings.Value) bool {
	o := probe.FindOption(c.ready.Declared, v.Name)
	return o != nil && o.Credential && strings.HasSuffix(v.Name, "-env")
}

// lacksHere reports whether an error is that of a secret that this machine does not have, and
// the places that run the check may.
func (c *Check) lacksHere(err error) bool {
	of := new(probe.OptionError)
	return len(c.From.Places) > 0 && errors.As(err, &of) && slices.ContainsFunc(c.options, func(v settings.Value) bool {
		return v.Name == string(of.Option) && c.isCredential(v)
	})
}
