package domain

import (
	"fmt"
	"strings"

	"mailprobe/dnssec"
	"mailprobe/probe"
)

// recordKey is what a record of a zone file is known by.
type recordKey struct {
	line int
	name string
	kind dnssec.Type
	text string
}

func keyOf(r dnssec.ZoneRecord) recordKey { return recordKey{r.Line, r.Name, r.Type, r.Text} }

// instead records a fault of a record, and a better one; empty for none.
func (l *lint) instead(r dnssec.ZoneRecord, better string, cause *probe.Cause, format string, args ...any) {
	l.add(r.Line, cause, format, args...)
	if better != "" {
		l.better[keyOf(r)] = better
		l.faults[len(l.faults)-1].record = &r
	}
}

// maxProposed is up to how many records of a set are proposed.
const maxProposed = 20

// proposal returns the whole set that a record is in as it should be, since what is
// proposed replaces what stands at the name: with the better records, the others as they
// are, and those that stand at the name already. There is none where another of the set
// is wrong in a way that only its owner can correct, or where texts, of which often
// only one may stand at a name, would come to others.
func (l *lint) proposal(r dnssec.ZoneRecord) []string {
	better := l.better[keyOf(r)]
	name, _, _ := strings.Cut(better, " ")
	set := l.file.Find(r.Name, r.Type)
	if name != r.Name {
		if r.Type == dnssec.TypeTXT && len(l.file.Find(name, r.Type)) > 0 {
			return nil
		}
		set = append(l.file.Find(name, r.Type), set...)
	}
	if len(set) > maxProposed {
		return nil
	}
	var lines []string
	for _, one := range set {
		line, ok := l.better[keyOf(one)]
		switch {
		case ok && line == "":
			return nil
		case !ok:
			line = fmt.Sprintf("%s IN %s %s", one.Name, one.Type, one.Text)
		}
		lines = append(lines, line)
	}
	return lines
}
