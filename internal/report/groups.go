package report

import (
	"slices"
	"strings"

	"mailprobe/probe"
)

// hasGroups reports whether steps stand under headings.
func (v *fullView) hasGroups() bool {
	return slices.ContainsFunc(v.r.Steps, func(s probe.Step) bool { return s.Group != "" })
}

// grouped returns the table of steps that stand under headings, each of which is shown
// once.
func (v *fullView) grouped(steps []probe.Step) string {
	group, name, status := 0, 0, 0
	for _, s := range steps {
		group = max(group, displayWidth(s.Group))
		name = max(name, displayWidth(s.Name))
		status = max(status, len(s.Status.String()))
	}
	group, name = min(group, v.width/5), min(name, v.width/4)
	room := v.width - group - name - status - 3*2
	rows, last := make([]cells, len(steps)), ""
	for i, s := range steps {
		heading := ""
		if s.Group != last {
			heading, last = lines(s.Group, group, 1), s.Group
		}
		rows[i] = cells{heading, lines(s.Name, name, maxDetailLines), v.paint.status(s.Status), v.detail(s, room)}
	}
	return grid(nil, rows)
}

// publish returns the records to publish. They are never wrapped, so that they can be
// copied into a zone.
func (v *fullView) publish() string {
	var b strings.Builder
	for _, s := range v.r.Steps {
		for _, record := range s.Fix {
			b.WriteString(record + "\n")
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "TO PUBLISH (replaces what stands at these names)\n" + b.String()
}
