package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/history"
	"mailprobe/probe"
)

// counted describes what the board has counted of an item.
func (s *site) counted(id string) (text string) {
	s.page.board.with(id, func(i *item) {
		text = fmt.Sprint(i.all, i.days, i.times.Count, i.times.Percentile(50).Round(time.Millisecond))
	})
	return text
}

// TestBoard: what is counted as it happens is what the history has.
func TestBoard(t *testing.T) {
	s := open(t, two, full("mx2.example.org"))
	s.run("relay", "mailbox")
	s.say(fine)
	s.run("mailbox", "relay")
	s.wait("all is counted", func() bool { return strings.Contains(s.counted("mailbox"), "{0 0 1 0 1 0 0}") })
	for _, id := range []string{"relay", "mailbox"} {
		before := s.counted(id)
		if err := s.page.board.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if now := s.counted(id); now != before {
			t.Errorf("%s: counted %s, in the history %s", id, before, now)
		}
	}
	// The same outcome is not counted twice.
	before := s.counted("relay")
	s.page.board.with("relay", func(i *item) {
		i.day(time.Now().UTC().Truncate(24 * time.Hour)).Merge(history.Counts{})
		for _, r := range i.results() {
			if at := r.Start.UnixMilli(); at > i.last[history.Series{Name: i.ID, Kind: r.Check, Target: r.Target}] {
				t.Errorf("the result of %s is not counted", r.Start)
			}
		}
	})
	if now := s.counted("relay"); now != before {
		t.Errorf("%s, then %s", before, now)
	}
}

// TestStale: what should have run again, and has not, is out of date.
func TestStale(t *testing.T) {
	s := open(t, two, fine)
	s.run("relay")
	s.wait("the page is current", func() bool { return strings.Contains(s.get("/check/relay"), "badge ok") })
	later := time.Now().Add(72 * time.Hour)
	s.page.board.with("relay", func(i *item) {
		if c := s.page.card(i, later); c.Status != probe.Unknown || !c.Attention || !strings.Contains(c.Summary, "out of date") {
			t.Errorf("%+v", c)
		}
	})
}
