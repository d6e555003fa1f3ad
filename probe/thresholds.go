package probe

import (
	"fmt"
	"strconv"
	"strings"
)

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

// LossFact is the name of the fact that is the share of packets lost, in percent.
const LossFact = "loss"

// Set reads "FACT=RANGE", a range alone for the check's own time, or a pair of ranges
// for its time and its loss, such as "100ms,20%", as check_icmp has it.
func (t *Thresholds) Set(text string) error {
	if own, loss, ok := strings.Cut(text, ","); ok && !strings.Contains(text, "=") {
		return t.setPair(text, own, loss)
	}
	name, given, ok := strings.Cut(text, "=")
	if name = strings.ToLower(name); !ok {
		name, given = TotalFact, text
	}
	if name == TotalFact && strings.Contains(given, "%") {
		return fmt.Errorf("%q is a share, and the time of the check is none; use %s=%s", text, LossFact, given)
	}
	if step, fact, ofStep := strings.Cut(name, ":"); name == "" || ofStep && (step == "" || fact == "") {
		return fmt.Errorf("%q has no name before the equals sign; use FACT=RANGE or STEP:FACT=RANGE", text)
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
