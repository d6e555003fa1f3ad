package probe

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Range is a set of good values in the Nagios grammar: "10" is 0 to 10, "10:" is
// 10 and more, "~:10" is 10 and less, "10:20" is between, and "@10:20" is outside
// of it; all with their ends. The zero value is unset and has every value in it.
type Range struct {
	*bounds // nil where it is unset: most facts have two such ranges
}

// bounds are the ends of a range.
type bounds struct {
	low, high float64
	text      string
	outside   bool
	unit      Unit // that an end was given in: Seconds or Bytes, None without one
}

// ParseRange reads a range. An end may be a duration such as "500ms", which stands for
// seconds, a size such as "50MB", which stands for bytes, or a percentage such as "20%".
func ParseRange(text string) (Range, error) {
	r := Range{&bounds{high: math.Inf(1), text: text}}
	rest, outside := strings.CutPrefix(text, "@")
	r.outside = outside
	low, high, both := strings.Cut(rest, ":")
	if !both {
		low, high = "0", low
	}
	var err error
	if r.low, err = r.parseEnd(low, "~", math.Inf(-1)); err != nil {
		return Range{}, err
	}
	if high != "" || !both {
		if r.high, err = r.parseEnd(high, "", 0); err != nil {
			return Range{}, err
		}
	}
	if r.low > r.high {
		return Range{}, fmt.Errorf("range %q has its lower end above its upper end", text)
	}
	return r, nil
}

// parseEnd reads one end; the word stands for a value of its own.
func (r *bounds) parseEnd(text, word string, value float64) (float64, error) {
	if word != "" && text == word {
		return value, nil
	}
	if v, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64); err == nil && !math.IsNaN(v) && !math.IsInf(v, 0) {
		return v, nil
	}
	positive, negative := strings.CutPrefix(text, "-")
	v, unit, err := parseQuantity(positive)
	if err != nil || r.unit != None && r.unit != unit {
		return 0, fmt.Errorf(`range %q is not one of "10", "10:", "~:10", "10:20", "@10:20", with numbers, durations such as "500ms" or sizes such as "50MB"`, r.text)
	}
	r.unit = unit
	if negative {
		v = -v
	}
	return v, nil
}

// parseQuantity reads a duration, in seconds, or a size, in bytes.
func parseQuantity(text string) (float64, Unit, error) {
	if d, err := ParseDuration(text); err == nil {
		return d.Seconds(), Seconds, nil
	}
	size, err := ParseSize(text)
	return float64(size), Bytes, err
}

// isPlain reports whether the range was given as one number, which means 0 to it.
func (r Range) isPlain() bool { return r.IsSet() && !strings.ContainsAny(r.text, ":@") }

// IsSet reports whether the range was given.
func (r Range) IsSet() bool { return r.bounds != nil && r.text != "" }

// Contains reports whether a value is a good one.
func (r Range) Contains(v float64) bool {
	if !r.IsSet() {
		return true
	}
	return (r.low <= v && v <= r.high) != r.outside
}

// String returns the range as it was given.
func (r Range) String() string {
	if r.bounds == nil {
		return ""
	}
	return r.text
}

// Nagios returns the range with its ends as plain numbers, as performance data
// has it: an exponent is more than many of its readers understand.
func (r Range) Nagios() string {
	if !r.IsSet() {
		return ""
	}
	var b strings.Builder
	if r.outside {
		b.WriteByte('@')
	}
	switch {
	case math.IsInf(r.low, -1):
		b.WriteString("~:")
	case r.low != 0 || math.IsInf(r.high, 1):
		b.WriteString(strconv.FormatFloat(r.low, 'f', -1, 64) + ":")
	}
	if !math.IsInf(r.high, 1) {
		b.WriteString(strconv.FormatFloat(r.high, 'f', -1, 64))
	}
	return b.String()
}
