package settings

import (
	"context"
	"errors"
	"slices"
	"strings"

	"mailprobe/probe"
)

// Key is the key that stands for an option.
func Key(option string) string { return strings.ReplaceAll(option, "-", "_") }

// Options are the options that a mapping may have, by their keys.
type Options []probe.Option

// LookUp returns the option of a key, nil where there is none.
func (o Options) LookUp(key string) *probe.Option {
	return probe.FindOption(o, strings.ReplaceAll(key, "_", "-"))
}

// Keys are the keys of all options.
func (o Options) Keys() []string {
	keys := make([]string, len(o))
	for i := range o {
		keys[i] = Key(o[i].Name)
	}
	return keys
}

// Without returns the options but those of some names.
func (o Options) Without(names ...string) Options {
	return slices.DeleteFunc(slices.Clone(o), func(each probe.Option) bool { return slices.Contains(names, each.Name) })
}

// AsKeys rewrites err to name file keys instead of flags.
func AsKeys(err error) string {
	return probe.OptionText(err, func(name probe.OptionName) string { return Key(string(name)) })
}

// Setting is the value of an option, and where it stands.
type Setting struct {
	Value
	key  string
	node Node
}

// Settings are what the value of a key sets an option to. A list sets a repeatable option
// several times, a mapping by NAME=VALUE.
func (d *Document) Settings(o *probe.Option, p Pair) []Setting {
	var all []Setting
	read := d.Text
	if o.Type == probe.TypeCommand || o.Type == probe.TypeLines || o.Type == probe.TypeContent {
		read = d.Long
	}
	for _, n := range d.values(o, p) {
		text, ok := read(n.node, p.Key.Written())
		if !ok {
			continue
		}
		text = n.prefix + text
		if i := o.Type.FileIn(text); i >= 0 {
			text = text[:i] + d.Beside(text[i:])
		}
		if o.Type == probe.TypeBool && n.node.yaml.Tag != "!!bool" && text != "true" && text != "false" {
			d.Fault(n.node, "%s is neither true nor false", p.Key.Written())
			continue
		}
		all = append(all, Setting{Value{o.Name, text}, p.Key.Written(), n.node})
	}
	return all
}

// Set sets options and returns what was set.
func (d *Document) Set(known Options, all []Setting) Values {
	var done Values
	for _, s := range all {
		if err := probe.FindOption(known, s.Name).Set(s.Value.Text); err != nil {
			d.Fault(s.node, "%s: %s", s.key, d.redacted(s.node, AsKeys(err)))
			continue
		}
		done = append(done, s.Value)
	}
	return done
}

// prefixed is a value, and what a mapping puts before it.
type prefixed struct {
	prefix string
	node   Node
}

func (d *Document) values(o *probe.Option, p Pair) []prefixed {
	switch {
	case p.Value.IsScalar():
		return []prefixed{{node: p.Value}}
	case p.Value.IsList() && o.List:
		var all []prefixed
		for _, n := range p.Value.Items() {
			all = append(all, prefixed{node: n})
		}
		return all
	case p.Value.IsMapping() && o.Type.IsNamed():
		return d.namedValues(p)
	}
	d.Fault(p.Value, "%s takes one value", p.Key.Written())
	return nil
}

// namedValues are NAME=VALUE of a mapping, a list standing for several of a name.
func (d *Document) namedValues(p Pair) []prefixed {
	var all []prefixed
	for _, each := range d.Pairs(p.Value, p.Key.Written()) {
		for _, n := range each.Value.Items() {
			all = append(all, prefixed{each.Key.Written() + "=", n})
		}
	}
	return all
}

// Shown returns the text that an option is set to with its variables not expanded, as their
// values may be secrets.
func (d *Document) Shown(s Setting) string { return d.redacted(s.node, s.Text) }

// Value is the text that an option is set to.
type Value struct{ Name, Text string }

// Values are values of options, in the order of the file.
type Values []Value

// Build makes a check of a kind with the options set.
func (v Values) Build(kind probe.Kind) (*probe.Check, error) {
	check := probe.New(kind)
	for _, each := range v {
		if err := check.Set(each.Name, each.Text); err != nil {
			return nil, err
		}
	}
	return check, nil
}

// RunCommands reports whether a command prints the value of one of the options: each check
// runs its own, for it may print another one each time.
func (v Values) RunCommands() bool {
	return slices.ContainsFunc(v, func(each Value) bool { return strings.HasSuffix(each.Name, "-command") })
}

// Trial is a check that was prepared without running commands, or why it cannot be.
type Trial struct {
	check *probe.Check
	err   error
}

// Try prepares a check with the options set, but runs no commands.
func (v Values) Try(ctx context.Context, kind probe.Kind) Trial {
	check, err := v.Build(kind)
	if err != nil {
		return Trial{err: err}
	}
	check.Options.NoCommands = true
	return Trial{check, errors.Join(check.Prepare(ctx), check.Close())}
}

// With validates the options together with targets.
func (t Trial) With(targets ...probe.Target) error {
	err := t.err
	for _, each := range targets {
		if err == nil {
			err = t.check.PrepareTarget(each)
		}
	}
	return err
}
