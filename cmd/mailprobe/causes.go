package main

import (
	"slices"

	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/suite"
	"mailprobe/probe"
)

// knownCause is a cause and the kinds of check that can report it.
type knownCause struct {
	*probe.Cause
	// Kinds are the names of the kinds of check that can report it.
	Kinds []string
}

// knownCauses returns the causes of all kinds, sorted by name.
func knownCauses(kinds []probe.Kind) []knownCause {
	var names []string
	for _, k := range kinds {
		if !isPassive(k) { // which meets no network
			names = append(names, k.Name)
		}
	}
	found := map[string][]string{} // names of kinds by name of cause
	var lists [][]*probe.Cause
	add := func(causes []*probe.Cause, by ...string) {
		lists = append(lists, causes)
		for _, c := range causes {
			if !slices.Contains(found[c.Name], by[0]) {
				found[c.Name] = append(found[c.Name], by...)
			}
		}
	}
	add(probe.Causes(), names...)
	add(suite.Causes(), "check")
	add(bulk.Causes(), bulk.Kinds...)
	for _, k := range kinds {
		if k.Causes != nil {
			add(k.Causes(), k.Name)
		}
	}
	var all []knownCause
	for _, c := range probe.MergeCauses(lists...) {
		all = append(all, knownCause{c, found[c.Name]})
	}
	return all
}

// isPassive reports whether the checks of a kind wait for their results.
func isPassive(k probe.Kind) bool {
	if k.New == nil {
		return false
	}
	_, passive := probe.New(k).Passive()
	return passive
}

func causeNames(all []knownCause) []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	return names
}
