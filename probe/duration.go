package probe

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// units are the units of time that a duration can be given in.
var units = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "ms": time.Millisecond,
	"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// maxDuration is the longest duration that can be given: a hundred years.
const maxDuration = 100 * 365 * 24 * time.Hour

// durationExamples end the error of a text that is no duration.
const durationExamples = "a time such as 500ms, 30s, 1h30m, 2d or 2w; a number alone is seconds"

// ParseDuration reads a time as every flag and every file has it: numbers with the
// units ns, us, ms, s, m, h, d and w, as in "500ms", "1h30m" or "2w"; a number alone
// is seconds. It is not negative, and at most a hundred years.
func ParseDuration(text string) (time.Duration, error) {
	rest := text
	if strings.Trim(text, "0123456789.") == "" && text != "" {
		rest += "s"
	}
	total := 0.0
	for first := true; first || rest != ""; first = false {
		number, after := cutWhere(rest, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		unit, after := cutWhere(after, func(r rune) bool { return r == '.' || r >= '0' && r <= '9' })
		n, err := strconv.ParseFloat(number, 64)
		switch {
		case strings.HasPrefix(text, "-"):
			return 0, fmt.Errorf("%q is negative; it must be %s", text, durationExamples)
		case err != nil && !errors.Is(err, strconv.ErrRange) || units[unit] == 0:
			return 0, fmt.Errorf("%q is not %s", text, durationExamples)
		}
		total += n * float64(units[unit])
		rest = after
	}
	if total > float64(maxDuration) || math.IsNaN(total) {
		return 0, fmt.Errorf("%q is longer than a hundred years", text)
	}
	return time.Duration(total), nil
}

// cutWhere cuts a text before the first letter for which end holds.
func cutWhere(text string, end func(rune) bool) (before, after string) {
	i := strings.IndexFunc(text, end)
	if i < 0 {
		return text, ""
	}
	return text[:i], text[i:]
}

// durationText writes a duration as ParseDuration reads it: whole days as such.
func durationText(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
