package probe

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Unit is the base unit of a fact's value, as performance data writes it.
type Unit string

// The units. A number without unit is a count or a ratio.
const (
	None    Unit = ""
	Seconds Unit = "s"
	Bytes   Unit = "B"
	Percent Unit = "%"
	Counter Unit = "c"
)

// Role is what a fact is good for besides being read.
type Role string

// The roles. A fact without one is neither.
const (
	// Label is the role of a text that says what the check was connected to and seldom
	// changes, such as a version or an issuer.
	Label Role = "label"
	// Identifier is Label for a text that only identifies, such as a fingerprint: people
	// see it where they ask for everything.
	Identifier Role = "identifier"
	// Moment is the role of a text that is a point in time (RFC 3339).
	Moment Role = "time"
	// Published is the role of a text that the owner of what is checked publishes, such
	// as a DNS record: a run of a file of checks announces that it has changed. It must
	// not depend on the order in which records arrive, nor on when they are asked for.
	Published Role = "published"
)

// Fact is one thing that a step learned.
type Fact struct {
	// Name is lower case with underscores.
	Name string
	// Text is for people and always set.
	Text string
	// Value is the number behind the text in base units; nil where there is none.
	Value *float64
	// Unit is that of Value.
	Unit Unit
	// Role is what else the fact is good for, empty for nothing.
	Role Role
	// Warn and Crit are the good values; outside of them the fact is Warning or Critical.
	Warn, Crit Range
	// Cause is what it means that the number is outside of its own default thresholds;
	// nil where that means no more than it says.
	Cause *Cause
	// Says is a sentence in the place of name and text, for where the number is outside
	// of its thresholds: "the certificate expires in 8 days, on 7 Dec 2026".
	Says string
	// Unjudged is set where the step judges by other means what the number is about: its
	// own default thresholds are shown with it, and give it no status.
	Unjudged bool
	// Explained is set where the step itself says what it means that the number is
	// outside of its own default thresholds: they give the fact its status and no
	// sentence.
	Explained bool
	// Status is OK, or what the thresholds made of it.
	Status Status
}

// cause is why a fact is outside of its thresholds.
func (f *Fact) cause() *Cause {
	if f.Cause != nil {
		return f.Cause.As(f.Status)
	}
	c := CauseThreshold.As(f.Status)
	c.Hint = "" // the detail says it all
	return c
}

// Text makes a fact without a number.
func Text(name, text string) Fact {
	return Fact{Name: name, Text: text, Status: OK}
}

// Number makes a fact with a number. One that is not finite has no value.
func Number(name string, value float64, unit Unit) Fact {
	f := Text(name, strconv.FormatFloat(value, 'f', -1, 64)+suffix(unit))
	if !math.IsNaN(value) && !math.IsInf(value, 0) {
		f.Value, f.Unit = &value, unit
	}
	return f
}

// Saying returns the fact with a sentence in the place of its name and text.
func (f Fact) Saying(sentence string) Fact {
	f.Says = sentence
	return f
}

// As returns the fact in a role.
func (f Fact) As(role Role) Fact {
	f.Role = role
	return f
}

func suffix(unit Unit) string {
	switch unit {
	case Bytes:
		return " B"
	case Percent:
		return "%"
	}
	return ""
}

// Duration makes a fact of a time.
func Duration(name string, d time.Duration) Fact {
	f := Number(name, d.Seconds(), Seconds)
	f.Text = FormatDuration(d)
	return f
}

// Count writes a number of things.
func Count[N int | uint32](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Names joins names, at most so many, and says how many more there are.
func Names(all []string, most int) string {
	text := strings.Join(all[:min(len(all), most)], ", ")
	if more := len(all) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// FormatDuration writes a time with three significant digits, for people.
func FormatDuration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + FormatDuration(-d)
	case d == 0:
		return "0 s"
	case d < time.Millisecond:
		return Significant(float64(d)/float64(time.Microsecond)) + " us"
	case d < time.Second:
		return Significant(float64(d)/float64(time.Millisecond)) + " ms"
	}
	return Significant(d.Seconds()) + " s"
}

// FormatSpan writes a span of time in its two largest units, such as "2 d 3 h", for people;
// one below zero is none.
func FormatSpan(d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	day, hour, minute, second := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case day > 0:
		return fmt.Sprintf("%d d %d h", day, hour)
	case hour > 0:
		return fmt.Sprintf("%d h %d min", hour, minute)
	case minute > 0 && second > 0:
		return fmt.Sprintf("%d min %d s", minute, second)
	case minute > 0:
		return fmt.Sprintf("%d min", minute)
	}
	return fmt.Sprintf("%d s", second)
}

// Significant writes a number with about three digits, as FormatDuration does.
func Significant(v float64) string {
	switch {
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// Within returns the fact with default thresholds, either of them empty for none.
// They must be ranges that ParseRange accepts.
func (f Fact) Within(warn, crit string) Fact {
	f.Warn, f.Crit = mustRange(warn), mustRange(crit)
	return f
}

func mustRange(text string) Range {
	if text == "" {
		return Range{}
	}
	r, err := ParseRange(text)
	if err != nil {
		panic(err)
	}
	return r
}

// judge grades the fact of a step by its thresholds, those of the user before its own.
// It returns a sentence on what is wrong.
func (f *Fact) judge(s *Step, warn, crit Thresholds) string {
	warnGiven, critGiven := f.replace(s, warn, crit)
	for _, t := range []threshold{{f.Crit, Critical, "critical", critGiven}, {f.Warn, Warning, "warning", warnGiven}} {
		switch {
		case !t.IsSet(), f.Unjudged && !t.given:
		case f.Value == nil:
			f.Status = Unknown
			return fmt.Sprintf("%s is %q, not a number to hold against %s range %s", f.Name, f.Text, t.name, t)
		case t.unit == Bytes && f.Unit != Bytes:
			f.Status = Unknown
			return fmt.Sprintf("%s is not a size, but %s range %s is", f.Name, t.name, t)
		case t.unit == Seconds && f.Unit != Seconds:
			f.Status = Unknown
			return fmt.Sprintf("%s is not a time, but %s range %s is", f.Name, t.name, t)
		case !t.Contains(*f.Value):
			f.Status = t.status
			if f.Explained && !t.given {
				return ""
			}
			return f.sentence(t)
		}
	}
	return ""
}

// threshold is one of a fact's, with the status and its name.
type threshold struct {
	Range
	status Status
	name   string
	given  bool // by the user
}

// sentence says that the number is outside of a threshold. One that nobody gave is
// explained in words.
func (f *Fact) sentence(t threshold) string {
	if f.Says == "" && t.given {
		return fmt.Sprintf("%s %s is outside %s range %s", f.Name, f.Text, t.name, t)
	}
	return fmt.Sprintf("%s (%s %s)", cmp.Or(f.Says, f.Name+" "+f.Text), t.name, t.beyond(*f.Value))
}

// replace puts the user's thresholds in the place of the default ones.
func (f *Fact) replace(s *Step, warn, crit Thresholds) (warnGiven, critGiven bool) {
	if r, ok := warn.of(s, f.Name); ok {
		f.Warn, warnGiven = r, true
	}
	if r, ok := crit.of(s, f.Name); ok {
		f.Crit, critGiven = r, true
	}
	return warnGiven, critGiven
}

// Grade returns what the thresholds that are in force make of a fact of a step, a
// number, those of the user before its own.
func (o *Options) Grade(s *Step, f Fact) Status {
	if o != nil {
		f.replace(s, o.Warn, o.Crit)
	}
	switch {
	case f.Value == nil:
		return Unknown
	case !f.Crit.Contains(*f.Value):
		return Critical
	case !f.Warn.Contains(*f.Value):
		return Warning
	}
	return OK
}
