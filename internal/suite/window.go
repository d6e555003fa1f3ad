package suite

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Window is a time of day, perhaps of some days of the week only. The zero value
// is always.
type Window struct {
	text       string
	days       [7]bool // by time.Weekday; of the day on which the window begins
	from, till int     // minutes since midnight, from > till over midnight
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// UnmarshalText reads "08:00-18:00", "mon-fri 08:00-18:00" or "sat,sun 22:00-06:00".
func (w *Window) UnmarshalText(text []byte) error {
	fail := fmt.Errorf("%q is not a time of day such as 08:00-18:00 or mon-fri 08:00-18:00", text)
	words := strings.Fields(strings.ToLower(string(text)))
	*w = Window{text: strings.Join(words, " ")}
	if len(words) == 2 {
		if !w.readDays(words[0]) {
			return fail
		}
		words = words[1:]
	} else {
		w.days = [7]bool{true, true, true, true, true, true, true}
	}
	if len(words) != 1 {
		return fail
	}
	from, till, _ := strings.Cut(words[0], "-")
	var errFrom, errTill error
	w.from, errFrom = minutes(from)
	w.till, errTill = minutes(till)
	if errFrom != nil || errTill != nil || w.from == w.till {
		return fail
	}
	return nil
}

func (w *Window) readDays(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		from, till, isRange := strings.Cut(part, "-")
		first, last := slices.Index(dayNames, from), slices.Index(dayNames, till)
		if !isRange {
			last = first
		}
		if first < 0 || last < 0 {
			return false
		}
		for day := first; ; day = (day + 1) % 7 {
			w.days[day] = true
			if day == last {
				break
			}
		}
	}
	return true
}

func minutes(text string) (int, error) {
	if text == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", text)
	return t.Hour()*60 + t.Minute(), err
}

// String returns the window as it was given.
func (w Window) String() string { return w.text }

// Has reports whether a moment is in the window, by the clock of its location.
func (w Window) Has(t time.Time) bool {
	_, in := w.opened(t)
	return in
}

// opened returns the number of the day on which the window that a moment is in has
// opened; in is false where the moment is in none. A window of an hour that the clock
// leaves out in the night it is set forward opens once that is done, for as long.
func (w Window) opened(t time.Time) (day int, in bool) {
	day = dayNumber(t)
	minute, weekday := t.Hour()*60+t.Minute(), int(t.Weekday())
	switch {
	case w.text == "":
		return day, true
	case w.from < w.till:
		return day, w.days[weekday] && (minute >= w.from && minute < w.till || w.leftOut(t))
	case minute >= w.from:
		return day, w.days[weekday]
	}
	return day - 1, w.days[(weekday+6)%7] && minute < w.till
}

// end returns when the window ends that a time is in, at most about a week later.
func (w Window) end(t time.Time) time.Time {
	limit := t.AddDate(0, 0, 8)
	for w.Has(t) && t.Before(limit) {
		year, month, day := t.Date()
		if opened, _ := w.opened(t); w.from > w.till && opened == dayNumber(t) {
			day++
		}
		next := time.Date(year, month, day, 0, w.till, 0, 0, t.Location())
		if !next.After(t) || !w.Has(next.Add(-time.Minute)) { // the clock is changed on that day
			next = t.Truncate(time.Minute).Add(time.Minute)
		}
		t = next
	}
	return t
}

// leftOut reports whether the clock was set forward over the whole window, no longer
// ago than the window is long.
func (w Window) leftOut(t time.Time) bool {
	begin, _ := t.ZoneBounds()
	if begin.IsZero() || t.Sub(begin) >= time.Duration(w.till-w.from)*time.Minute {
		return false
	}
	_, before := begin.Add(-time.Second).Zone()
	_, after := begin.Zone()
	to := begin.Hour()*60 + begin.Minute()
	return w.from >= to-(after-before)/60 && w.till <= to
}

// dayNumber numbers the days of the calendar that a moment's location has.
func dayNumber(t time.Time) int {
	year, month, day := t.Date()
	return int(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}
