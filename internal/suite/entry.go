package suite

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// parser reads a document into a suite.
type parser struct {
	*settings.Document
	kinds []probe.Kind
	// kindNames are the names of the kinds.
	kindNames []string
	known     map[string]settings.Options // of each kind
	bound     map[string]bool             // kinds whose options name the target
	passive   map[string]bool             // kinds that wait for their results
	defaults  settings.Node               // zero where there are none
	groups    map[string]settings.Node
	places    map[string][]string // groups of places
	accounts  []*account
	made      map[string]*Check // one for all that have the same options, by these
	suite     *Suite
	entries   []*entry
}

// entry is a check with the nodes it came from.
type entry struct {
	*Check
	node    settings.Node
	kind    string
	targets []settings.Node
	keys    map[string]settings.Node // where the values of kind and options are
	depends []settings.Node

	accounts   settings.Pair // zero for none
	toSelf     bool
	ofAccounts []settings.Pair // options of two accounts, between those of the group and its own
}

// readChecks reads the list of checks.
func (p *parser) readChecks(at settings.Pair) {
	if !at.Value.IsList() {
		p.Fault(at.Value, "checks is a list in which each check begins with a hyphen")
		return
	}
	items := at.Value.Items()
	if len(items) == 0 {
		p.Fault(at.Value, "there are no checks")
	}
	for _, n := range items {
		p.entries = append(p.entries, p.readEntry(n))
	}
}

// readEntry reads the keys that every check has. Options wait until the kind and
// what it inherits are known.
func (p *parser) readEntry(n settings.Node) *entry {
	e := &entry{Check: &Check{line: n.Line()}, node: n, keys: map[string]settings.Node{}}
	if !n.IsMapping() {
		p.Fault(n, "a check is a mapping with name, kind and target")
		return e
	}
	p.Read(n, "a check", p.entryFields(e), func(settings.Pair) bool { return true }, nil)
	for _, lack := range []struct {
		missing bool
		key     string
	}{{e.keys["name"].IsZero() || e.keys["name"].Written() == "", "name"}, {e.keys["kind"].IsZero(), "kind"}, {len(e.targets) == 0 && !p.bound[e.kind], "target"}} {
		if lack.missing {
			p.Fault(n, "the check has no %s", lack.key)
		}
	}
	e.resolveKind(p)
	e.parseTargets(p)
	return e
}

// entryKeys are the keys of a check that only itself can have.
var entryKeys = sync.OnceValue(func() []string {
	return settings.FieldNames((&parser{}).entryFields(&entry{Check: &Check{}}))
})

func (p *parser) entryFields(e *entry) []settings.Field {
	targets := func(at settings.Pair) { e.targets = append(e.targets, at.Value.Items()...) }
	name := func(at settings.Pair) {
		e.keys["name"] = at.Value
		e.Name, _ = p.Text(at.Value, "name")
		if fault := nameFault(e.Name); fault != "" {
			p.Fault(at.Value, "%s", fault)
		}
	}
	kindNode := func(at settings.Pair) {
		e.keys["kind"] = at.Value
		e.kind, _ = p.Text(at.Value, "kind")
	}
	group := func(at settings.Pair) {
		e.keys["group"] = at.Value
		e.Group, _ = p.Text(at.Value, "group")
	}
	return append([]settings.Field{
		{Name: "name", About: "a name of your own, unique in the file", Into: name, Schema: settings.Text},
		{Name: "kind", About: "what sort of check it is", Into: kindNode, Schema: settings.Enum(p.kindNames...)},
		{Name: "target", About: "the host, HOST:PORT or URL to check", Into: targets, Schema: settings.Text},
		{Name: "targets", About: "several of them, each with a state of its own", Into: targets, Schema: settings.OneOrMore},
		{Name: "group", About: "the group whose settings it takes", Into: group, Schema: settings.Text},
	}, e.matrixFields(p)...)
}

func (e *entry) resolveKind(p *parser) {
	if e.kind == "" {
		return
	}
	i := slices.IndexFunc(p.kinds, func(k probe.Kind) bool { return k.Name == e.kind })
	if i < 0 {
		p.Fault(e.keys["kind"], "there is no kind %q; %s", e.kind, settings.Meant(e.kind, p.kindNames))
		return
	}
	e.Kind = p.kinds[i]
}

func (e *entry) parseTargets(p *parser) {
	if p.bound[e.kind] && len(e.targets) > 0 {
		p.Fault(e.targets[0], "%s takes no target: its options name it", e.kind)
		return
	}
	for _, n := range e.targets {
		text, ok := p.Text(n, "a target")
		if !ok || e.Kind.New == nil {
			continue
		}
		t, err := e.Kind.ParseTarget(text)
		switch {
		case err != nil:
			p.Fault(n, "%s", settings.AsKeys(err))
		case slices.ContainsFunc(e.Targets, func(o probe.Target) bool { return o.Text == t.Text }):
			p.Fault(n, "target %s is here twice", t.Text)
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
		if e.node.IsMapping() {
			p.Read(e.node, "a check", e.Settings.fields(), func(settings.Pair) bool { return true }, nil)
		}
		return
	}
	order, values := p.inherited(e)
	before := len(p.Problems.Errors())
	var all []settings.Setting
	for _, name := range order {
		e.keys[name] = values[name].Value
		all = append(all, p.Settings(p.known[e.Kind.Name].LookUp(name), values[name])...)
		p.WarnOfSecret(values[name])
	}
	p.make(e, all)
	p.checkTravel(e)
	e.faulty = len(p.Problems.Errors()) > before
	e.explain = func(err error) settings.Problem { return p.explain(e, err) }
	if t, ok := e.ready.Target(); ok {
		t.Text = cmp.Or(t.Text, e.Name)
		e.Targets = []probe.Target{t}
	}
}

// inherited reads the settings of all levels into an entry, and returns its options: by
// name the value that counts, and the names in order.
func (p *parser) inherited(e *entry) (order []string, values map[string]settings.Pair) {
	fields := e.Settings.fields()
	for i := range fields {
		if fields[i].Name == "depends_on" {
			fields[i].Into = func(at settings.Pair) { e.DependsOn, e.depends = p.Texts(at.Value, "depends_on"), at.Value.Items() }
		}
	}
	values = map[string]settings.Pair{}
	if p.passive[e.Kind.Name] {
		e.Settings.waiting()
	}
	var own Settings
	for _, level := range p.levels(e) {
		before := e.Settings
		if level.own {
			e.AlertAfter, e.RecoverAfter, e.Down = 0, 0, Down{}
		}
		options := p.level(e, level, fields)
		if level.own {
			options = slices.Concat(e.ofAccounts, options)
			own = e.Settings
			e.AlertAfter, e.RecoverAfter = cmp.Or(own.AlertAfter, before.AlertAfter), cmp.Or(own.RecoverAfter, before.RecoverAfter)
			e.Down = cmp.Or(own.Down, before.Down)
		}
		for _, o := range options {
			if _, ok := values[o.Name]; !ok {
				order = append(order, o.Name)
			}
			values[o.Name] = o
		}
		if p.passive[e.Kind.Name] && !level.own {
			e.Settings.waiting()
		}
	}
	if p.passive[e.Kind.Name] {
		p.checkWaiting(e)
	}
	p.settleFrom(e, own)
	return order, values
}

// make makes the check of an entry. Entries with the same options share one: of a thousand
// checks in a file few differ in more than their targets.
func (p *parser) make(e *entry, all []settings.Setting) {
	words := []string{e.Kind.Name}
	for _, s := range all {
		words = append(words, s.Name, s.Text)
	}
	key := strings.Join(words, "\x00")
	if same := p.made[key]; same != nil {
		e.ready, e.options = same.ready, same.options
		return
	}
	before := len(p.Problems)
	e.ready = probe.New(e.Kind)
	e.options = p.Set(e.ready.Declared, all)
	if len(p.Problems) == before && e.ready.TakesTarget() && !e.options.RunCommands() {
		p.made[key] = e.Check
	}
}

// explain finds the key that an error is about.
func (p *parser) explain(e *entry, err error) settings.Problem {
	node := e.node
	if of := new(probe.OptionError); errors.As(err, &of) {
		if at := e.keys[settings.Key(string(of.Option))]; !at.IsZero() {
			node = at
		}
	}
	return p.ProblemAt(node, "check %s: %s", e.Name, settings.AsKeys(err))
}

// level is a mapping that holds settings and options.
type level struct {
	node settings.Node
	what string
	own  bool // it is the check itself
}

func (p *parser) levels(e *entry) []level {
	var all []level
	if !p.defaults.IsZero() {
		all = append(all, level{p.defaults, "defaults", false})
	}
	if e.Group != "" {
		node, ok := p.groups[e.Group]
		if !ok {
			p.Fault(e.keys["group"], "group %q is not declared; %s", e.Group, settings.MeantOr(e.Group, groupNames(p.groups), "add it under groups:"))
		} else {
			all = append(all, level{node, "group " + e.Group, false})
		}
	}
	return append(all, level{e.node, "a check of kind " + e.Kind.Name, true})
}

func groupNames(groups map[string]settings.Node) []string {
	var names []string
	for name := range groups {
		names = append(names, name)
	}
	return names
}

// level reads the settings of one level into fields and returns its options.
func (p *parser) level(e *entry, l level, fields []settings.Field) []settings.Pair {
	var found []settings.Pair
	fields = slices.Clone(fields)
	for i := range fields {
		if fields[i].Name == "from" {
			fields[i].Into = func(at settings.Pair) { found = append(found, p.fromOf(e, l, at)...) }
		}
	}
	other := func(o settings.Pair) bool {
		switch {
		case l.own && slices.Contains(entryKeys(), o.Name):
		case l.own && o.Name == e.Kind.Name && o.Value.IsMapping() && p.known[e.Kind.Name].LookUp(senderOption) != nil:
			found = append(found, p.senderOf(e, o)...)
		case !l.own && slices.Contains(p.kindNames, o.Name) && o.Value.IsMapping():
			found = append(found, p.ofKind(e, o)...)
		case p.known[e.Kind.Name].LookUp(o.Name) != nil:
			found = append(found, o)
		case l.own: // those of other levels are found by shared
			p.Unknown(o, l.what, slices.Concat(settings.FieldNames(fields), p.known[e.Kind.Name].Keys(), entryKeys()))
		}
		return true
	}
	p.Read(l.node, l.what, fields, other, nil)
	return found
}

// ofKind returns the options that a level has for one kind alone.
func (p *parser) ofKind(e *entry, at settings.Pair) []settings.Pair {
	var found []settings.Pair
	for _, o := range p.Pairs(at.Value, at.Name) {
		switch {
		case p.known[at.Name].LookUp(o.Name) == nil:
			p.Unknown(o, at.Name, p.known[at.Name].Keys())
		case at.Name == e.Kind.Name:
			found = append(found, o)
		}
	}
	return found
}

func (p *parser) anyKindHas(name string) bool {
	for _, known := range p.known {
		if known.LookUp(name) != nil {
			return true
		}
	}
	return false
}

// finish checks entries against each other, and makes the suite's list of them.
func (p *parser) finish() {
	first := map[string]*entry{}
	for _, e := range p.entries {
		if other, ok := first[e.Name]; ok && e.Name != "" {
			p.Fault(e.node, "another check is named %s, in line %d; a name is unique", e.Name, other.line)
			continue
		}
		first[e.Name] = e
		p.suite.Checks = append(p.suite.Checks, e.Check)
	}
	p.checkIDs(first)
	for _, e := range p.entries {
		for i, name := range e.DependsOn {
			if first[name] == nil && i < len(e.depends) {
				names := p.checkNames()
				p.Fault(e.depends[i], "depends_on: there is no check %q; %s", name, settings.MeantOr(name, names, namesText(names)))
			}
		}
	}
	for _, cycle := range findCycles(p.entries, first) {
		p.Fault(first[cycle[0]].node, "check %s depends on itself: %s", cycle[0], shown(cycle))
	}
}

// namesText lists the names of checks for an error.
func namesText(names []string) string {
	switch {
	case len(names) == 0:
		return "no check has a name"
	case len(names) > maxNamed:
		return fmt.Sprintf("the checks are: %s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
	}
	return "the checks are: " + strings.Join(names, ", ")
}

// checkNames returns the names of the checks in the order of the file, each once.
func (p *parser) checkNames() []string {
	var names []string
	for _, e := range p.entries {
		if e.Name != "" && !slices.Contains(names, e.Name) {
			names = append(names, e.Name)
		}
	}
	return names
}
