package main

import (
	"slices"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// causeJSON is a cause in the output of `mailprobe explain -o json`. The names do not
// change.
type causeJSON struct {
	Cause   string       `json:"cause"`
	Blame   probe.Blame  `json:"blame"`
	Status  probe.Status `json:"status"`
	Meaning string       `json:"meaning"`
	Hint    string       `json:"hint"`
	Source  string       `json:"source"`
	// Passes is set if a later attempt may succeed.
	Passes bool     `json:"passes"`
	Kinds  []string `json:"kinds"`
}

// diagnosisJSON is the meaning of a reply in the same output.
type diagnosisJSON struct {
	Said   string      `json:"said"`
	Kind   string      `json:"kind"`
	Step   string      `json:"step,omitempty"`
	Causes []causeJSON `json:"causes"`
}

func encodeCauses(all []knownCause) []causeJSON {
	out := make([]causeJSON, len(all))
	for i, c := range all {
		out[i] = causeJSON{c.Name, c.Blame, c.Status, c.Meaning, c.Hint, c.Source, c.Passes(), append([]string{}, c.Kinds...)}
	}
	return out
}

func encodeDiagnoses(found []diagnosis, all []knownCause) []diagnosisJSON {
	out := make([]diagnosisJSON, len(found))
	for i, d := range found {
		var causes []knownCause
		for _, c := range d.Causes {
			known := knownCause{Cause: c}
			if at := slices.IndexFunc(all, func(k knownCause) bool { return k.Is(c) }); at >= 0 {
				known.Kinds = all[at].Kinds
			}
			causes = append(causes, known)
		}
		out[i] = diagnosisJSON{report.Clean(d.Said), d.kind, d.Step, encodeCauses(causes)}
	}
	return out
}
