package delivery

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/spf13/pflag"

	"mailprobe/probe"
)

// side is one of the two servers: its flags are those of its protocol's own check,
// with a word before them.
type side struct {
	prefix string // "via" or "fetch"
	own    *pflag.FlagSet
}

// adopt declares flags of a check as those of a side.
func adopt(flags *pflag.FlagSet, prefix string, bind ...func(*pflag.FlagSet)) side {
	s := side{prefix, pflag.NewFlagSet(prefix, pflag.ContinueOnError)}
	for _, b := range bind {
		b(s.own)
	}
	s.own.VisitAll(func(f *pflag.Flag) {
		flags.AddFlag(&pflag.Flag{
			Name: prefix + "-" + f.Name, Usage: s.rename(f.Usage), Value: f.Value,
			DefValue: f.DefValue, NoOptDefVal: f.NoOptDefVal,
		})
	})
	return s
}

// flagWord is a flag in a text.
var flagWord = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|[\s(])(--[a-z-]+|-[a-z])\b`)
})

// rename names the side's flags in a text of its protocol's check by their names
// here.
func (s side) rename(text string) string {
	return flagWord().ReplaceAllStringFunc(text, func(found string) string {
		start := strings.IndexByte(found, '-')
		word := found[start:]
		f := s.own.Lookup(strings.TrimLeft(word, "-"))
		if len(word) == 2 {
			f = s.own.ShorthandLookup(word[1:])
		}
		if f == nil {
			return found
		}
		return found[:start] + "--" + s.prefix + "-" + f.Name
	})
}

// explain renames the flags in an error.
func (s side) explain(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(s.rename(err.Error()))
}

// fold makes one step of what was done in a session: its facts under the side's
// name, and the worst of its steps with what it says.
func (s side) fold(step *probe.Step, session *probe.Result, err error) error {
	for _, inner := range session.Steps {
		for _, f := range inner.Facts {
			f.Name = s.prefix + "_" + f.Name
			step.Learn(f)
		}
	}
	worst := session.Worst()
	if worst == nil || probe.Worst(worst.Status, probe.OK) == probe.OK {
		return err
	}
	detail, hint := worst.Name+": "+s.rename(worst.Detail), s.rename(worst.Hint)
	if err == nil {
		step.Raise(worst.Status, detail, hint)
		return nil
	}
	return &probe.Failure{Status: worst.Status, Err: &told{detail, err}, Hint: hint}
}

// told is an error in the words of the step that it ended.
type told struct {
	text string
	err  error
}

func (t *told) Error() string { return t.text }

func (t *told) Unwrap() error { return t.err }
