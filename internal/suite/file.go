package suite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"mailprobe/internal/atomicfile"
	"mailprobe/probe"
)

// maxFile bounds a file of checks, in bytes.
const maxFile = 16 << 20

// FileName is what the file of checks is called by default.
const FileName = "mailprobe.yaml"

// Find returns the file of checks: the one given, or else the first there is of
// mailprobe.yaml here, in $XDG_CONFIG_HOME/mailprobe and in /etc/mailprobe.
func Find(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	places := []string{FileName}
	if dir, err := os.UserConfigDir(); err == nil {
		places = append(places, filepath.Join(dir, "mailprobe", FileName))
	}
	places = append(places, filepath.Join("/etc/mailprobe", FileName))
	for _, name := range places {
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
	}
	return "", fmt.Errorf("there is no file of checks: none of %s is there; name one, or write one with mailprobe check --init", strings.Join(places, ", "))
}

// Load reads a file of checks. The error is of the file as a whole; what is wrong
// inside it are problems, and the suite is of use only where none of them is an
// error.
func Load(name string, kinds []probe.Kind) (*Suite, Problems, error) {
	text, info, err := readFile(name)
	if err != nil {
		return nil, nil, err
	}
	s, problems := Parse(name, text, kinds)
	if info.Mode().Perm()&0o004 != 0 {
		problems = append(problems, Problem{File: name, Warning: true,
			Text: "the file can be read by everyone on this machine; chmod 640 or 600 keeps who is told and where to oneself"})
	}
	return s, problems, nil
}

// readFile reads a file of checks, which may be a pipe: as much as one may have.
func readFile(name string) (text []byte, info fs.FileInfo, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	if info, err = f.Stat(); err != nil {
		return nil, nil, err
	}
	text, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s has more than %d bytes; it is no file of checks", name, maxFile)
	}
	return text, info, err
}

// Parse reads the text of a file of checks.
func Parse(name string, text []byte, kinds []probe.Kind) (*Suite, Problems) {
	p := newParser(name, text, kinds)
	if top := p.parse(text); top != nil {
		p.readAll(top)
	}
	return p.suite, p.problems
}

func newParser(name string, text []byte, kinds []probe.Kind) *parser {
	p := &parser{
		document: newDocument(name, text), kinds: kinds, suite: &Suite{Name: name},
		known: map[string]optionSet{}, bound: map[string]bool{}, groups: map[string]*yaml.Node{},
		made: map[string]*Check{},
	}
	for _, k := range kinds {
		p.kindNames = append(p.kindNames, k.Name)
		check := probe.New(k)
		p.bound[k.Name] = !check.TakesTarget()
		p.known[k.Name] = check.Declared
	}
	p.kindNames = slices.Clip(p.kindNames) // others append to it
	p.kindSchema = schema{"enum": p.kindNames}
	return p
}

// readAll reads the whole file, and in its second part what needs the first.
func (p *parser) readAll(top *yaml.Node) {
	hasChecks := false
	p.read(top, "the file", p.topFields(&hasChecks), isExtension, nil)
	if !hasChecks {
		p.fault(top, "the file has no \"checks:\"")
	}
	for _, e := range p.entries {
		p.inherit(e)
	}
	p.finish()
	p.checkFilters()
}

func (p *parser) topFields(hasChecks *bool) []field {
	return []field{
		{name: "title", about: "what the checks are of, for the subject of mails", into: &p.suite.Title},
		{name: "defaults", about: "settings and options for all checks", into: func(at pair) { p.defaults = p.shared(at.value, "defaults") }},
		{name: "groups", about: "settings and options for the checks of a group", into: p.readGroups},
		{name: "checks", about: "what is checked", into: func(at pair) { *hasChecks = true; p.readChecks(at) }},
		{name: "notify", about: "who is told of changes", into: p.readNotify},
		{name: "heartbeat", about: "a dead man's switch: the address of a service of which /start is called when a run begins, /0 to /3 when it ends, or the requests of another service", into: p.readHeartbeat, schema: heartbeatSchema(p)},
		{name: "textfile", about: "the file for the textfile collector of the node exporter", into: p.readTextfile, schema: schema{"type": "string"}},
		{name: "labels", about: "labels for every metric, such as site: berlin", into: p.readLabels, schema: schema{"type": "object", "additionalProperties": scalar()}},
		{name: "remind", about: "how often a failure that goes on is told of again", into: &p.suite.Remind},
	}
}

func (p *parser) readTextfile(at pair) {
	if text, ok := p.text(at.value, "textfile"); ok {
		p.suite.Textfile = p.beside(text)
		if err := atomicfile.Check(p.suite.Textfile); err != nil {
			p.fault(at.value, "textfile: %v", err)
		}
	}
}

func (p *parser) readLabels(at pair) {
	for _, l := range p.pairs(at.value, "labels") {
		if value, ok := p.text(l.value, l.key.Value); ok {
			if err := p.suite.Labels.Add(l.key.Value, value); err != nil {
				p.fault(l.key, "%v", err)
			}
		}
	}
}

// isExtension permits keys that hold what the file refers to, as "x-mail: &mail".
func isExtension(at pair) bool { return strings.HasPrefix(at.name, "x_") }

func (p *parser) readGroups(at pair) {
	for _, g := range p.pairs(at.value, "groups") {
		p.groups[g.key.Value] = p.shared(g.value, "group "+g.key.Value)
	}
}

// shared checks the keys of defaults or of a group, whatever the kind of the
// checks that will use them.
func (p *parser) shared(n *yaml.Node, what string) *yaml.Node {
	if n.Tag == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}
	}
	scratch := Settings{}
	names := p.kindNames
	for _, known := range p.known {
		names = append(names, known.keys()...)
	}
	p.read(n, what, scratch.fields(), func(o pair) bool {
		if known, ok := p.known[o.name]; ok && o.value.Kind == yaml.MappingNode {
			p.sharedOfKind(o, known)
			return true
		}
		return p.anyKindHas(o.name)
	}, names)
	return n
}

func (p *parser) sharedOfKind(at pair, known optionSet) {
	for _, o := range p.pairs(at.value, at.name) {
		if known.lookUp(o.name) == nil {
			p.unknown(o, at.name, known.keys())
		}
	}
}

// warnOfSecret warns of files with secrets that others can read.
func (p *parser) warnOfSecret(o pair) {
	isSecret := slices.ContainsFunc([]string{"password_file", "token_file", "netrc", "client_key"}, func(name string) bool {
		return o.name == name || strings.HasSuffix(o.name, "_"+name)
	})
	if !isSecret || o.value.Kind != yaml.ScalarNode {
		return
	}
	text, _ := p.text(o.value, o.name)
	name := p.beside(text)
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return // the check itself tells
	}
	if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0 {
		p.warn(o.value, "%s can be read by everyone on this machine; chmod 600 would be right", name)
	}
}

// Prepare finds out what else is wrong with the options of every check: files that
// are not there, values that exclude each other, a user without a password. Commands that
// print secrets are not run, and checks with mistakes of their own are left out. Of those
// that have the same options one is tried for all.
func (s *Suite) Prepare(ctx context.Context, p Problems) Problems {
	tried := map[string]trial{}
	for _, c := range s.Checks {
		if c.ready == nil || c.faulty {
			continue
		}
		key := fmt.Sprintf("%s %q", c.Kind.Name, c.options)
		t, known := tried[key]
		if !known {
			t = c.options.try(ctx, c.Kind)
			tried[key] = t
		}
		if err := t.with(c.Targets); err != nil {
			p = append(p, c.explain(err))
		}
	}
	return p
}

// trial is a check that was made ready without running commands, or why it is not.
type trial struct {
	check *probe.Check
	err   error
}

// try makes a check ready with options, but runs no commands.
func (o options) try(ctx context.Context, kind probe.Kind) trial {
	check, err := o.build(kind)
	if err != nil {
		return trial{err: err}
	}
	check.Options.NoCommands = true
	return trial{check, errors.Join(check.Prepare(ctx), check.Close())}
}

// with returns what is wrong with the options, or with one of the targets by them.
func (t trial) with(targets []probe.Target) error {
	err := t.err
	for _, each := range targets {
		if err == nil {
			err = t.check.PrepareTarget(each)
		}
	}
	return err
}
