package history

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseSpan reads a span of time as Go writes it (1h30m), or as a number of days
// (30d) or weeks (2w). It is above 0 and below 100 years.
func ParseSpan(text string) (time.Duration, error) {
	day := 24 * time.Hour
	d, err := time.ParseDuration(text)
	for suffix, unit := range map[string]time.Duration{"d": day, "w": 7 * day} {
		number, ok := strings.CutSuffix(text, suffix)
		if n, bad := strconv.ParseFloat(number, 64); ok && bad == nil && !math.IsNaN(n) && math.Abs(n) < 36500 {
			d, err = time.Duration(n*float64(unit)), nil
		}
	}
	if err != nil || d <= 0 || d >= 36500*day {
		return 0, fmt.Errorf("%q is not a span of time such as 30d, 2w or 12h", text)
	}
	return d, nil
}

// FormatSpan writes a span so that ParseSpan reads it: whole days as such.
func FormatSpan(d time.Duration) string {
	if day := 24 * time.Hour; d > 0 && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}
