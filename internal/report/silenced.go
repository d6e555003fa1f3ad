package report

import (
	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// maxReason is how many characters of a reason are shown in a line.
const maxReason = 80

// cleanSilenced returns a copy with clean texts, nil of nil.
func cleanSilenced(s *probe.Silenced) *probe.Silenced {
	if s == nil {
		return nil
	}
	return &probe.Silenced{ID: clean(s.ID), Until: s.Until, By: clean(s.By), Reason: clean(s.Reason)}
}

// silencedNote returns until when, by whom and why a result is silenced, in
// brackets; empty where it is not. The status is what it is.
func silencedNote(r *probe.Result) string {
	s := cleanSilenced(r.Silenced)
	if s == nil {
		return ""
	}
	s.Reason = cut.Runes(s.Reason, maxReason)
	return "(" + s.String() + ")"
}
