package suite

import (
	"encoding/json"
	"fmt"

	"mailprobe/internal/settings"
	"mailprobe/probe"
)

// Schema returns the JSON Schema of a file of checks, made of the options of the kinds.
func Schema(kinds []probe.Kind) []byte {
	p := newParser(&settings.Document{}, kinds)
	s := settings.Object(p.topFields(new(bool), new(bool)), nil)
	s["anyOf"] = []settings.Schema{{"required": []string{"checks"}}, {"required": []string{"modules"}}}
	s["$schema"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "mailprobe checks"
	s["description"] = "The file that `mailprobe check` reads."
	s["patternProperties"] = settings.Schema{"^x-": true}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		panic(fmt.Sprintf("the schema cannot be encoded: %v", err)) // it is made of plain values
	}
	return append(text, '\n')
}

// sharedSchema describes defaults and the settings of a group: settings, options of any
// kind, and options of one kind under its name.
func (p *parser) sharedSchema() settings.Schema {
	var all settings.Options
	fields := new(Settings).fields()
	for _, k := range p.kinds {
		for _, o := range p.known[k.Name] {
			if probe.FindOption(all, o.Name) == nil {
				all = append(all, o)
			}
		}
		fields = append(fields, p.ofKindField(k))
	}
	return withPlaces(settings.Object(fields, all), fields)
}

// withPlaces describes the key from, which is places or the sender's address, as it is for
// those.
func withPlaces(s settings.Schema, fields []settings.Field) settings.Schema {
	places := settings.Object(fields, nil)["properties"].(settings.Schema)
	s["properties"].(settings.Schema)["from"] = places["from"]
	return s
}

// ofKindField describes the options of one kind under its name.
func (p *parser) ofKindField(k probe.Kind) settings.Field {
	return settings.Field{Name: k.Name, About: "options of " + k.Name + " alone", Schema: func() settings.Schema {
		return settings.Object(nil, p.known[k.Name])
	}}
}

// senderField describes the sender's address under the name of its kind, where the key from
// has places; none for kinds without one.
func (p *parser) senderField(k probe.Kind) []settings.Field {
	sender := p.known[k.Name].LookUp(senderOption)
	if sender == nil {
		return nil
	}
	return []settings.Field{{Name: k.Name, About: "the sender of a check whose key from has places", Schema: func() settings.Schema {
		return settings.Object(nil, settings.Options{*sender})
	}}}
}

func (p *parser) groupsSchema() settings.Schema {
	return settings.Schema{"type": "object", "additionalProperties": p.sharedSchema()}
}

// checksSchema describes the list of checks: which options one may have depends on its
// kind.
func (p *parser) checksSchema() settings.Schema {
	var each []settings.Schema
	for _, k := range p.kinds {
		e := &entry{Check: &Check{}}
		fields := append(p.entryFields(e), e.Settings.fields()...)
		fields = append(fields, p.senderField(k)...)
		s := withPlaces(settings.Object(fields, p.known[k.Name], "name", "kind"), fields)
		s["properties"].(settings.Schema)["kind"] = settings.Schema{"const": k.Name, "description": k.Short}
		each = append(each, settings.Schema{
			"if":   settings.Schema{"properties": settings.Schema{"kind": settings.Schema{"const": k.Name}}, "required": []string{"kind"}},
			"then": s,
		})
	}
	return settings.Schema{"type": "array", "minItems": 1, "items": settings.Schema{
		"type": "object", "required": []string{"name", "kind"}, "allOf": each,
		"properties": settings.Schema{"kind": settings.Schema{"enum": p.kindNames}},
	}}
}
