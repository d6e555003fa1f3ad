package transport

import (
	"strings"

	"mailprobe/probe"
)

// Examples returns what real servers said for a cause: the example of each row that has
// it, those for which it is the likeliest first. asked holds what the client sends at
// each step, if it speaks first there.
func (t Table) Examples(cause string, asked map[string]string) []probe.Example {
	var likely, others []probe.Example
	for _, row := range t {
		for i, c := range row.Causes {
			if c.Name != cause {
				continue
			}
			step, _, _ := strings.Cut(row.Steps, " ")
			e := probe.Example{From: row.From, Step: step, Asked: asked[step], Said: row.Said}
			if i == 0 {
				likely = append(likely, e)
			} else {
				others = append(others, e)
			}
		}
	}
	return append(likely, others...)
}
