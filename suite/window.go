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

// Has tells whether a moment is in the window, by the clock of its location.
func (w Window) Has(t time.Time) bool {
	if w.text == "" {
		return true
	}
	minute, day := t.Hour()*60+t.Minute(), int(t.Weekday())
	if w.from < w.till {
		return w.days[day] && minute >= w.from && minute < w.till
	}
	return w.days[day] && minute >= w.from || w.days[(day+6)%7] && minute < w.till
}
