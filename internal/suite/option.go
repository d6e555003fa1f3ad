package suite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mailprobe/probe"
)

// Key is the key that stands for an option.
func Key(option string) string { return strings.ReplaceAll(option, "-", "_") }

// optionSet are the options that a mapping may have, by their keys.
type optionSet []probe.Option

// lookUp returns the option of a key, nil where there is none.
func (o optionSet) lookUp(key string) *probe.Option {
	return probe.FindOption(o, strings.ReplaceAll(key, "_", "-"))
}

// keys are the keys of all options.
func (o optionSet) keys() []string {
	keys := make([]string, len(o))
	for i := range o {
		keys[i] = Key(o[i].Name)
	}
	return keys
}

// without returns the options but those of some names.
func (o optionSet) without(names ...string) optionSet {
	return slices.DeleteFunc(slices.Clone(o), func(each probe.Option) bool { return slices.Contains(names, each.Name) })
}

// asKeys is the text of an error with the keys of options in the place of flags.
func asKeys(err error) string {
	return probe.OptionText(err, func(name probe.OptionName) string { return Key(string(name)) })
}

// setting is an option, with the key and the node that say so.
type setting struct {
	option
	key  string
	node *yaml.Node
}

// settings are what the value of a key sets an option to. A list sets a repeatable option
// several times, a mapping by NAME=VALUE.
func (d *document) settings(o *probe.Option, p pair) []setting {
	var all []setting
	read := d.text
	if o.Type == probe.TypeCommand || o.Type == probe.TypeLines {
		read = d.long
	}
	for _, n := range d.values(o, p) {
		text, ok := read(n.node, p.key.Value)
		if !ok {
			continue
		}
		text = n.prefix + text
		if o.Type == probe.TypeFile || o.Type == probe.TypeDirectory {
			text = d.beside(text)
		}
		if o.Type == probe.TypeBool && n.node.Tag != "!!bool" && text != "true" && text != "false" {
			d.fault(n.node, "%s is neither true nor false", p.key.Value)
			continue
		}
		all = append(all, setting{option{o.Name, text}, p.key.Value, n.node})
	}
	return all
}

// set sets options and returns what was set.
func (d *document) set(known optionSet, all []setting) options {
	var done options
	for _, s := range all {
		if err := probe.FindOption(known, s.name).Set(s.value); err != nil {
			d.fault(s.node, "%s: %s", s.key, d.redacted(s.node, asKeys(err)))
			continue
		}
		done = append(done, s.option)
	}
	return done
}

// beside takes a relative name from the folder of the document, wherever the
// program was started: cron starts it elsewhere than a shell does.
func (d *document) beside(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if name == "" || name == "-" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(d.name), name)
}

// value is a value, and what a mapping puts before it.
type value struct {
	prefix string
	node   *yaml.Node
}

func (d *document) values(o *probe.Option, p pair) []value {
	switch {
	case p.value.Kind == yaml.ScalarNode:
		return []value{{node: p.value}}
	case p.value.Kind == yaml.SequenceNode && o.List:
		var all []value
		for _, n := range p.value.Content {
			all = append(all, value{node: resolve(n)})
		}
		return all
	case p.value.Kind == yaml.MappingNode && o.Type.IsNamed():
		return d.namedValues(p)
	}
	d.fault(p.value, "%s takes one value", p.key.Value)
	return nil
}

// namedValues are NAME=VALUE of a mapping, a list standing for several of a name.
func (d *document) namedValues(p pair) []value {
	var all []value
	for _, each := range d.pairs(p.value, p.key.Value) {
		nodes := []*yaml.Node{each.value}
		if each.value.Kind == yaml.SequenceNode {
			nodes = each.value.Content
		}
		for _, n := range nodes {
			all = append(all, value{each.key.Value + "=", resolve(n)})
		}
	}
	return all
}

// redacted takes the value out of a message where it may be a secret: it came from
// the environment, and is not to be read in the file.
func (d *document) redacted(n *yaml.Node, message string) string {
	value, ok := d.long(n, "")
	if !ok || value == n.Value || value == "" {
		return message
	}
	return strings.ReplaceAll(message, value, n.Value)
}

// runCommands reports whether a command gives one of the options its value: each check
// runs its own, for it may give another one each time.
func (o options) runCommands() bool {
	return slices.ContainsFunc(o, func(each option) bool { return strings.HasSuffix(each.name, "-command") })
}
