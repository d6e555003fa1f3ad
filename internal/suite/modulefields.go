package suite

import (
	"errors"
	"slices"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// module is one that is being read.
type module struct {
	*Module
	kind    settings.Node
	allowed []settings.Node
	options []settings.Pair
}

// readModules reads the mapping of modules by their names.
func (p *parser) readModules(at settings.Pair) {
	pairs := p.Pairs(at.Value, "modules")
	if len(pairs) == 0 && at.Value.IsMapping() {
		p.Fault(at.Value, "there are no modules")
	}
	for _, each := range pairs {
		p.readModule(each)
	}
}

func (p *parser) moduleFields(m *module) []settings.Field {
	return []settings.Field{
		{Name: "kind", About: "what sort of check it is", Into: func(at settings.Pair) { m.kind = at.Value }, Schema: settings.Enum(p.kindNames...)},
		{Name: "targets", About: "the only targets it may be used for: HOST, HOST:PORT, *.example.org, addresses as 192.0.2.0/24, or a URL; a module with credentials needs some",
			Into: func(at settings.Pair) { m.allowed = append(m.allowed, at.Value.Items()...) }, Schema: settings.OneOrMore},
	}
}

func (p *parser) readModule(at settings.Pair) {
	before := len(p.Problems.Errors())
	m := &module{Module: &Module{Name: at.Key.Written()}}
	what := "module " + m.Name
	fields := p.moduleFields(m)
	p.Read(at.Value, what, fields, func(o settings.Pair) bool { m.options = append(m.options, o); return true }, nil)
	if !p.kindOfModule(m, at) {
		return
	}
	m.explain = func(err error) settings.Problem { return p.explainModule(m, at, err) }
	p.setOptions(m, append(settings.FieldNames(fields), p.known[m.Kind.Name].Keys()...))
	for _, n := range m.allowed {
		p.readAllowed(m, n)
	}
	p.guardCredentials(m, at)
	m.faulty = len(p.Problems.Errors()) > before
	p.suite.Modules = append(p.suite.Modules, m.Module)
}

// kindOfModule finds the kind, and reports whether there is one that takes a target.
func (p *parser) kindOfModule(m *module, at settings.Pair) bool {
	if m.kind.IsZero() {
		if at.Value.IsMapping() {
			p.Fault(at.Key, "the module has no kind")
		}
		return false
	}
	name, ok := p.Text(m.kind, "kind")
	if !ok {
		return false
	}
	i := slices.IndexFunc(p.kinds, func(k probe.Kind) bool { return k.Name == name })
	switch {
	case i < 0:
		p.Fault(m.kind, "there is no kind %q; %s", name, settings.Meant(name, p.kindNames))
		return false
	case p.bound[name]:
		p.Fault(m.kind, "a module of kind %s has no use: its options name what it checks, and /probe names a target", name)
		return false
	}
	m.Kind = p.kinds[i]
	return true
}

// setOptions sets the options of a module; of those given twice, by merged mappings, the
// last counts.
func (p *parser) setOptions(m *module, keys []string) {
	known := p.known[m.Kind.Name]
	var all []settings.Setting
	for i, o := range m.options {
		option := known.LookUp(o.Name)
		switch {
		case option == nil:
			p.Unknown(o, "a module of kind "+m.Kind.Name, keys)
		case slices.ContainsFunc(m.options[i+1:], func(later settings.Pair) bool { return later.Name == o.Name }):
		default:
			p.WarnOfSecret(o)
			all = append(all, p.Settings(option, o)...)
		}
	}
	check := probe.New(m.Kind)
	m.Module.options = p.Set(check.Declared, all)
	for _, s := range all {
		m.shown = append(m.shown, settings.Value{Name: s.Name, Text: p.Shown(s)})
	}
}

func (p *parser) readAllowed(m *module, n settings.Node) {
	text, ok := p.Text(n, "targets")
	if !ok {
		return
	}
	a, err := ParseAllowed(m.Kind, text)
	if err != nil {
		p.Fault(n, "targets: %v", err)
		return
	}
	m.Allowed = append(m.Allowed, a)
}

// guardCredentials refuses a module whose credentials anybody could have sent anywhere.
func (p *parser) guardCredentials(m *module, at settings.Pair) {
	known := p.known[m.Kind.Name]
	for _, o := range m.options {
		option := known.LookUp(o.Name)
		secret := option != nil && (option.Credential || settings.NamesSecret(o.Name))
		sends := o.Name == "send" && m.is("send")
		if !secret && !sends {
			continue
		}
		m.Credentials = true
		switch {
		case len(m.allowed) == 0 && secret:
			p.Fault(o.Key, "a module with %s needs \"targets:\", or whoever asks for /probe has it sent to any server; list the servers that may get it", o.Name)
		case len(m.allowed) == 0:
			p.Fault(o.Key, "a module that sends a message needs \"targets:\", or whoever asks for /probe has it sent to any server; list the servers")
		case m.is("mx"):
			p.Fault(o.Key, "a module with mx cannot have %s: its targets are domains, and DNS says which servers would get it", o.Name)
		default:
			continue
		}
		return
	}
}

// explainModule finds the key that an error is about.
func (p *parser) explainModule(m *module, at settings.Pair, err error) settings.Problem {
	node := at.Key
	if of := new(probe.OptionError); errors.As(err, &of) {
		for _, o := range m.options {
			if o.Name == settings.Key(string(of.Option)) {
				node = o.Value
			}
		}
	}
	return p.ProblemAt(node, "module %s: %s", m.Name, settings.AsKeys(err))
}

// modulesSchema describes the mapping of modules: which options one may have depends on its
// kind.
func (p *parser) modulesSchema() settings.Schema {
	var each []settings.Schema
	var names []string
	for _, k := range p.kinds {
		if p.bound[k.Name] {
			continue
		}
		names = append(names, k.Name)
		s := settings.Object(p.moduleFields(&module{Module: &Module{}}), p.known[k.Name], "kind")
		s["properties"].(settings.Schema)["kind"] = settings.Schema{"const": k.Name, "description": k.Short}
		each = append(each, settings.Schema{
			"if":   settings.Schema{"properties": settings.Schema{"kind": settings.Schema{"const": k.Name}}, "required": []string{"kind"}},
			"then": s,
		})
	}
	return settings.Schema{"type": "object", "minProperties": 1, "additionalProperties": settings.Schema{
		"type": "object", "required": []string{"kind"}, "allOf": each,
		"properties": settings.Schema{"kind": settings.Schema{"enum": names}},
	}}
}
