package main

import (
	"slices"

	"mailprobe/probe"
	"mailprobe/suite"
)

// knownCause is a cause and where it comes about.
type knownCause struct {
	*probe.Cause
	// Kinds are the names of the kinds of check that give it.
	Kinds []string
}

// knownCauses are the causes of all kinds, by name.
func knownCauses(kinds []probe.Kind) []knownCause {
	var names []string
	lists := [][]*probe.Cause{probe.Causes(), suite.Causes()}
	for _, k := range kinds {
		names = append(names, k.Name)
		lists = append(lists, k.Causes)
	}
	var all []knownCause
	for _, c := range probe.MergeCauses(lists...) {
		known := knownCause{Cause: c}
		if slices.ContainsFunc(probe.Causes(), c.Is) {
			known.Kinds = names
		}
		if slices.ContainsFunc(suite.Causes(), c.Is) {
			known.Kinds = []string{"check"}
		}
		for _, k := range kinds {
			if slices.ContainsFunc(k.Causes, c.Is) && !slices.Contains(known.Kinds, k.Name) {
				known.Kinds = append(slices.Clip(known.Kinds), k.Name)
			}
		}
		all = append(all, known)
	}
	return all
}

func causeNames(all []knownCause) []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Name
	}
	return names
}
