package suite

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"mailprobe/probe"
)

// flagName is the flag that a key stands for.
func flagName(key string) string { return strings.ReplaceAll(key, "_", "-") }

// Key is the key that stands for a flag.
func Key(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// flagsOf returns the flags of a kind.
func flagsOf(kind probe.Kind) *pflag.FlagSet {
	flags := newFlags(kind)
	probe.New(kind, flags)
	return flags
}

// optionKeys are the keys of a kind's options.
func optionKeys(flags *pflag.FlagSet) []string {
	var keys []string
	flags.VisitAll(func(f *pflag.Flag) { keys = append(keys, Key(f.Name)) })
	return keys
}

// isRepeatable tells whether a flag takes several values.
func isRepeatable(f *pflag.Flag) bool {
	_, ok := f.Value.(pflag.SliceValue)
	return ok || strings.Contains(f.Usage, "(repeatable)")
}

// isNamed tells whether a flag's values are NAME=VALUE, which a mapping can hold.
func isNamed(f *pflag.Flag) bool {
	name, usage := pflag.UnquoteUsage(f)
	return isRepeatable(f) && (strings.Contains(f.Value.Type(), "=") || strings.Contains(name, "=") || strings.Contains(usage, "NAME=VALUE"))
}

// setting is an option, with the key and the node that say so.
type setting struct {
	option
	key  string
	node *yaml.Node
}

// settings are what the value of a key sets a flag to. A list sets a repeatable flag
// several times, a mapping by NAME=VALUE.
func (d *document) settings(flag *pflag.Flag, p pair) []setting {
	var all []setting
	read := d.text
	if hasLines(flag) {
		read = d.long
	}
	for _, n := range d.values(flag, p) {
		text, ok := read(n.node, p.key.Value)
		if !ok {
			continue
		}
		text = n.prefix + text
		if namesFile(flag) {
			text = d.beside(text)
		}
		if flag.Value.Type() == "bool" && n.node.Tag != "!!bool" && text != "true" && text != "false" {
			d.fault(n.node, "%s is neither true nor false", p.key.Value)
			continue
		}
		all = append(all, setting{option{flag.Name, text}, p.key.Value, n.node})
	}
	return all
}

// set sets flags and returns what was set.
func (d *document) set(flags *pflag.FlagSet, all []setting) options {
	var done options
	for _, s := range all {
		err := flags.Set(s.flag, s.value)
		if err == nil {
			done = append(done, s.option)
			continue
		}
		d.fault(s.node, "%s: %s", s.key, asKeys(d.redacted(s.node, probe.FlagProblem(flags.Lookup(s.flag), s.value, err))))
	}
	return done
}

// namesFile reports whether a flag's value is the name of a file or a directory.
func namesFile(f *pflag.Flag) bool {
	name, _ := pflag.UnquoteUsage(f)
	return name == "file" || name == "directory"
}

// hasLines reports whether a flag's value may have several lines.
func hasLines(f *pflag.Flag) bool {
	name, _ := pflag.UnquoteUsage(f)
	return name == "command" || name == "text"
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

func (d *document) values(flag *pflag.Flag, p pair) []value {
	switch {
	case p.value.Kind == yaml.ScalarNode:
		return []value{{node: p.value}}
	case p.value.Kind == yaml.SequenceNode && isRepeatable(flag):
		var all []value
		for _, n := range p.value.Content {
			all = append(all, value{node: resolve(n)})
		}
		return all
	case p.value.Kind == yaml.MappingNode && isNamed(flag):
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

// secretFlags say where a password or a token is, secretHint how to add one.
var secretFlags = []string{"password-file", "password-env", "password-command", "token-file", "token-env", "token-command", "netrc"}

const secretHint = "--%[1]suser %[2]s has no password: add --%[1]spassword-file, --%[1]spassword-env, --%[1]spassword-command or --%[1]snetrc"

// withoutSecret is the error of options that name a user and no password for it:
// a run has nobody to ask.
func (o options) withoutSecret(t probe.Target) error {
	for _, each := range append(slices.Clone(o), option{"user", t.User}) {
		prefix, user := each.login()
		isSecret := func(s option) bool {
			flag, ok := strings.CutPrefix(s.flag, prefix)
			return ok && slices.Contains(secretFlags, flag)
		}
		if user != "" && !slices.ContainsFunc(o, isSecret) {
			return fmt.Errorf(secretHint, prefix, user)
		}
	}
	return nil
}

// runCommands reports whether a command gives one of the options its value: each check
// runs its own, for it may give another one each time.
func (o options) runCommands() bool {
	return slices.ContainsFunc(o, func(each option) bool { return strings.HasSuffix(each.flag, "-command") })
}

// login is the user that an option names, by itself or in the address of a server,
// and what the flags about that server begin with.
func (o option) login() (prefix, user string) {
	if prefix, ok := strings.CutSuffix(o.flag, "user"); ok {
		return prefix, o.value
	}
	if u, err := url.Parse(o.value); err == nil && u.Host != "" && u.User != nil {
		return o.flag + "-", u.User.Username()
	}
	return "", ""
}

// without returns the options but those of some flags.
func (o options) without(flags ...string) options {
	return slices.DeleteFunc(slices.Clone(o), func(each option) bool { return slices.Contains(flags, each.flag) })
}
