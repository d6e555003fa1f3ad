package settings

import (
	"encoding"
	"slices"
	"strconv"
	"time"

	"mailprobe/probe"
)

// Field is one key that a mapping of the file may have. The same list reads the file and
// makes the schema.
type Field struct {
	// Name is the key, with underscores; About describes it.
	Name, About string
	// Into is where its value goes: *string, *bool, *int (from 1 up), *time.Duration,
	// *[]string, an encoding.TextUnmarshaler, or a Reader.
	Into any
	// Long is set where a text may have several lines.
	Long bool
	// Schema describes the value where Into is a Reader.
	Schema func() Schema
}

// Reader reads a value that no simple type holds.
type Reader = func(Pair)

// Read decodes every field. Keys without a field are passed to other, which reports whether
// it handled them; names are extra suggestions for error messages.
func (d *Document) Read(n Node, what string, fields []Field, other func(Pair) bool, names []string) {
	for _, p := range d.Pairs(n, what) {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == p.Name })
		switch {
		case i >= 0:
			d.assign(p, fields[i])
		case other == nil || !other(p):
			d.Unknown(p, what, append(FieldNames(fields), names...))
		}
	}
}

// FieldNames returns the keys of fields.
func FieldNames(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// Unknown adds an error for a key that means nothing.
func (d *Document) Unknown(p Pair, what string, right []string) {
	if p.Name == "password" || p.Name == "token" {
		d.Fault(p.Key, "%[1]ss do not belong in this file; use %[1]s_file, %[1]s_env or %[1]s_command", p.Name)
		return
	}
	d.Fault(p.Key, "%s has no key %q; %s", what, p.Key.Written(), Meant(p.Name, right))
}

// assign stores a value where its field says.
func (d *Document) assign(p Pair, f Field) {
	read := d.Text
	if f.Long {
		read = d.Long
	}
	switch into := f.Into.(type) {
	case Reader:
		into(p)
	case *[]string:
		*into = d.Texts(p.Value, p.Key.Written())
	default:
		if text, ok := read(p.Value, p.Key.Written()); ok {
			d.assignText(p, text, into)
		}
	}
}

func (d *Document) assignText(p Pair, text string, into any) {
	var err error
	switch into := into.(type) {
	case *string:
		*into = text
	case *bool:
		if *into, err = strconv.ParseBool(text); err != nil {
			d.Fault(p.Value, "%s is neither true nor false", p.Key.Written())
		}
	case *int:
		if *into, err = strconv.Atoi(text); err != nil || *into < 1 {
			d.Fault(p.Value, "%s is a number from 1 up", p.Key.Written())
		}
	case *time.Duration:
		if *into, err = probe.ParseDuration(text); err != nil {
			d.Fault(p.Value, "%s: %s", p.Key.Written(), d.redacted(p.Value, err.Error()))
		}
	case encoding.TextUnmarshaler:
		if err := into.UnmarshalText([]byte(text)); err != nil {
			d.Fault(p.Value, "%s: %v", p.Key.Written(), err)
		}
	}
}
