package pingcheck

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"mailprobe/icmp"
	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// A TraceScreen shows a route on a whole terminal, a row for each hop, as it changes.
// The zero value is ready for use by one goroutine.
type TraceScreen struct {
	Target  string
	Keys    string // what the keys do, in a line
	Numeric bool   // show addresses in the place of names
	Systems bool   // show autonomous systems

	Names map[netip.Addr]string
	AS    map[netip.Addr]AS
}

// The columns of numbers take this many of the terminal, with the blanks between.
const numberColumns = 4 + 6 + 6 + 5*7

// Lines returns the screen for a terminal of so many columns and rows.
func (s *TraceScreen) Lines(r *icmp.Route, width, height int) []string {
	width, height = max(width, 40), max(height, 6)
	rest := max(width-numberColumns, 16)
	picture := min(max(rest/3, 7), icmp.MaxRecent)
	host := min(rest-picture-1, 60)
	picture = min(rest-host-1, icmp.MaxRecent)
	lines := []string{
		fmt.Sprintf("trace %s, %s", s.head(r), probe.Count(r.Rounds, "round")),
		s.Keys,
		fmt.Sprintf("%3s %-*s %5s %5s %6s %6s %6s %6s %6s %s", "HOP", host, "HOST", "LOSS", "SENT", "LAST", "AVG", "MIN", "MAX", "JITTER", "TREND"),
	}
	notes := s.notes(r)
	room := height - len(lines) - len(notes) - 1
	var rows []string
	for i := range r.Hops {
		rows = append(rows, s.row(&r.Hops[i], host, picture)...)
	}
	if len(rows) > room {
		rows = append(rows[:max(room-1, 0)], fmt.Sprintf("and %d more lines; this terminal is too low for them", len(rows)-max(room-1, 0)))
	}
	lines = append(append(lines, rows...), notes...)
	for i := range lines {
		lines[i] = cut.Runes(visible(lines[i]), width)
	}
	return lines
}

func (s *TraceScreen) head(r *icmp.Route) string {
	if addr := r.Addr.String(); s.Target != addr {
		return s.Target + " (" + addr + ")"
	}
	return s.Target
}

// row returns the lines of a hop: its numbers, then its labels and interfaces.
func (s *TraceScreen) row(h *icmp.Hop, host, picture int) []string {
	line := fmt.Sprintf("%3d %-*s ", h.TTL, host, cut.Runes(visible(s.who(h)), host))
	if h.Stats.Sent == 0 || h.Silent() {
		return []string{line + fmt.Sprintf("%5s %5d", "-", h.Stats.Sent)}
	}
	line += fmt.Sprintf("%5s %5d ", fmt.Sprintf("%.3g%%", h.Stats.Loss()), h.Stats.Sent)
	for _, d := range []time.Duration{h.Stats.Last, h.Stats.Avg(), h.Stats.Min, h.Stats.Max, h.Stats.Jitter} {
		text := "-"
		if h.Stats.Received > 0 {
			text = millis(d)
		}
		line += fmt.Sprintf("%6s ", text)
	}
	rows := []string{line + trend(h.Recent[max(0, len(h.Recent)-picture):])}
	for _, l := range h.Labels {
		rows = append(rows, "      MPLS "+l.String())
	}
	for _, i := range h.Interfaces {
		rows = append(rows, "      "+i.String())
	}
	return rows
}

// who returns the last that answered at a hop, and how many others did.
func (s *TraceScreen) who(h *icmp.Hop) string {
	if !h.Answered() {
		if h.Err != nil {
			return cause(h.Err).Error()
		}
		return "(no answer)"
	}
	addr := h.Addrs[len(h.Addrs)-1]
	text := addr.String()
	if name := s.Names[addr]; name != "" && !s.Numeric {
		text = name
	}
	if as, ok := s.AS[addr]; ok && s.Systems {
		text = fmt.Sprintf("AS%d %s", as.Number, text)
	}
	if more := len(h.Addrs) - 1; more > 0 {
		text += fmt.Sprintf(" +%d", more)
	}
	return text
}

// notes explain the numbers.
func (s *TraceScreen) notes(r *icmp.Route) []string {
	notes := []string{"times in ms"}
	if r.Loop != nil {
		notes = append(notes, loopText(r))
	}
	if text := lossText(r); text != "" {
		notes = append(notes, text)
	}
	for i := range r.Hops {
		if h := &r.Hops[i]; r.Limits(h) {
			notes = append(notes, fmt.Sprintf("hop %d %s", h.TTL, limitsText(r, h)))
		}
	}
	return notes[:min(len(notes), 4)]
}

// millis writes a time in milliseconds with about three digits.
func millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.2f", ms)
	case ms < 100:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// visible replaces control characters, which names of routers and interfaces may
// contain.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Cf, r) {
			return r
		}
		return '?'
	}, text)
}
