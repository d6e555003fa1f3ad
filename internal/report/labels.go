package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Label is one label of a Prometheus series, such as site="berlin".
type Label struct{ Name, Value string }

// Labels are constant labels, in the order they are printed. As a flag's value they
// are repeatable: each NAME=VALUE adds one.
type Labels []Label

// maxLabels is how many constant labels there may be.
const maxLabels = 32

// labelName matches the label names of the Prometheus data model, except those that
// begin with two underscores, which are reserved.
var labelName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9_]*$`)
})

// ownLabels lists the label names that mailprobe or Prometheus sets.
var ownLabels = []string{
	"check", "target", "entry", "group", "tags", "step", "name", "unit", "cause", "blame", "address", "family", "stat",
	"version", "commit", "goversion", "file", "job", "instance", "le",
}

// Over returns the labels together with others, which they override.
func (l Labels) Over(others Labels) Labels {
	return append(slices.DeleteFunc(slices.Clone(others), func(o Label) bool { return l.Has(o.Name) }), l...)
}

// Add adds a label. It returns an error for a name that Prometheus does not allow, that
// mailprobe or Prometheus sets, or that was added before, and for an empty value.
func (l *Labels) Add(name, value string) error {
	switch {
	case !labelName().MatchString(name):
		return fmt.Errorf("label name %q is not made of letters, digits and underscores, beginning with a letter", name)
	case slices.Contains(ownLabels, name):
		return fmt.Errorf("label name %q is taken: mailprobe or Prometheus sets it", name)
	case l.Has(name):
		return fmt.Errorf("label %q is given twice", name)
	case strings.TrimSpace(clean(value)) == "":
		return fmt.Errorf("label %q has no value", name)
	case len(*l) == maxLabels:
		return fmt.Errorf("label %q is one too many: there can be %d", name, maxLabels)
	}
	*l = append(*l, Label{name, value})
	return nil
}

// Has reports whether there is a label of that name.
func (l Labels) Has(name string) bool {
	return slices.ContainsFunc(l, func(have Label) bool { return have.Name == name })
}

// Set adds the label of a text NAME=VALUE.
func (l *Labels) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q has no equals sign; NAME=VALUE such as site=berlin is right", text)
	}
	return l.Add(name, value)
}

// String returns the labels as they are written in a series, without braces.
func (l Labels) String() string {
	parts := make([]string, len(l))
	for i, one := range l {
		parts[i] = label(one.Name, one.Value)
	}
	return strings.Join(parts, ",")
}

// Type names the value in a help text.
func (l Labels) Type() string { return "NAME=VALUE" }
