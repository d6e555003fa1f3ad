package suite

import (
	"time"

	"mailprobe/probe"
)

// kindAgent is the kind of the items that are the agents of places. No file can have a check
// of it.
const kindAgent = "agent"

// isShare reports whether the item is what one place sees of a check.
func (i *Item) isShare() bool { return i.verdict != nil }

// isAgent reports whether the item is the agent of a place.
func (i *Item) isAgent() bool { return i.Place != "" && i.verdict == nil }

// isHeard reports whether a scheduler concludes the item from what agents send, and runs
// nothing for it.
func (i *Item) isHeard() bool { return i.Afar() || i.isAgent() }

// CanRun reports whether the item can be run now, here or at its places: it neither waits for
// what is sent to it nor is the agent of a place.
func (i *Item) CanRun() bool {
	_, passive := i.Passive()
	return !passive && !i.isAgent()
}

// Verdict returns the item whose verdict is drawn from what this one sees, nil where it is
// not what one place sees of a check.
func (i *Item) Verdict() *Item { return i.verdict }

// shares returns what each of the places that may run an item sees of it.
func (i *Item) shares() []*Item {
	if !i.Afar() {
		return nil
	}
	all := make([]*Item, len(i.Check.From.Places))
	for n, place := range i.Check.From.Places {
		all[n] = &Item{ID: shareID(i.ID, place), Check: i.Check, Target: i.Target, Place: place, verdict: i}
	}
	return all
}

func shareID(id, place string) string { return id + " from " + place }

func agentID(place string) string { return kindAgent + " " + place }

// known returns all items that can be named: those of the checks, and the agents.
func (s *Suite) known() []*Item { return append(s.Items(), s.agents()...) }

// agents returns an item for the agent of each place in use.
func (s *Suite) agents() []*Item {
	var all []*Item
	for _, place := range s.Places() {
		id := agentID(place)
		c := &Check{Name: id, Kind: probe.Kind{Name: kindAgent, Short: "the agent of a place"}, Settings: defaultSettings()}
		c.Every, c.AlertAfter = agentEvery, 1
		all = append(all, &Item{ID: id, Check: c, Target: probe.Target{Text: place, Host: place}, Place: place})
	}
	return all
}

const (
	// agentEvery is how often it is recorded how an agent stands.
	agentEvery = time.Minute
	// SilentAfter is after which time without a word an agent is silent.
	SilentAfter = 2 * time.Minute
)

// freshFor is how long a result of a place counts for the verdict.
func (i *Item) freshFor() time.Duration { return max(2*i.every(), SilentAfter) }

// patienceFor is how long a verdict waits for places that were asked to look.
func (i *Item) patienceFor() time.Duration {
	timeout := probe.DefaultTimeout
	if i.Check.ready != nil && i.Check.ready.Options.Timeout > 0 {
		timeout = i.Check.ready.Options.Timeout
	}
	return min(timeout, time.Minute)
}
