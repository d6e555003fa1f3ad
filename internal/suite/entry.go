package suite

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"mailprobe/probe"
)

// parser reads a document into a suite.
type parser struct {
	*document
	kinds []probe.Kind
	// kindNames are the words for the kinds.
	kindNames  []string
	kindSchema schema
	known      map[string]optionSet // of each kind
	bound      map[string]bool      // kinds whose options name the target
	defaults   *yaml.Node           // nil where there are none
	groups     map[string]*yaml.Node
	made       map[string]*Check // one for all that have the same options, by these
	suite      *Suite
	entries    []*entry
}

// entry is a check with the nodes it came from.
type entry struct {
	*Check
	node    *yaml.Node
	kind    string
	targets []*yaml.Node
	keys    map[string]*yaml.Node // where the values of kind and options are
	depends []*yaml.Node
}

// readChecks reads the list of checks.
func (p *parser) readChecks(at pair) {
	if at.value.Kind != yaml.SequenceNode {
		p.fault(at.value, "checks is a list, each check begun with a hyphen")
		return
	}
	if len(at.value.Content) == 0 {
		p.fault(at.value, "there are no checks")
	}
	for _, n := range at.value.Content {
		p.entries = append(p.entries, p.readEntry(resolve(n)))
	}
}

// readEntry reads the keys that every check has. Options wait until the kind and
// what it inherits are known.
func (p *parser) readEntry(n *yaml.Node) *entry {
	e := &entry{Check: &Check{line: n.Line}, node: n, keys: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		p.fault(n, "a check is a mapping with name, kind and target")
		return e
	}
	p.read(n, "a check", p.entryFields(e), func(pair) bool { return true }, nil)
	for _, lack := range []struct {
		missing bool
		key     string
	}{{e.keys["name"] == nil || e.keys["name"].Value == "", "name"}, {e.keys["kind"] == nil, "kind"}, {len(e.targets) == 0 && !p.bound[e.kind], "target"}} {
		if lack.missing {
			p.fault(n, "the check lacks its %s", lack.key)
		}
	}
	e.resolveKind(p)
	e.parseTargets(p)
	return e
}

// entryKeys are the keys of a check that only itself can have.
var entryKeys = sync.OnceValue(func() []string { return fieldNames((&parser{}).entryFields(&entry{Check: &Check{}})) })

// What entryFields takes is made once: it is called for every check.
var (
	aText     = schema{"type": "string"}
	someTexts = oneOrMore()
)

func (p *parser) entryFields(e *entry) []field {
	targets := func(at pair) {
		if at.value.Kind == yaml.SequenceNode {
			e.targets = append(e.targets, at.value.Content...)
		} else {
			e.targets = append(e.targets, at.value)
		}
	}
	name := func(at pair) {
		e.keys["name"] = at.value
		e.Name, _ = p.text(at.value, "name")
	}
	kindNode := func(at pair) {
		e.keys["kind"] = at.value
		e.kind, _ = p.text(at.value, "kind")
	}
	return []field{
		{name: "name", about: "a name of your own, unique in the file", into: name, schema: aText},
		{name: "kind", about: "what sort of check it is", into: kindNode, schema: p.kindSchema},
		{name: "target", about: "the host, HOST:PORT or URL to check", into: targets, schema: aText},
		{name: "targets", about: "several of them, each with a state of its own", into: targets, schema: someTexts},
		{name: "group", about: "the group whose settings it takes", into: &e.Group, schema: aText},
	}
}

func (e *entry) resolveKind(p *parser) {
	if e.kind == "" {
		return
	}
	i := slices.IndexFunc(p.kinds, func(k probe.Kind) bool { return k.Name == e.kind })
	if i < 0 {
		p.fault(e.keys["kind"], "there is no kind %q; %s", e.kind, meant(e.kind, p.kindNames))
		return
	}
	e.Kind = p.kinds[i]
}

func (e *entry) parseTargets(p *parser) {
	if p.bound[e.kind] && len(e.targets) > 0 {
		p.fault(e.targets[0], "%s takes no target: its options name it", e.kind)
		return
	}
	for _, n := range e.targets {
		n = resolve(n)
		text, ok := p.text(n, "a target")
		if !ok || e.Kind.New == nil {
			continue
		}
		t, err := e.Kind.ParseTarget(text)
		switch {
		case err != nil:
			p.fault(n, "%s", asKeys(err))
		case slices.ContainsFunc(e.Targets, func(o probe.Target) bool { return o.Text == t.Text }):
			p.fault(n, "target %s is here twice", t.Text)
		default:
			e.Targets = append(e.Targets, t)
		}
	}
}

// inherit reads the settings of an entry: the defaults, then those of its group,
// then its own. A later value replaces an earlier one.
func (p *parser) inherit(e *entry) {
	e.Settings = defaultSettings()
	if e.Kind.New == nil {
		if e.node.Kind == yaml.MappingNode {
			p.read(e.node, "a check", e.Settings.fields(), func(pair) bool { return true }, nil)
		}
		return
	}
	order, values := p.inherited(e)
	before := len(p.problems.Errors())
	var all []setting
	for _, name := range order {
		e.keys[name] = values[name].value
		all = append(all, p.settings(p.known[e.Kind.Name].lookUp(name), values[name])...)
		p.warnOfSecret(values[name])
	}
	p.make(e, all)
	e.faulty = len(p.problems.Errors()) > before
	e.explain = func(err error) Problem { return p.explain(e, err) }
	if t, ok := e.ready.Target(); ok {
		e.Targets = []probe.Target{t}
	}
}

// inherited reads the settings of all levels into an entry, and returns its options: by
// name the value that counts, and the names in order.
func (p *parser) inherited(e *entry) (order []string, values map[string]pair) {
	fields := e.Settings.fields()
	for i := range fields {
		if fields[i].name == "depends_on" {
			fields[i].into = func(at pair) { e.DependsOn, e.depends = p.texts(at.value, "depends_on"), nodesOf(at.value) }
		}
	}
	values = map[string]pair{}
	for _, level := range p.levels(e) {
		for _, o := range p.level(e, level, fields) {
			if _, ok := values[o.name]; !ok {
				order = append(order, o.name)
			}
			values[o.name] = o
		}
	}
	return order, values
}

// make makes the check of an entry. Entries whose options are the same share one: a
// file of a thousand checks has few that differ in more than their targets.
func (p *parser) make(e *entry, all []setting) {
	words := []string{e.Kind.Name}
	for _, s := range all {
		words = append(words, s.name, s.value)
	}
	key := strings.Join(words, "\x00")
	if same := p.made[key]; same != nil {
		e.ready, e.options = same.ready, same.options
		return
	}
	before := len(p.problems)
	e.ready = probe.New(e.Kind)
	e.options = p.set(e.ready.Declared, all)
	if len(p.problems) == before && e.ready.TakesTarget() && !e.options.runCommands() {
		p.made[key] = e.Check
	}
}

// explain finds the key that an error is about.
func (p *parser) explain(e *entry, err error) Problem {
	node := e.node
	if of := new(probe.OptionError); errors.As(err, &of) && e.keys[Key(string(of.Option))] != nil {
		node = e.keys[Key(string(of.Option))]
	}
	at := &document{name: p.name, lines: p.lines}
	at.fault(node, "check %s: %s", e.Name, asKeys(err))
	return at.problems[0]
}

// level is a mapping that holds settings and options.
type level struct {
	node *yaml.Node
	what string
	own  bool // it is the check itself
}

func (p *parser) levels(e *entry) []level {
	var all []level
	if p.defaults != nil {
		all = append(all, level{p.defaults, "defaults", false})
	}
	if e.Group != "" {
		node, ok := p.groups[e.Group]
		if !ok {
			p.fault(e.node, "check %s: there is no group %q; %s", e.Name, e.Group, meant(e.Group, groupNames(p.groups)))
		} else {
			all = append(all, level{node, "group " + e.Group, false})
		}
	}
	return append(all, level{e.node, "a check of kind " + e.Kind.Name, true})
}

func groupNames(groups map[string]*yaml.Node) []string {
	var names []string
	for name := range groups {
		names = append(names, name)
	}
	return names
}

// level reads the settings of one level into fields and returns its options.
func (p *parser) level(e *entry, l level, fields []field) []pair {
	var found []pair
	other := func(o pair) bool {
		switch {
		case l.own && slices.Contains(entryKeys(), o.name):
		case !l.own && slices.Contains(p.kindNames, o.name) && o.value.Kind == yaml.MappingNode:
			found = append(found, p.ofKind(e, o)...)
		case p.known[e.Kind.Name].lookUp(o.name) != nil:
			found = append(found, o)
		case l.own || !p.anyKindHas(o.name):
			p.unknown(o, l.what, slices.Concat(fieldNames(fields), p.known[e.Kind.Name].keys(), entryKeys()))
		}
		return true
	}
	p.read(l.node, l.what, fields, other, nil)
	return found
}

func nodesOf(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// ofKind returns the options that a level has for one kind alone.
func (p *parser) ofKind(e *entry, at pair) []pair {
	var found []pair
	for _, o := range p.pairs(at.value, at.name) {
		switch {
		case p.known[at.name].lookUp(o.name) == nil:
			p.unknown(o, at.name, p.known[at.name].keys())
		case at.name == e.Kind.Name:
			found = append(found, o)
		}
	}
	return found
}

func (p *parser) anyKindHas(name string) bool {
	for _, known := range p.known {
		if known.lookUp(name) != nil {
			return true
		}
	}
	return false
}

// finish checks what entries say together, and makes the suite's list of them.
func (p *parser) finish() {
	first := map[string]*entry{}
	for _, e := range p.entries {
		if other, ok := first[e.Name]; ok && e.Name != "" {
			p.fault(e.node, "another check is named %s, in line %d; a name is unique", e.Name, other.line)
			continue
		}
		first[e.Name] = e
		p.suite.Checks = append(p.suite.Checks, e.Check)
	}
	for _, e := range p.entries {
		for i, name := range e.DependsOn {
			if first[name] == nil && i < len(e.depends) {
				p.fault(resolve(e.depends[i]), "there is no check %q to depend on; %s", name, meant(name, p.checkNames()))
			}
		}
	}
	for _, cycle := range findCycles(p.entries, first) {
		p.fault(first[cycle[0]].node, "check %s depends on itself: %s", cycle[0], shown(cycle))
	}
}

func (p *parser) checkNames() []string {
	var names []string
	for _, e := range p.entries {
		names = append(names, e.Name)
	}
	return names
}
