package probe

import (
	"fmt"
	"math"
	"slices"
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
	duration  bool // an end was given as a duration
}

// ParseRange reads a range. An end may be a duration such as "500ms", which
// stands for seconds, or a percentage such as "20%".
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
	if d, err := ParseDuration(positive); err == nil {
		r.duration = true
		if negative {
			d = -d
		}
		return d.Seconds(), nil
	}
	return 0, fmt.Errorf(`range %q is not one of "10", "10:", "~:10", "10:20", "@10:20", with numbers or durations such as "500ms"`, r.text)
}

// IsSet tells whether the range was given.
func (r Range) IsSet() bool { return r.bounds != nil && r.text != "" }

// Contains tells whether a value is a good one.
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

// TotalFact is the name of the fact that is a check's own time.
const TotalFact = "total"

// Thresholds are the ranges given by name of a fact: the value of --warn and --crit.
// STEP:FACT is the fact of one step, such as "hop-3:loss", or of all steps like it,
// "hop:loss"; the facts of items are meant by nothing else.
type Thresholds map[string]Range

// of returns the range for a fact of a step, the one that says more of the step first.
func (t Thresholds) of(s *Step, fact string) (Range, bool) {
	if len(t) == 0 {
		return Range{}, false
	}
	for _, name := range []string{s.Name, baseName(s.Name)} {
		if r, ok := t[name+":"+fact]; ok {
			return r, true
		}
	}
	if s.Item != "" {
		return Range{}, false
	}
	r, ok := t[fact]
	return r, ok
}

// steps are the names of steps in it.
func (t Thresholds) steps() []string {
	var names []string
	for name := range t {
		if step, _, ok := strings.Cut(name, ":"); ok {
			names = append(names, step)
		}
	}
	slices.Sort(names)
	return names
}

// LossFact is the name of the fact that is the share of packets lost, in percent.
const LossFact = "loss"

// Set reads "FACT=RANGE", a range alone for the check's own time, or a pair of ranges
// for its time and its loss, such as "100ms,20%", as check_icmp has it.
func (t *Thresholds) Set(text string) error {
	if own, loss, ok := strings.Cut(text, ","); ok && !strings.Contains(text, "=") {
		return t.setPair(text, own, loss)
	}
	name, given, ok := strings.Cut(text, "=")
	if !ok {
		name, given = TotalFact, text
	}
	if name == TotalFact && strings.Contains(given, "%") {
		return fmt.Errorf("%q is a share, and the time of the check is none; %s=%s would be right", text, LossFact, given)
	}
	if step, fact, ofStep := strings.Cut(name, ":"); name == "" || ofStep && (step == "" || fact == "") {
		return fmt.Errorf("%q has no name before the equals sign; FACT=RANGE or STEP:FACT=RANGE would be right", text)
	}
	r, err := ParseRange(given)
	if err != nil {
		return err
	}
	if *t == nil {
		*t = Thresholds{}
	}
	(*t)[name] = r
	return nil
}

// setPair sets the ranges of the check's own time and of its loss. The time has a unit:
// check_icmp means milliseconds by a bare number, and a range means seconds. A loss that is
// reached counts, as it does there: at 100% there is no more.
func (t *Thresholds) setPair(text, own, loss string) error {
	if _, err := strconv.ParseFloat(own, 64); err == nil || !strings.HasSuffix(loss, "%") {
		return fmt.Errorf("%q is no pair of a time with its unit and a loss in percent, such as 100ms,20%%", text)
	}
	if err := t.Set(TotalFact + "=" + own); err != nil {
		return err
	}
	return t.Set(LossFact + "=@" + loss + ":")
}

// String returns nothing: a threshold has no default worth showing.
func (t *Thresholds) String() string { return "" }
