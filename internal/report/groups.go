package report

import (
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
)

// maxGroupedLines is the limit of a detail in lines where steps stand under headings:
// each of them can have several faults.
const maxGroupedLines = 12

// hasGroups reports whether steps stand under headings.
func (v *fullView) hasGroups() bool {
	return slices.ContainsFunc(v.r.Steps, func(s probe.Step) bool { return s.Group != "" })
}

// grouped returns the table of steps that stand under headings, each of which is shown
// once, as are hints and long reasons that several steps have. With Verbose it has the
// times.
func (v *fullView) grouped(steps []probe.Step) string {
	group, name, status, elapsed := 0, 0, 0, 0
	for _, s := range steps {
		group = max(group, displayWidth(s.Group))
		name = max(name, displayWidth(s.Name))
		status = max(status, len(s.Status.String()))
		elapsed = max(elapsed, len(v.stepTime(s)))
	}
	group, name = min(group, v.width/5), min(name, v.width/4)
	room := v.width - group - name - status - 3*2
	right := []int(nil)
	if v.verbose {
		room -= elapsed + 2
		right = []int{2}
	}
	rows, last, said := make([]cells, len(steps)), "", once{}
	for i, s := range steps {
		heading := ""
		if s.Group != last {
			heading, last = lines(s.Group, group, 1), s.Group
		}
		rows[i] = cells{heading, lines(s.Name, name, maxDetailLines)}
		if v.verbose {
			rows[i] = append(rows[i], v.stepTime(s))
		}
		text := wrap(said.detail(s.Detail), room, maxGroupedLines*v.scale)
		if hint := said.hint(s.Hint); hint != "" {
			text = append(text, wrap("hint: "+hint, room, maxDetailLines*v.scale)...)
		}
		rows[i] = append(rows[i], v.paint.status(s.Status), strings.Join(text, "\n"))
	}
	return grid(nil, rows, right...)
}

// once is what a table has said already.
type once map[string]bool

// hint returns a hint the first time.
func (o once) hint(text string) string {
	if o[text] {
		return ""
	}
	o[text] = true
	return text
}

// longReason is the length in bytes from which a reason is not repeated.
const longReason = 40

// detail returns a detail, in which parts and long reasons that were given before, behind
// a colon, are not repeated.
func (o once) detail(text string) string {
	var parts []string
	for part := range strings.SplitSeq(text, "; ") {
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	for i, part := range parts {
		for at := range colons(part) {
			switch reason := part[at+2:]; {
			case o[reason]:
				parts[i] = part[:at] + asAbove
			case len(reason) >= longReason:
				o[reason] = true
				continue
			}
			break
		}
	}
	return strings.Join(fewer(parts), "; ")
}

// asAbove stands for a reason that was given before.
const asAbove = ": as above"

// fewer names the first of three or more parts with a reason that was given before, and
// counts the others.
func fewer(parts []string) []string {
	isRepeated := func(part string) bool { return strings.HasSuffix(part, asAbove) }
	first, others := slices.IndexFunc(parts, isRepeated), -1
	for _, part := range parts {
		if isRepeated(part) {
			others++
		}
	}
	if others < 2 {
		return parts
	}
	named := fmt.Sprintf("%s, and %d more", parts[first], others)
	rest := slices.DeleteFunc(slices.Clone(parts[first+1:]), isRepeated)
	return slices.Concat(parts[:first], []string{named}, rest)
}

// colons yields the positions of colons with a blank behind them.
func colons(text string) func(func(int) bool) {
	return func(yield func(int) bool) {
		for from := 0; ; {
			i := strings.Index(text[from:], ": ")
			if i < 0 || !yield(from+i) {
				return
			}
			from += i + 2
		}
	}
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
	return "TO PUBLISH (replaces the records of the same name and type)\n" + b.String()
}
