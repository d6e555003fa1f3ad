package settings

import (
	"encoding"
	"regexp"
	"slices"
	"strings"
	"time"

	"mailprobe/probe"
)

// Schema is a part of a JSON Schema.
type Schema map[string]any

// ListOf describes one value or a list of them.
func ListOf(s Schema) Schema {
	return Schema{"oneOf": []Schema{s, {"type": "array", "items": s, "minItems": 1}}}
}

// Text describes a text.
func Text() Schema { return Schema{"type": "string"} }

// Enum returns the schema of one of some words.
func Enum[T ~string](words ...T) func() Schema {
	return func() Schema { return Schema{"enum": words} }
}

// Named describes a mapping of any keys to single values.
func Named() Schema { return Schema{"type": "object", "additionalProperties": Scalar()} }

// Scalar describes any single value: YAML has more types than options.
func Scalar() Schema { return Schema{"type": []string{"string", "number", "boolean"}} }

// OneOrMore describes any single value or a list of them.
func OneOrMore() Schema { return ListOf(Scalar()) }

// duration is a time as probe.ParseDuration reads it, or a variable.
const duration = `^([0-9.]+(ns|us|µs|ms|s|m|h|d|w))+$|^[0-9.]+$|\$\{`

// describe returns the schema of a field.
func (f Field) describe() Schema {
	s := Schema{}
	switch f.Into.(type) {
	case *string:
		s["type"] = "string"
	case *bool:
		s["type"] = "boolean"
	case *int:
		s["type"], s["minimum"] = "integer", 1
	case *time.Duration:
		s["type"], s["pattern"], s["minimum"] = []string{"string", "number"}, duration, 0
	case *[]string:
		s = OneOrMore()
	case encoding.TextUnmarshaler:
		s["type"] = "string"
	}
	if f.Schema != nil {
		s = f.Schema()
	}
	if f.About != "" {
		s["description"] = f.About
	}
	return s
}

// Object describes a mapping of fields and options. Keys may be written with
// hyphens, too; editors offer those with underscores.
func Object(fields []Field, options Options, required ...string) Schema {
	properties := Schema{}
	for _, f := range fields {
		properties[f.Name] = f.describe()
	}
	for i := range options {
		properties[Key(options[i].Name)] = describeOption(&options[i])
	}
	s := Schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	if hyphens := hyphenated(properties); len(hyphens) > 0 {
		s["patternProperties"] = Schema{"^(" + strings.Join(hyphens, "|") + ")$": true}
	}
	return s
}

func hyphenated(properties Schema) []string {
	var names []string
	for name := range properties {
		if strings.Contains(name, "_") {
			names = append(names, regexp.QuoteMeta(strings.ReplaceAll(name, "_", "-")))
		}
	}
	slices.Sort(names)
	return names
}

func describeOption(o *probe.Option) Schema {
	s := Scalar()
	switch {
	case o.Type == probe.TypeBool:
		s["type"] = []string{"boolean", "string"}
	case o.Type == probe.TypeChoice:
		s["examples"] = o.Choices // any letter case is read, and YAML has off as a boolean
	case o.Type.IsNamed():
		s = Schema{"oneOf": []Schema{Scalar(), {"type": "array", "items": Scalar()}, {"type": "object", "additionalProperties": OneOrMore()}}}
	case o.List:
		s = OneOrMore()
	}
	s["description"] = strings.ReplaceAll(o.Usage, "`", "")
	return s
}
