package delivery

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"mailprobe/probe"
)

// side is one of the two servers: its options are those of its protocol's own check,
// with a word before them.
type side struct {
	prefix string   // "via-" or "fetch-"
	names  []string // of the protocol's options
	shared []*shared
}

// declare returns options as those of the side.
func (s *side) declare(own []probe.Option) []probe.Option {
	for _, o := range own {
		s.names = append(s.names, o.Name)
	}
	declared := slices.Clone(own)
	for i := range declared {
		o := &declared[i]
		o.Short, o.Name, o.Topic = "", s.prefix+o.Name, "the server of --"+strings.TrimSuffix(s.prefix, "-")
	}
	for i := range declared {
		declared[i].Usage = s.hint(declared[i].Usage)
	}
	return declared
}

// declareEither returns the options of two protocols, either of which the side may
// speak, as those of the side: what both have goes to both.
func (s *side) declareEither(first, second []probe.Option) []probe.Option {
	var all []probe.Option
	for i := range first {
		o, other := first[i], probe.FindOption(second, first[i].Name)
		if other != nil {
			o.Choices = append(slices.Clone(o.Choices), other.Choices...)
			slices.Sort(o.Choices)
			o.Choices = slices.Compact(o.Choices)
		}
		o.Value = s.share(&first[i], other)
		all = append(all, o)
	}
	for i := range second {
		if o := second[i]; probe.FindOption(first, o.Name) == nil {
			o.Value = s.share(nil, &second[i])
			all = append(all, o)
		}
	}
	return s.declare(all)
}

// share makes the value of an option that two protocols may have; nil is for one that
// does not.
func (s *side) share(first, second *probe.Option) *shared {
	v := &shared{name: s.prefix + cmp.Or(first, second).Name, of: [2]*probe.Option{first, second}}
	s.shared = append(s.shared, v)
	return v
}

// shared is the value of an option for either of two protocols. Which one is spoken is
// not known when it is set, so what is wrong for that one alone is an error later.
type shared struct {
	name string
	of   [2]*probe.Option // nil for a protocol that does not have it
	errs [2]error
	set  bool
}

// Set implements probe.Value. It is an error where the value is wrong for both.
func (v *shared) Set(text string) (err error) {
	v.set = true
	wrong := true
	for i, o := range v.of {
		if o != nil {
			v.errs[i] = o.Set(text)
			wrong = wrong && v.errs[i] != nil
		}
	}
	if wrong {
		return cmp.Or(v.errs[0], v.errs[1])
	}
	return nil
}

// String implements probe.Value.
func (v *shared) String() string { return cmp.Or(v.of[0], v.of[1]).String() }

// speaks returns what is wrong with the options for the one of the two protocols that
// is spoken.
func (s *side) speaks(protocol int) error {
	for _, v := range s.shared {
		switch {
		case !v.set:
		case v.of[protocol] == nil:
			return probe.OptionErrorf("%s is for the other protocol that %s can name", probe.OptionName(v.name), probe.OptionName(strings.TrimSuffix(s.prefix, "-")))
		case v.errs[protocol] != nil:
			return probe.OptionErrorf("%s: %w", probe.OptionName(v.name), v.errs[protocol])
		}
	}
	return nil
}

// rename names an option of the side's protocol by its name here.
func (s *side) rename(name probe.OptionName) probe.OptionName {
	if slices.Contains(s.names, string(name)) {
		return probe.OptionName(s.prefix) + name
	}
	return name
}

// hint names the options in a hint by their names here.
func (s *side) hint(text string) string { return probe.RenameOptions(text, s.rename) }

// explain names the options in an error of the user's by their names here.
func (s *side) explain(err error) error {
	if e := new(probe.OptionError); errors.As(err, &e) {
		return e.Renamed(s.rename)
	}
	return err
}

// shownFacts are the facts of a session that a delivery shows, too; the check of the
// protocol has all of them.
func shownFacts() []string {
	return []string{"address", "handshake", "tls_version", "cert_subject", "cert_issuer", "cert_not_after", "cert_faults", "cert_days_left", "tlsa", "tlsa_matching", "auth_mechanism", "user", "login_delay", "odd"}
}

// fold makes one step of what was done in a session: its facts under the side's
// name, of its steps those that are not OK, with their causes, and the records to
// publish. err is what the session ended with.
func (s *side) fold(step *probe.Step, session *probe.Result, err error) error {
	shown := shownFacts()
	for _, f := range session.Facts() {
		if slices.Contains(shown, f.Name) {
			f.Name = strings.TrimSuffix(s.prefix, "-") + "_" + f.Name
			step.Learn(f)
		}
	}
	for _, from := range session.Steps {
		step.Fix = append(step.Fix, from.Fix...)
	}
	wrong := session.Wrong()
	if len(wrong) == 0 || err == nil {
		s.raise(step, wrong)
		return s.renameFailure(err)
	}
	s.raise(step, wrong[1:])
	worst, ended := wrong[0], failureOf(err)
	return &probe.Failure{
		Status: worst.Status, Err: &stepError{s.renamed(detail(worst), err), err}, Hint: s.hint(worst.Hint),
		Refused: ended != nil && ended.Refused, Cause: worst.Cause, Also: worst.Also,
	}
}

// raise makes a step as bad as those of a session.
func (s *side) raise(step *probe.Step, wrong []*probe.Step) {
	for _, w := range wrong {
		step.RaiseFor(w.Cause.As(w.Status).Advise(s.hint(w.Hint)), detail(w), w.Also...)
	}
}

// detail is what a step of a session says, in a step of the delivery.
func detail(of *probe.Step) string { return of.Name + ": " + of.Detail }

// renamed names the options in the text of an error by their names here, where it is the
// user's.
func (s *side) renamed(text string, err error) string {
	if e := new(probe.OptionError); errors.As(err, &e) {
		return strings.Replace(text, e.Error(), e.Renamed(s.rename).Error(), 1)
	}
	return text
}

// renameFailure names the options in the hint of a failure by their names here.
func (s *side) renameFailure(err error) error {
	f := failureOf(err)
	if f == nil {
		return err
	}
	renamed := *f
	renamed.Err, renamed.Hint = err, s.hint(f.Hint)
	return &renamed
}

// stepError is an error with the text of the step that it ended.
type stepError struct {
	text string
	err  error
}

func (e *stepError) Error() string { return e.text }

func (e *stepError) Unwrap() error { return e.err }
