package suite

import (
	"encoding"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"mailprobe/probe"
)

// field is one key that a mapping of the file may have. The same list reads the
// file and makes the schema.
type field struct {
	name, about string
	// into is where its value goes: *string, *bool, *int (from 1 up),
	// *time.Duration, *[]string, an encoding.TextUnmarshaler, or a function that
	// reads the node itself.
	into any
	// long is set where a text may have several lines.
	long bool
	// schema describes the value where into is a function.
	schema schema
}

// reader reads a node that no simple type holds.
type reader = func(pair)

// read gives every field its value. Keys that are no field go to other, which
// tells whether it knows them; names are further keys that would be right.
func (d *document) read(n *yaml.Node, what string, fields []field, other func(pair) bool, names []string) {
	for _, p := range d.pairs(n, what) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == p.name })
		switch {
		case i >= 0:
			d.assign(p, fields[i])
		case other == nil || !other(p):
			d.unknown(p, what, append(fieldNames(fields), names...))
		}
	}
}

func fieldNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// unknown tells of a key that means nothing.
func (d *document) unknown(p pair, what string, right []string) {
	if p.name == "password" || p.name == "token" {
		d.fault(p.key, "a %[1]s does not belong into this file; %[1]s_file, %[1]s_env or %[1]s_command says where it is", p.name)
		return
	}
	d.fault(p.key, "%s has no key %q; %s", what, p.key.Value, meant(p.name, right))
}

// assign puts a value where its field wants it.
func (d *document) assign(p pair, f field) {
	read := d.text
	if f.long {
		read = d.long
	}
	switch into := f.into.(type) {
	case reader:
		into(p)
	case *[]string:
		*into = d.texts(p.value, p.key.Value)
	default:
		if text, ok := read(p.value, p.key.Value); ok {
			d.assignText(p, text, into)
		}
	}
}

func (d *document) assignText(p pair, text string, into any) {
	var err error
	switch into := into.(type) {
	case *string:
		*into = text
	case *bool:
		if *into, err = strconv.ParseBool(text); err != nil {
			d.fault(p.value, "%s is neither true nor false", p.key.Value)
		}
	case *int:
		if *into, err = strconv.Atoi(text); err != nil || *into < 1 {
			d.fault(p.value, "%s is a number from 1 up", p.key.Value)
		}
	case *time.Duration:
		if *into, err = probe.ParseDuration(text); err != nil {
			d.fault(p.value, "%s: %s", p.key.Value, d.redacted(p.value, err.Error()))
		}
	case encoding.TextUnmarshaler:
		if err := into.UnmarshalText([]byte(text)); err != nil {
			d.fault(p.value, "%s: %v", p.key.Value, err)
		}
	}
}
