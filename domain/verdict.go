package domain

import (
	"slices"
	"strings"

	"mailprobe/probe"
)

// ofNothing returns the outcome of a step for a domain that does not exist: what is
// absent with it is no finding of its own.
func (o outcome) ofNothing() outcome {
	switch {
	case o.err == nil && (o.step.Status == probe.OK || o.step.Status == probe.Unknown):
		return o
	}
	o.step = probe.Step{Name: o.step.Name, Group: o.step.Group, Status: probe.OK, Facts: o.step.Facts}
	o.err = o.step.Skip("the domain does not exist")
	return o
}

// isGone reports whether a step found that the domain does not exist.
func isGone(s *probe.Step) bool { return s != nil && s.Cause.Is(probe.CauseNoSuchName) }

// settleFixes leaves each record to publish in one step alone. Where several steps propose
// records of a name and type, those of the first count, as the set replaces what is there.
func settleFixes(r *probe.Result) {
	owner := map[string]int{}
	for i := range r.Steps {
		s := &r.Steps[i]
		s.Fix = slices.DeleteFunc(s.Fix, func(record string) bool {
			set := recordSet(record)
			by, taken := owner[set]
			if !taken {
				owner[set] = i
			}
			return taken && by != i
		})
		s.Fix = unique(s.Fix)
	}
}

// recordSet is the name and the type of a record, which is a line of a zone without TTL.
func recordSet(record string) string {
	words := strings.Fields(record)
	return strings.ToLower(strings.Join(words[:min(len(words), 3)], " "))
}

// unique returns texts without repetitions, in their order.
func unique(texts []string) (all []string) {
	for _, text := range texts {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}
