package show

import (
	"strings"

	"mailprobe/internal/report"
	"mailprobe/probe"
)

// heading returns the heading above a step of a table, empty where there is none or the
// step before it stands under the same.
func heading(steps []probe.Step, i int) string {
	if i > 0 && steps[i-1].Group == steps[i].Group {
		return ""
	}
	return report.Clean(steps[i].Group)
}

// fixes returns the records to publish that the steps propose, a line each.
func fixes(steps []probe.Step) string {
	var all []string
	for _, s := range steps {
		for _, record := range s.Fix {
			all = append(all, report.Clean(record))
		}
	}
	return strings.Join(all, "\n")
}
