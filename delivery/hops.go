package delivery

import (
	"cmp"
	"fmt"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/probe"
	"mailprobe/search"
)

// leg is a hop and the time to it.
type leg struct {
	hop
	// Delay is the time since the hop before it, Skew by how much its clock is
	// ahead of this machine's, at least. Known reports whether it has a time at all.
	Delay, Skew time.Duration
	Known       bool
}

// resolution is that of the times in Received fields.
const resolution = time.Second

// legs divides the time from sent to seen among the hops. A hop can neither be before the
// one ahead of it nor after the end; a time that says so comes from a wrong clock, and
// the rest of it is its skew.
func legs(hops []hop, sent, seen time.Time) []leg {
	all := make([]leg, len(hops))
	last := sent
	for i, h := range hops {
		all[i] = leg{hop: h, Known: !h.At.IsZero()}
		if !all[i].Known {
			continue
		}
		at := h.At
		switch {
		case at.Before(last):
			if last.Sub(at) >= resolution {
				all[i].Skew = at.Sub(last)
			}
			at = last
		case at.After(seen):
			all[i].Skew = at.Sub(seen)
			at = seen
		}
		all[i].Delay, last = at.Sub(last), at
	}
	return all
}

// shownHops is how many hops become facts.
const shownHops = 20

// reportHops reports the way: a line and some facts for each hop.
func (w *walk) reportHops(s *probe.Step, h search.Header) {
	all := legs(hopsOf(h), w.run.Sent, w.arrived)
	s.Learn(probe.Number("hops", float64(len(all)), probe.None))
	for i, l := range all[:min(len(all), shownHops)] {
		l.report(s, i+1)
	}
}

func (l leg) report(s *probe.Step, n int) {
	name := func(of string) string { return fmt.Sprintf("hop_%d_%s", n, of) }
	by := cmp.Or(clip(l.By), "unnamed")
	s.Learn(probe.Text(name("by"), by))
	text := by
	for _, part := range []struct{ of, text, before string }{
		{"from", l.From, " from "}, {"with", l.With, " with "}, {"tls", l.TLS, ", "}, {"id", l.ID, ", id "},
	} {
		if part.text != "" {
			s.Learn(probe.Text(name(part.of), clip(part.text)))
			text += part.before + clip(part.text)
		}
	}
	if l.Known {
		s.Learn(probe.Duration(name("delay"), l.Delay))
		text += ", after " + probe.FormatDuration(l.Delay)
	}
	if l.Skew != 0 {
		s.Learn(probe.Duration(name("skew"), l.Skew))
		text += ", its clock is " + skewText(l.Skew)
	}
	s.Say(text)
}

func skewText(d time.Duration) string {
	if d < 0 {
		return probe.FormatDuration(-d) + " behind"
	}
	return probe.FormatDuration(d) + " ahead"
}

// maxClip is how many bytes of a foreign word become a fact.
const maxClip = 120

func clip(text string) string { return cut.Bytes(text, maxClip) }
