package suite

import (
	"encoding"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// schema is a part of a JSON Schema.
type schema map[string]any

func listOf(s schema) schema {
	return schema{"oneOf": []schema{s, {"type": "array", "items": s, "minItems": 1}}}
}

// scalar is any single value: YAML has more types than flags.
func scalar() schema { return schema{"type": []string{"string", "number", "boolean"}} }

func oneOrMore() schema { return listOf(scalar()) }

const duration = `^([0-9.]+(ns|us|ms|s|m|h))+$|^[0-9.]+d$|\$\{`

// schema describes what a field takes.
func (f field) describe() schema {
	s := schema{}
	switch f.into.(type) {
	case *string:
		s["type"] = "string"
	case *bool:
		s["type"] = "boolean"
	case *int:
		s["type"], s["minimum"] = "integer", 1
	case *time.Duration:
		s["type"], s["pattern"] = "string", duration
	case *[]string:
		s = oneOrMore()
	case encoding.TextUnmarshaler:
		s["type"] = "string"
	}
	for k, v := range f.schema {
		s[k] = v
	}
	if f.about != "" {
		s["description"] = f.about
	}
	return s
}

// object describes a mapping of fields and options. Keys may be written with
// hyphens, too; editors offer those with underscores.
func object(fields []field, options optionSet, required ...string) schema {
	properties := schema{}
	for _, f := range fields {
		properties[f.name] = f.describe()
	}
	for i := range options {
		properties[Key(options[i].Name)] = describeOption(&options[i])
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	if hyphens := hyphenated(properties); len(hyphens) > 0 {
		s["patternProperties"] = schema{"^(" + strings.Join(hyphens, "|") + ")$": true}
	}
	return s
}

func hyphenated(properties schema) []string {
	var names []string
	for name := range properties {
		if strings.Contains(name, "_") {
			names = append(names, regexp.QuoteMeta(strings.ReplaceAll(name, "_", "-")))
		}
	}
	slices.Sort(names)
	return names
}

func describeOption(o *probe.Option) schema {
	s := scalar()
	switch {
	case o.Type == probe.TypeBool:
		s["type"] = []string{"boolean", "string"}
	case o.Type.IsNamed():
		s = schema{"oneOf": []schema{scalar(), {"type": "array", "items": scalar()}, {"type": "object", "additionalProperties": oneOrMore()}}}
	case o.List:
		s = oneOrMore()
	}
	s["description"] = strings.ReplaceAll(o.Usage, "`", "")
	return s
}

// Schema returns the JSON Schema of a file of checks, made of the flags of the
// kinds.
func Schema(kinds []probe.Kind) []byte {
	p := newParser("", nil, kinds)
	groups := sharedSchema(p, kinds)
	notifier := object(p.notifierFields(&Notifier{}), nil)
	properties := schema{}
	for _, f := range p.topFields(new(bool)) {
		properties[f.name] = f.describe()
	}
	properties["defaults"] = groups
	properties["groups"] = schema{"type": "object", "additionalProperties": groups}
	properties["checks"] = schema{"type": "array", "minItems": 1, "items": checkSchema(p, kinds)}
	properties["notify"] = listOf(notifier)
	text, err := json.MarshalIndent(schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mailprobe checks",
		"description": "The file that `mailprobe check` reads.",
		"type":        "object", "properties": properties, "required": []string{"checks"},
		"patternProperties": schema{"^x-": true}, "additionalProperties": false,
	}, "", " ")
	if err != nil {
		panic(fmt.Sprintf("the schema cannot be encoded: %v", err)) // it is made of plain values
	}
	return append(text, '\n')
}

// sharedSchema describes defaults and groups: settings, options of any kind, and
// options of one kind under its name.
func sharedSchema(p *parser, kinds []probe.Kind) schema {
	var all optionSet
	settings := Settings{}
	fields := settings.fields()
	for _, k := range kinds {
		for _, o := range p.known[k.Name] {
			if probe.FindOption(all, o.Name) == nil {
				all = append(all, o)
			}
		}
		fields = append(fields, field{name: k.Name, about: "options of " + k.Name + " alone", schema: object(nil, p.known[k.Name])})
	}
	return object(fields, all)
}

// checkSchema describes one check: which options it may have depends on its kind.
func checkSchema(p *parser, kinds []probe.Kind) schema {
	var each []schema
	for _, k := range kinds {
		e := &entry{Check: &Check{}}
		fields := append(p.entryFields(e), e.Settings.fields()...)
		s := object(fields, p.known[k.Name], "name", "kind")
		s["properties"].(schema)["kind"] = schema{"const": k.Name, "description": k.Short}
		each = append(each, schema{
			"if":   schema{"properties": schema{"kind": schema{"const": k.Name}}, "required": []string{"kind"}},
			"then": s,
		})
	}
	return schema{"type": "object", "required": []string{"name", "kind"}, "properties": schema{"kind": schema{"enum": p.kindNames}}, "allOf": each}
}
