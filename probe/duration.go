package probe

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
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

// Span is a duration as the value of a flag.
type Span time.Duration

// DurationVar declares a flag for a time, as ParseDuration reads it.
func DurationVar(flags *pflag.FlagSet, into *time.Duration, name string, value time.Duration, usage string) {
	DurationVarP(flags, into, name, "", value, usage)
}

// DurationVarP is DurationVar with a letter for the flag.
func DurationVarP(flags *pflag.FlagSet, into *time.Duration, name, letter string, value time.Duration, usage string) {
	*into = value
	flags.VarP((*Span)(into), name, letter, usage)
}

// Set reads a duration.
func (s *Span) Set(text string) error {
	d, err := ParseDuration(text)
	if err == nil {
		*s = Span(d)
	}
	return err
}

// String returns the duration as Set reads it: whole days as such.
func (s *Span) String() string {
	const day = 24 * time.Hour
	switch d := time.Duration(*s); {
	case d == 0:
		return "0"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	default:
		return d.String()
	}
}

// Type names the value in a help text.
func (s *Span) Type() string { return "duration" }

// FlagProblem says in words what is wrong with a value that a flag refused by an
// error: those of Go's own parsers name its functions.
func FlagProblem(f *pflag.Flag, value string, err error) string {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) && invalid.Unwrap() != nil {
		err = invalid.Unwrap()
	}
	var number *strconv.NumError
	switch kind := f.Value.Type(); {
	case !errors.As(err, &number):
		return err.Error()
	case kind == "bool":
		return fmt.Sprintf("%q is neither true nor false", value)
	case errors.Is(err, strconv.ErrRange):
		return fmt.Sprintf("%q is out of range", value)
	case strings.HasPrefix(kind, "float"):
		return fmt.Sprintf("%q is not a number", value)
	default:
		return fmt.Sprintf("%q is not a whole number", value)
	}
}
