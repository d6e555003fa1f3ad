package delivery

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"mailprobe/probe"
)

// side is one of the two servers: its flags are those of its protocol's own check,
// with a word before them.
type side struct {
	prefix string // "via" or "fetch"
	own    *pflag.FlagSet
	given  []*pflag.Flag // those of the command
}

// adopt declares the flags that bind declares as those of a side.
func adopt(flags *pflag.FlagSet, prefix string, bind func(*pflag.FlagSet)) *side {
	s := &side{prefix: prefix, own: pflag.NewFlagSet(prefix, pflag.ContinueOnError)}
	bind(s.own)
	s.declare(flags, s.own)
	return s
}

// declare declares the flags of own that the side has not yet.
func (s *side) declare(flags, own *pflag.FlagSet) {
	own.SortFlags = false
	own.VisitAll(func(f *pflag.Flag) {
		if flags.Lookup(s.prefix+"-"+f.Name) != nil {
			return
		}
		given := &pflag.Flag{
			Name: s.prefix + "-" + f.Name, Usage: f.Usage, Value: f.Value,
			DefValue: f.DefValue, NoOptDefVal: f.NoOptDefVal,
		}
		flags.AddFlag(given)
		s.given = append(s.given, given)
	})
	for _, f := range s.given {
		f.Usage = s.rename(f.Usage)
	}
}

// or adds the flags of another protocol that the side may speak. pass hands on to
// it what was given under the names that both have.
func (s *side) or(flags *pflag.FlagSet, bind func(*pflag.FlagSet)) (other *pflag.FlagSet) {
	other = pflag.NewFlagSet(s.prefix, pflag.ContinueOnError)
	bind(other)
	s.declare(flags, other)
	return other
}

// pass sets the flags that were given on the set of the protocol that is spoken.
func (s *side) pass(to *pflag.FlagSet) error {
	for _, f := range s.given {
		name := strings.TrimPrefix(f.Name, s.prefix+"-")
		spoken := to.Lookup(name)
		switch {
		case !f.Changed || spoken != nil && spoken.Value == f.Value:
		case spoken == nil:
			return fmt.Errorf("--%s is for the other protocol that --%s can name", f.Name, s.prefix)
		default:
			if err := to.Set(name, f.Value.String()); err != nil {
				return s.explain(err)
			}
		}
	}
	return nil
}

// rename names the side's flags in a text of its protocol's check by their names
// here; what it quotes of a server stays.
func (s *side) rename(text string) string {
	return probe.RenameFlags(text, func(found string) string {
		name := strings.TrimLeft(found, "-")
		if f := s.own.ShorthandLookup(name[:1]); f != nil && len(name) == 1 {
			name = f.Name
		}
		if name = s.prefix + "-" + name; !s.has(name) {
			return found
		}
		return "--" + name
	})
}

func (s *side) has(name string) bool {
	return slices.ContainsFunc(s.given, func(f *pflag.Flag) bool { return f.Name == name })
}

// explain renames the flags in an error.
func (s *side) explain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(s.rename(err.Error()))
}

// toldFacts are those of a session that are told of a delivery, too; for all of
// them there is the check of the protocol.
func toldFacts() []string {
	return []string{"address", "handshake", "tls_version", "cert_faults", "cert_days_left", "auth_mechanism", "user", "login_delay", "odd"}
}

// fold makes one step of what was done in a session: its facts under the side's
// name, and of its steps those that are not OK, with their causes. err is what the
// session ended with.
func (s *side) fold(step *probe.Step, session *probe.Result, err error) error {
	told := toldFacts()
	for _, f := range session.Facts() {
		if slices.Contains(told, f.Name) {
			f.Name = s.prefix + "_" + f.Name
			step.Learn(f)
		}
	}
	wrong := session.Wrong()
	if len(wrong) == 0 || err == nil {
		s.raise(step, wrong)
		return s.renameFailure(err)
	}
	s.raise(step, wrong[1:])
	worst, ended := wrong[0], failureOf(err)
	return &probe.Failure{
		Status: worst.Status, Err: &toldError{s.detail(worst), err}, Hint: s.rename(worst.Hint),
		Refused: ended != nil && ended.Refused, Cause: worst.Cause, Also: worst.Also,
	}
}

// raise makes a step as bad as those of a session.
func (s *side) raise(step *probe.Step, wrong []*probe.Step) {
	for _, w := range wrong {
		step.RaiseFor(w.Cause.As(w.Status).Advise(s.rename(w.Hint)), s.detail(w), w.Also...)
	}
}

// detail is what a step of a session says, in a step of the delivery.
func (s *side) detail(of *probe.Step) string { return of.Name + ": " + s.rename(of.Detail) }

// renameFailure names the side's flags in the hint of a failure by their names here.
func (s *side) renameFailure(err error) error {
	f := failureOf(err)
	if f == nil {
		return err
	}
	renamed := *f
	renamed.Err, renamed.Hint = err, s.rename(f.Hint)
	return &renamed
}

// toldError is an error in the words of the step that it ended.
type toldError struct {
	text string
	err  error
}

func (t *toldError) Error() string { return t.text }

func (t *toldError) Unwrap() error { return t.err }
