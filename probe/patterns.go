package probe

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Patterns are regular expressions by name of a step: the value of --expect and
// --reject. A repeated step needs every one of its patterns.
type Patterns map[string][]*regexp.Regexp

// Set reads "STEP=REGEX".
func (p *Patterns) Set(text string) error {
	step, expr, ok := strings.Cut(text, "=")
	step = strings.ToLower(step)
	if !ok || step == "" {
		return fmt.Errorf("%q is not STEP=REGEX, such as greeting=^220", text)
	}
	re, err := ParseRegexp(expr)
	if err != nil {
		return err
	}
	if *p == nil {
		*p = Patterns{}
	}
	(*p)[step] = append((*p)[step], re)
	return nil
}

// String returns nothing: patterns have no default.
func (p *Patterns) String() string { return "" }

func (p Patterns) steps() []string { return slices.Sorted(maps.Keys(p)) }

// check returns what is wrong with patterns that are the value of an option of a kind.
func (p Patterns) check(option OptionName, kind Kind) error {
	for _, name := range p.steps() {
		if !kind.HasStep(name) {
			return OptionErrorf("%s: there is no step %q; %s", option, name, Meant(name, kind.Steps, "the steps are "+strings.Join(kind.Steps, ", ")))
		}
	}
	return nil
}

// expect holds the server's reply to a step against the patterns and returns the
// error by which the step is to be graded: a refusal that was expected is none.
// said is called only where there are patterns.
func (o *Options) expect(s *Step, said func() string, err error) error {
	if o == nil || len(o.Expect) == 0 && len(o.Reject) == 0 {
		return err
	}
	var failure *Failure
	refused := errors.As(err, &failure) && failure.Refused
	if err != nil && !refused {
		return err
	}
	reply := said()
	for _, re := range o.Reject[s.Name] {
		if re.MatchString(reply) {
			return unexpected(err, fmt.Errorf("the reply matches --reject %s=%s", s.Name, re))
		}
	}
	for _, re := range o.Expect[s.Name] {
		if !re.MatchString(reply) {
			return unexpected(err, fmt.Errorf("the reply does not match --expect %s=%s", s.Name, re))
		}
	}
	if refused && len(o.Expect[s.Name]) > 0 {
		s.Say(err.Error() + ", as expected")
		return nil
	}
	return err
}

// unexpected makes a failure of what is wrong about a reply, after the refusal
// that the reply may be.
func unexpected(refusal, wrong error) error {
	if refusal != nil {
		wrong = fmt.Errorf("%w; %w", refusal, wrong)
	}
	return Because(CauseUnexpected, wrong)
}
