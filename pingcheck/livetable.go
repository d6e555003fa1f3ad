package pingcheck

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mailprobe/icmp"
	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// A LiveTable shows many hosts on a terminal, a row each, and changes in place.
// The zero value with W set is ready for use by one goroutine.
type LiveTable struct {
	W     io.Writer // a terminal
	Rows  int       // rows that fit, 0 for 20; the others are counted in the last line
	Width int       // columns that fit, 0 for 80

	order []string
	rows  map[string]*liveRow
	drawn int // lines of the last drawing
}

type liveRow struct {
	sent, received int
	loss           float64
	last, avg      time.Duration
	trend          []time.Duration // of late, -1 for no answer
	err            error
}

const trendWidth = 12 // fills 80 columns

// Update records an event of a host and the host's statistics so far. It draws
// nothing.
func (t *LiveTable) Update(name string, r icmp.Reply, s *icmp.Stats) {
	if t.rows == nil {
		t.rows = make(map[string]*liveRow)
	}
	h := t.rows[name]
	if h == nil {
		h = &liveRow{}
		t.rows[name] = h
		t.order = append(t.order, name)
	}
	h.sent, h.received, h.loss, h.avg, h.err = s.Sent, s.Received, s.Loss(), s.Avg(), r.Err
	switch r.Outcome {
	case icmp.Received:
		h.last = r.RTT
		h.trend = append(h.trend, r.RTT)
	case icmp.Lost, icmp.Failed:
		if !r.Revived { // else it was reported as lost before
			h.trend = append(h.trend, -1)
		}
	}
	if len(h.trend) > trendWidth {
		h.trend = h.trend[len(h.trend)-trendWidth:]
	}
}

// Draw writes the table over its last drawing.
func (t *LiveTable) Draw() error {
	limit, width := t.Rows, t.Width
	if limit == 0 {
		limit = 20
	}
	if width == 0 {
		width = 80
	}
	lines := []string{fmt.Sprintf("%-30s %6s %6s %10s %10s  %s", "HOST", "SENT", "LOSS", "LAST", "AVERAGE", "TREND")}
	for i, name := range t.order {
		if i == limit {
			lines = append(lines, fmt.Sprintf("and %d more", len(t.order)-limit))
			break
		}
		lines = append(lines, t.rows[name].text(name))
	}
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dF", t.drawn) // to the begin of the first line
	}
	for _, line := range lines {
		b.WriteString(cut.Runes(line, width) + "\x1b[K\n") // and clear what is left of it
	}
	t.drawn = len(lines)
	_, err := io.WriteString(t.W, b.String())
	return err
}

// Clear removes the last drawing from the terminal.
func (t *LiveTable) Clear() error {
	if t.drawn == 0 {
		return nil
	}
	_, err := fmt.Fprintf(t.W, "\x1b[%dF\x1b[J", t.drawn)
	t.drawn = 0
	return err
}

func (h *liveRow) text(name string) string {
	last, avg := "-", "-"
	if h.received > 0 {
		last, avg = probe.FormatDuration(h.last), probe.FormatDuration(h.avg)
	}
	tail := trend(h.trend)
	if h.err != nil {
		tail = cause(h.err).Error()
	}
	return fmt.Sprintf("%-30s %6d %5.3g%% %10s %10s  %s", cut.Runes(name, 30), h.sent, h.loss, last, avg, tail)
}

// trend draws times as bars from the shortest to the longest, and an x for
// each that was not answered.
func trend(times []time.Duration) string {
	var longest time.Duration
	for _, d := range times {
		longest = max(longest, d)
	}
	var b strings.Builder
	for _, d := range times {
		if d < 0 {
			b.WriteByte('x')
			continue
		}
		b.WriteRune(bars[1+int(float64(len(bars)-2)*float64(d)/float64(max(longest, 1)))])
	}
	return b.String()
}
