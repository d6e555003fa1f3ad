package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/nomad/api"
	"github.com/zclconf/go-cty/cty"
)

// nomad reads a job with one group of one task. The tags of Nomad's own types say which
// attributes and blocks there are.
func nomad(name string, text []byte) (job, error) {
	file, diags := hclparse.NewParser().ParseHCL(text, name)
	if diags.HasErrors() {
		return job{}, diags
	}
	body := file.Body.(*hclsyntax.Body)
	if len(body.Blocks) != 1 || body.Blocks[0].Type != "job" || len(body.Attributes) > 0 {
		return job{}, errors.New("it is not one block job")
	}
	if err := strict(body.Blocks[0].Body, reflect.TypeFor[api.Job]()); err != nil {
		return job{}, err
	}
	group, err := only(body.Blocks[0].Body, "group")
	if err != nil {
		return job{}, err
	}
	task, err := only(group, "task")
	if err != nil {
		return job{}, err
	}
	config, err := only(task, "config")
	if err != nil {
		return job{}, err
	}
	var j job
	count, _ := value(group.Attributes["count"]).AsBigFloat().Int64()
	j.Instances = int(count)
	j.Command = append(j.Command, value(config.Attributes["command"]).AsString())
	for _, arg := range value(config.Attributes["args"]).AsValueSlice() {
		j.Command = append(j.Command, arg.AsString())
	}
	return j, nil
}

// only returns the only block of a type.
func only(body *hclsyntax.Body, name string) (found *hclsyntax.Body, err error) {
	for _, b := range body.Blocks {
		if b.Type != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("it has several blocks %s", name)
		}
		found = b.Body
	}
	if found == nil {
		return nil, fmt.Errorf("it has no block %s", name)
	}
	return found, nil
}

// value evaluates an attribute, which strict has accepted.
func value(a *hclsyntax.Attribute) cty.Value {
	v, _ := a.Expr.Value(nil)
	return v
}

// strict finds what is not in a type, or of another one.
func strict(body *hclsyntax.Body, t reflect.Type) error {
	for name, a := range body.Attributes {
		field, ok := tagged(t, name, false)
		if !ok {
			return fmt.Errorf("%s: unknown attribute %s", at(a.SrcRange), name)
		}
		if err := fits(a, field); err != nil {
			return fmt.Errorf("%s: %s: %w", at(a.SrcRange), name, err)
		}
	}
	for _, b := range body.Blocks {
		field, ok := tagged(t, b.Type, true)
		if !ok {
			return fmt.Errorf("%s: unknown block %s", at(b.TypeRange), b.Type)
		}
		for field.Kind() == reflect.Pointer || field.Kind() == reflect.Slice || field.Kind() == reflect.Map && len(b.Labels) > 0 {
			field = field.Elem()
		}
		if field.Kind() == reflect.Map {
			continue // such as the config of a driver
		}
		if err := strict(b.Body, field); err != nil {
			return err
		}
	}
	return nil
}

func at(r hcl.Range) string { return fmt.Sprintf("line %d", r.Start.Line) }

// tagged returns the type of the field with a tag.
func tagged(t reflect.Type, name string, block bool) (reflect.Type, bool) {
	for i := range t.NumField() {
		tag, kind, _ := strings.Cut(t.Field(i).Tag.Get("hcl"), ",")
		if tag == name && (kind == "block") == block {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// fits reports that the value of an attribute is not what a field holds.
func fits(a *hclsyntax.Attribute, field reflect.Type) error {
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		return diags
	}
	if field.Kind() == reflect.Pointer {
		field = field.Elem()
	}
	ok := true
	switch {
	case field == reflect.TypeFor[time.Duration]():
		if ok = v.Type() == cty.String; ok {
			_, err := time.ParseDuration(v.AsString())
			return err
		}
	case field.Kind() == reflect.String:
		ok = v.Type() == cty.String
	case field.Kind() == reflect.Int:
		ok = v.Type() == cty.Number
	case field.Kind() == reflect.Bool:
		ok = v.Type() == cty.Bool
	case field.Kind() == reflect.Slice:
		ok = v.Type().IsTupleType() || v.Type().IsListType()
	}
	if !ok {
		return fmt.Errorf("a %s is wanted", field)
	}
	return nil
}
